/** Where instants and scores lie in the picture: the first hours wide, the days after them narrow. */
import type { Block } from '../state';

const HOUR = 3_600_000;
/** Without any hourly assessment the first part is this long. */
const LEAST_HOURS = 4;
/** A score given so long after the last hourly assessment still belongs to the first part. */
const LATE_MS = HOUR;

export const WIDTH = 344;
export const HEIGHT = 264;
export const LEFT = 26;
export const RIGHT = WIDTH - 8;
export const TOP = 30;
export const BOTTOM = HEIGHT - 50;

export interface Tick {
  x: number;
  /** Hours since the block, or the instant of a day. */
  value: number;
}

export interface Axis {
  /** null beyond what is drawn. */
  x: (at: number) => number | null;
  /** The ends of each part, in the picture's units. */
  parts: { from: number; to: number }[];
  /** Whether a line between two instants would cross from one part to the other. */
  crosses: (from: number, to: number) => boolean;
  hours: Tick[];
  days: Tick[];
}

export function y(score: number): number {
  return Math.round((TOP + ((BOTTOM - TOP) * (10 - score)) / 10) * 10) / 10;
}

/** @param drawn the instants that must have a place */
export function axisOf(block: Block, drawn: readonly number[]): Axis {
  const start = Date.parse(block.performedAt ?? '');
  const hourly = block.assessments.filter(({ daily }) => !daily).map(({ dueAt }) => dueAt);
  const planned = Math.max(start + LEAST_HOURS * HOUR, ...hourly);
  const split = Math.max(planned, ...drawn.filter((at) => at <= planned + LATE_MS));
  const last = Math.max(...block.assessments.map(({ dueAt }) => dueAt), ...drawn);
  const hasDays = drawn.some((at) => at > split);
  const parts = hasDays
    ? [{ from: LEFT, to: LEFT + (RIGHT - LEFT) * 0.66 }, { from: LEFT + (RIGHT - LEFT) * 0.7, to: RIGHT - 14 }]
    : [{ from: LEFT, to: RIGHT }];
  const place = (at: number, since: number, until: number, { from, to }: { from: number; to: number }) =>
    Math.round((from + ((at - since) / (until - since)) * (to - from)) * 10) / 10;
  const x = (at: number) => {
    if (at < start || (at > split && !hasDays)) return null;
    return at <= split ? place(at, start, split, parts[0]!) : place(at, split, last, parts[1]!);
  };
  const whole = (split - start) / HOUR;
  const step = whole <= 6 ? 1 : whole <= 14 ? 2 : 6;
  const hours = Array.from({ length: Math.floor(whole / step) + 1 }, (_, place) => place * step);
  return {
    x,
    parts,
    crosses: (from, to) => from <= split && to > split,
    hours: hours.map((value) => ({ value, x: x(start + value * HOUR)! })),
    days: hasDays
      ? block.assessments.filter(({ daily, dueAt }) => daily && dueAt > split)
          .map(({ dueAt }) => ({ value: dueAt, x: x(dueAt)! }))
      : [],
  };
}
