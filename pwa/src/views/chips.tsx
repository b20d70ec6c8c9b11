import { Icon } from './icon';

/** Some of several, each a tap; a chosen one is filled and ticked. */
export function Chips<Id extends string>(props: {
  of: readonly (readonly [id: Id, name: string])[];
  chosen: readonly Id[];
  onChange: (chosen: Id[]) => void;
}) {
  const { chosen, onChange } = props;
  const toggled = (id: Id) =>
    chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
  return (
    <div class="chips">
      {props.of.map(([id, name]) => (
        <label key={id} class="chip">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={() => onChange(toggled(id))}
          />
          <span>
            <Icon name="tick" />
            {name}
          </span>
        </label>
      ))}
    </div>
  );
}
