/** Where on the phone to tap: half of its outline, and the one thing meant, as the words beside say. */
const TOP = 'M18 92v-78q0-8 8-8h68q8 0 8 8v78';
const BOTTOM = 'M18 0v78q0 8 8 8h68q8 0 8-8v-78';
const TOP_BAR = `${TOP}M18 40h84`;
const BOTTOM_BAR = `${BOTTOM}M18 52h84`;
const MENU = 'M30 0v70h60v-70M40 14h28M40 56h28M40 35h22';
const ICONS = [[36, 14], [60, 14], [84, 14], [36, 46], [84, 46]]
  .map(([x, y]) => `M${x! - 8} ${y! - 8}h16v16h-16z`)
  .join('');

/** Drawn around 0 0. */
const MARKS = {
  share: 'M-4-2h-4v11h16v-11h-4M0 4v-14M-4-6l4-4 4 4',
  dots: 'M0-7v.1M0 0v.1M0 7v.1',
  lines: 'M-8-6h16M-8 0h16M-8 6h16',
  plus: 'M-8-8h16v16h-16zM0-4v8M-4 0h8',
  add: 'M-8 0h16M0-8v16',
  diary: 'M-7-9h14v18h-14zM-3-3h6M-3 2h6',
  compass: 'M-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M4-4l-2 6-6 2 2-6z',
};

const PLACES = {
  'share-below': { outline: BOTTOM_BAR, behind: '', x: 60, y: 68, mark: 'share' },
  'share-above': { outline: TOP_BAR, behind: '', x: 82, y: 24, mark: 'share' },
  'dots-above': { outline: TOP_BAR, behind: '', x: 86, y: 24, mark: 'dots' },
  'lines-below': { outline: BOTTOM_BAR, behind: '', x: 84, y: 68, mark: 'lines' },
  'add-above': { outline: TOP_BAR, behind: '', x: 82, y: 24, mark: 'add' },
  'add-in-menu': { outline: BOTTOM, behind: MENU, x: 76, y: 35, mark: 'plus' },
  'browser-in-menu': { outline: BOTTOM, behind: MENU, x: 76, y: 35, mark: 'compass' },
  'diary-at-home': { outline: BOTTOM, behind: ICONS, x: 60, y: 46, mark: 'diary' },
} as const;

export type Place = keyof typeof PLACES;

export function PhoneDrawing({ place }: { place: Place }) {
  const { outline, behind, x, y, mark } = PLACES[place];
  return (
    <svg class="drawing on-phone" viewBox="12 0 96 92" aria-hidden="true" focusable="false">
      <path class="faint" d={behind} />
      <path d={outline} />
      <circle cx={x} cy={y} r="17" />
      <path class="marked" transform={`translate(${x} ${y})`} d={MARKS[mark]} />
    </svg>
  );
}
