import { runs, type Reading } from '../domain/picture';
import { digits, t, weekday } from '../i18n';
import type { Block } from '../state';
import { axisOf, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, y } from './axis';

/** The scores of one pain site since the block; described by the words beside it. */
export function Curve(props: {
  block: Block;
  site: string;
  readings: readonly Reading[];
  baseline: number | undefined;
  medicine: readonly number[];
  /** Shown to those who do not see it. */
  title: string;
  describedBy: string;
}) {
  const { site, baseline } = props;
  const drawn = props.readings.filter(({ scores }) => scores[site] !== undefined);
  const axis = axisOf(props.block, drawn.map(({ at }) => at));
  const points = drawn.map(({ id, at, scores, isRecalled }) => ({
    id, x: axis.x(at) ?? LEFT, y: y(scores[site]!), isRecalled,
  }));
  const lines = runs(site, drawn, props.medicine).flatMap((run) => splitAt(run, axis.crosses));
  const marks = props.medicine.map(axis.x).filter((x) => x !== null);
  const firstRecalled = points.find(({ isRecalled }) => isRecalled);
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} direction="ltr" role="img"
      aria-label={props.title} aria-describedby={props.describedBy}>
      <text x={2} y={16}>{t('Pain {least} to {most}, less pain ↓', { least: 0, most: 10 })}</text>
      {[0, 2, 4, 6, 8, 10].map((score) => (
        <g key={score}>
          {axis.parts.map(({ from, to }) => (
            <line key={from} class={score === 0 ? 'axis' : 'grid'} x1={from} x2={to} y1={y(score)} y2={y(score)} />
          ))}
          <text x={LEFT - 6} y={y(score) + 5} text-anchor="end">{digits(score)}</text>
        </g>
      ))}
      {axis.hours.map(({ x, value }) => (
        <g key={value}>
          <line class="axis" x1={x} x2={x} y1={BOTTOM} y2={BOTTOM + 4} />
          <text x={x} y={BOTTOM + 20} text-anchor="middle">{digits(value)}</text>
        </g>
      ))}
      {axis.days.map(({ x, value }) => (
        <text key={value} x={x} y={BOTTOM + 20} text-anchor="middle">{weekday(value)}</text>
      ))}
      <text x={LEFT} y={HEIGHT - 8}>{t('hours after the injection')}</text>
      {axis.days.length > 0 ? (
        <text x={RIGHT} y={HEIGHT - 8} text-anchor="end">{t('days')}</text>
      ) : null}
      {marks.map((x) => (
        <path key={x} class="medicine" d={`M${x} ${BOTTOM - 9}l5 9h-10z`} />
      ))}
      {baseline === undefined ? null : (
        <>
          <line class="baseline" x1={LEFT} x2={RIGHT} y1={y(baseline)} y2={y(baseline)} />
          <text class="strong" x={RIGHT} y={baseline > 9 ? y(baseline) + 17 : y(baseline) - 6} text-anchor="end">
            {t('Before: {score}', { score: baseline })}
          </text>
        </>
      )}
      {lines.map((run) => (
        <polyline
          key={run[0]!.id}
          class="line"
          points={run.map(({ at, scores }) => `${axis.x(at)},${y(scores[site]!)}`).join(' ')}
        />
      ))}
      {points.map((point) => (
        <circle key={point.id} class={point.isRecalled ? 'dot recalled' : 'dot'} cx={point.x} cy={point.y} r={5.5} />
      ))}
      {firstRecalled ? (
        <text {...labelPlace(firstRecalled, points)}>{t('from memory')}</text>
      ) : null}
    </svg>
  );
}

interface Point {
  x: number;
  y: number;
}

/** Where the words beside a dot lie on no other dot, if there is such a place. */
function labelPlace(dot: Point, dots: readonly Point[]) {
  const [wide, high] = [100, 16];
  const places = [-8, 20].flatMap((down) =>
    [10, -10].map((along) => ({ x: dot.x + along, y: dot.y + down, end: along < 0 })),
  );
  const isFree = ({ x, y: foot, end }: (typeof places)[number]) => {
    const [from, till] = end ? [x - wide, x] : [x, x + wide];
    if (from < LEFT || till > RIGHT || foot > BOTTOM || foot - high < TOP - 10) return false;
    return dots.every((other) => other.x < from - 6 || other.x > till + 6 || other.y < foot - high - 4 || other.y > foot + 6);
  };
  const { x, y: foot, end } = places.find(isFree) ?? places[0]!;
  return { x, y: foot, 'text-anchor': end ? 'end' : 'start' } as const;
}

/** A run without single scores, cut where it would cross from the hours to the days. */
function splitAt(run: Reading[], crosses: (from: number, to: number) => boolean): Reading[][] {
  const cut = run.findIndex((reading, place) => place > 0 && crosses(run[place - 1]!.at, reading.at));
  const parts = cut < 0 ? [run] : [run.slice(0, cut), run.slice(cut)];
  return parts.filter(({ length }) => length > 1);
}
