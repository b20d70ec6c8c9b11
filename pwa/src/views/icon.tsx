/** Small drawings that support the words beside them; never alone, so hidden from screen readers. */
const DRAWINGS = {
  back: 'M15 5l-7 7 7 7',
  onward: 'M9 5l7 7-7 7',
  tick: 'M5 12.5l4.5 4.5L19 7.5',
  phone: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
  attention: 'M12 4l9 16H3zM12 10v4M12 17v.2',
} as const;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={DRAWINGS[name]} />
    </svg>
  );
}
