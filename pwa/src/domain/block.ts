import type { Entry } from './entry';
import { correctionOf } from './clock';
import { assessments, showsAnotherTime, type Assessment, type PlannedAssessment } from './schedule';

/** The clinic's own words in one language; empty: none. */
export interface PatientText {
  instructions: string;
  /** In place of the app's own. */
  cautions: string;
}

/** A block as the clinic sent it; dates are local to `timezone`. */
export interface PlannedBlock {
  id: string;
  number: number;
  region: string;
  side: string;
  sites: string[];
  timezone: string;
  planned_on: string;
  performed_at: string | null;
  performed_at_source: 'clinic' | 'phone' | null;
  cancelled: boolean;
  assessments: PlannedAssessment[];
  baseline_max_age_minutes: number;
  /** Ids of the assessments that staff wrote an answer down for; unknown to an earlier version. */
  told?: string[];
  /** By language; unknown to an earlier version. */
  texts?: Record<string, PatientText>;
}

/** "My injection is done", as it waits on this phone. */
export interface InjectionDone {
  id: string;
  block_id: string;
  performed_at: string;
  recorded_at: string;
  utc_offset_minutes: number;
  zone: string;
  clock_difference_seconds: number | null;
  clock_measured_at: string | null;
}

export interface Block {
  id: string;
  number: number;
  sites: string[];
  timezone: string;
  performedAt: string | null;
  /** Who said so; 'waiting' = said on this phone, not yet sent. */
  performedAtSource: 'clinic' | 'phone' | 'waiting' | null;
  cancelled: boolean;
  /** Empty until the block has a time. */
  assessments: Assessment[];
  baselineMaxAgeMinutes: number;
  /** What the clinic tells its patients, by language. */
  texts: Record<string, PatientText>;
}

/**
 * The block the diary is about: the latest whose day has come, else the next planned one; null if
 * there is none but cancelled ones.
 */
export function currentBlock(blocks: readonly PlannedBlock[], now: number): PlannedBlock | null {
  const inOrder = blocks
    .filter((block) => !block.cancelled)
    .sort((a, b) =>
      a.planned_on === b.planned_on
        ? a.number - b.number
        : a.planned_on < b.planned_on ? -1 : 1,
    );
  const anywhereOnEarth = new Date(now + 14 * 60 * 60_000).toISOString().slice(0, 10);
  const come = inOrder.filter(
    (block) => block.performed_at !== null || block.planned_on <= anywhereOnEarth,
  );
  return come.at(-1) ?? inOrder[0] ?? null;
}

/**
 * The block with its time and schedule. What this phone says of the time counts until the clinic
 * has said something, and only while it waits to be sent.
 *
 * @param waiting what waits of "my injection is done", oldest first, of any block
 */
export function blockOf(planned: PlannedBlock, waiting: readonly InjectionDone[]): Block {
  const said = waiting.filter((one) => one.block_id === planned.id).at(-1);
  const fromPhone = said !== undefined && planned.performed_at_source !== 'clinic';
  const performedAt = fromPhone
    ? Date.parse(said.performed_at) + correctionOf(said.clock_difference_seconds)
    : planned.performed_at === null ? null : parseInstant(planned.performed_at);
  return {
    id: planned.id,
    number: planned.number,
    sites: planned.sites,
    timezone: planned.timezone,
    performedAt: performedAt === null ? null : new Date(performedAt).toISOString(),
    performedAtSource: fromPhone ? 'waiting' : planned.performed_at_source,
    cancelled: planned.cancelled,
    assessments:
      performedAt === null
        ? []
        : schedule(planned.assessments, performedAt, planned.timezone).map((one) => ({
            ...one,
            told: planned.told?.includes(one.id),
          })),
    baselineMaxAgeMinutes: planned.baseline_max_age_minutes,
    texts: planned.texts ?? {},
  };
}

/**
 * An assessment that cannot be placed here (an old phone does not know the zone; the time said for
 * the block comes after it) must not take the others down with it.
 */
function schedule(
  planned: readonly PlannedAssessment[],
  performedAt: number,
  timezone: string,
): Assessment[] {
  const placeable = planned.filter((one) => {
    try {
      return assessments([one], performedAt, timezone);
    } catch {
      return false;
    }
  });
  return assessments(placeable, performedAt, timezone);
}

/** The phone's zone, if what is still to be asked by the wall clock is asked at another time there. */
export function anotherZone(block: Block | null, zone: () => string, now: number): string | null {
  if (!block?.assessments.some((one) => one.daily && one.closesAt > now)) return null;
  const here = zone();
  return showsAnotherTime(here, block.timezone, now) ? here : null;
}

/** The same block by a clock that is `correction` milliseconds behind the true time. */
export function onPhoneClock(block: Block, correction: number): Block {
  if (correction === 0) return block;
  const { performedAt } = block;
  return {
    ...block,
    performedAt:
      performedAt && new Date(Date.parse(performedAt) - correction).toISOString(),
    assessments: block.assessments.map((one) => assessmentOnPhoneClock(one, correction)),
  };
}

export function assessmentOnPhoneClock(one: Assessment, correction: number): Assessment {
  return {
    ...one,
    dueAt: one.dueAt - correction,
    opensAt: one.opensAt - correction,
    closesAt: one.closesAt - correction,
  };
}

/** The moment an entry is about, by the true clock as far as the phone knew it; epoch ms. */
export function feltAt(entry: Entry): number {
  return Date.parse(entry.felt_at) + correctionOf(entry.clock_difference_seconds);
}

/** Epoch milliseconds of an RFC 3339 instant, with its microseconds as a fraction. */
function parseInstant(text: string): number {
  const beyond = /\.\d{3}(\d{1,3})/.exec(text)?.[1];
  return Date.parse(text) + (beyond ? Number(beyond.padEnd(3, '0')) / 1000 : 0);
}
