/**
 * What the patient's own picture shows of a block: scores as they were given, nothing computed from
 * them. The block and all instants are by the true clock, epoch milliseconds.
 * Source: look, "Curve"; report.md rules 1 and 2.
 */
import { feltAt, type Block } from './block';
import { correctionOf } from './clock';
import { isMomentary, replacedIds } from './corrections';
import { isAnswered } from './due';
import type { Entry, Scores } from './entry';
import type { Assessment } from './schedule';

/** Scores further apart than this are not joined: what was between is not known. */
const LONGEST_GAP_MS = 90 * 60_000;
/** A baseline given a little after the block's time is still one. Source: design, "Baseline". */
const BASELINE_LATE_MS = 5 * 60_000;

export interface Reading {
  id: string;
  at: number;
  scores: Scores;
  /** About an earlier time than it was recorded. */
  isRecalled: boolean;
}

/** One line of the day: a score that was given, or an assessment without one. */
export type Moment =
  | { at: number; kind: 'scored'; reading: Reading; answers: Assessment | null }
  | { at: number; kind: 'passed' | 'open' | 'to come'; assessment: Assessment };

/** The standing ratings from the block on, in the order felt. */
export function readings(block: Block, entries: readonly Entry[]): Reading[] {
  const start = startOf(block);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return standing(entries)
    .filter((entry) => entry.kind === 'rating' && Object.keys(entry.scores).length > 0)
    .map((entry) => ({
      id: entry.id,
      at: feltAt(entry),
      scores: entry.scores,
      isRecalled: !isMomentary(entry, byId),
    }))
    .filter(({ at }) => at >= start)
    .sort((a, b) => a.at - b.at);
}

/** The scores of a site that may be joined by a line, run by run; a gap or medicine ends a run. */
export function runs(site: string, of: readonly Reading[], medicine: readonly number[]): Reading[][] {
  const found: Reading[][] = [];
  let last: Reading | null = null;
  for (const reading of of) {
    if (reading.isRecalled || reading.scores[site] === undefined) continue;
    const from: Reading | null = last;
    const joins =
      from !== null &&
      reading.at - from.at <= LONGEST_GAP_MS &&
      !medicine.some((at) => from.at <= at && at < reading.at);
    if (joins) found.at(-1)!.push(reading);
    else found.push([reading]);
    last = reading;
  }
  return found;
}

/** The score before the block by site, of the last baseline that is fresh enough; no site without one. */
export function baselines(block: Block, entries: readonly Entry[]): Scores {
  const start = startOf(block);
  const scores: Scores = {};
  standing(entries)
    .filter((entry) => entry.kind === 'baseline')
    .filter((entry) => feltAt(entry) <= start + BASELINE_LATE_MS)
    .filter((entry) => start - feltAt(entry) <= block.baselineMaxAgeMinutes * 60_000)
    .sort((a, b) => feltAt(a) - feltAt(b))
    .forEach((entry) => Object.assign(scores, entry.scores));
  return scores;
}

/** When pain medicine beyond the regular was taken since the block. */
export function medicineTimes(block: Block, entries: readonly Entry[]): number[] {
  const start = startOf(block);
  return standing(entries)
    .filter((entry) => entry.rescue_at !== null)
    .map((entry) => Date.parse(entry.rescue_at!) + correctionOf(entry.clock_difference_seconds))
    .filter((at) => at >= start)
    .sort((a, b) => a - b);
}

/** The whole diary in order: what was given, what passed, what is open and what is to come. */
export function moments(block: Block, entries: readonly Entry[], now: number): Moment[] {
  const given = readings(block, entries);
  const answers = (reading: Reading) =>
    block.assessments.find((one) => one.opensAt <= reading.at && reading.at < one.closesAt) ?? null;
  const unanswered = block.assessments.filter(
    (one) => !isAnswered(one, entries, 'or from memory'),
  );
  return [
    ...given.map((reading) => ({
      at: reading.at, kind: 'scored' as const, reading, answers: answers(reading),
    })),
    ...unanswered.map((assessment) => ({
      at: assessment.dueAt,
      kind: assessment.closesAt <= now ? ('passed' as const)
        : assessment.opensAt <= now ? ('open' as const)
        : ('to come' as const),
      assessment,
    })),
  ].sort((a, b) => a.at - b.at);
}

function standing(entries: readonly Entry[]): Entry[] {
  const replaced = replacedIds(entries);
  return entries.filter(({ id }) => !replaced.has(id));
}

function startOf(block: Block): number {
  return block.performedAt === null ? Infinity : Date.parse(block.performedAt);
}
