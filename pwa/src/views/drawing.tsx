/** Line drawings that show what the words beside them say. */
const BONES =
  'M30 30q-6 0-6 6v30q0 6 6 6h52q6 0 6-6v-30q0-6-6-6zM30 96q-6 0-6 6v30q0 6 6 6h52q6 0 6-6v-30q0-6-6-6z' +
  'M88 46h20q8 0 10 8l6 22M88 112h14q8 0 11-8l7-18M118 46l34 14M112 112l34 14';
const NERVE = 'M128 84q22 4 34 22t30 24';
const DRAWINGS = {
  joint: { lines: [BONES], marked: [NERVE], spot: true },
  needle: { lines: [BONES, 'M146 88l52-58M190 26l16 14M204 22l-8 12'], marked: [NERVE], spot: false },
  hours: {
    lines: ['M120 30a54 54 0 1 1 0 108a54 54 0 1 1 0-108zM120 84v-30M120 84l22 14'],
    marked: Array.from({ length: 12 }, (_, hour) => tick((hour * Math.PI) / 6)),
    spot: false,
  },
};

/** @param says the same in words, for who does not see it */
export function Drawing({ name, says }: { name: keyof typeof DRAWINGS; says: string }) {
  const { lines, marked, spot } = DRAWINGS[name];
  return (
    <svg class="drawing" viewBox="16 16 200 130" role="img" aria-label={says}>
      {spot ? <circle cx="122" cy="82" r="15" /> : null}
      <path d={lines.join('')} />
      <path class="marked" d={marked.join('')} />
    </svg>
  );
}

function tick(angle: number): string {
  const [x, y] = [Math.sin(angle), -Math.cos(angle)];
  const point = (radius: number) => `${(120 + radius * x).toFixed(1)} ${(84 + radius * y).toFixed(1)}`;
  return `M${point(44)}L${point(51)}`;
}
