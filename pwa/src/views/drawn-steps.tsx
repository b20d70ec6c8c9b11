import { PhoneDrawing, type Place } from './phone-drawing';

/** What to do, in order, each with a drawing of where on the phone. */
export function DrawnSteps({ steps }: { steps: [Place, string][] }) {
  return (
    <ol class="steps drawn">
      {steps.map(([place, words]) => (
        <li key={words}>
          <PhoneDrawing place={place} />
          <span>{words}</span>
        </li>
      ))}
    </ol>
  );
}
