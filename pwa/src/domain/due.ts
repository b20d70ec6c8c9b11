/** What the phone asks for now, from local state alone. */
import { assessmentOnPhoneClock, feltAt, type Block } from './block';
import { isMomentary, replacedIds } from './corrections';
import type { Entry } from './entry';
import type { Assessment } from './schedule';

/** What the phone should show now. */
export type Due =
  | { step: 'baseline' } // no fresh standing baseline for every site yet
  | { step: 'waiting' } // baseline given; the injection is not done yet
  | { step: 'rate'; assessment: Assessment } // open and unanswered
  | { step: 'later'; next: Assessment; missed: Assessment | null } // nothing open now
  | { step: 'complete' }; // the last window has closed or is answered

/**
 * What is due.
 *
 * @param entries all entries of the block that the clinic has not refused, replaced ones included
 * @param now the true time, epoch milliseconds
 */
export function due(block: Block, entries: readonly Entry[], now: number): Due {
  if (block.performedAt === null || Date.parse(block.performedAt) > now) {
    return { step: hasBaseline(block, entries, now) ? 'waiting' : 'baseline' };
  }
  const open = block.assessments.find((one) => one.opensAt <= now && now < one.closesAt);
  if (open && !isAnswered(open, entries)) return { step: 'rate', assessment: open };
  const next = block.assessments.find((one) => one.opensAt > now);
  if (!next) return { step: 'complete' };
  const passed = block.assessments.filter((one) => one.closesAt <= now).at(-1);
  // Whoever has just answered is not asked again for the one before.
  const isMissed = passed && !open && !isAnswered(passed, entries, 'or from memory');
  const missed = isMissed ? passed : null;
  return { step: 'later', next, missed };
}

/**
 * Whether an assessment is answered: a standing momentary rating that scores a site is about a
 * moment in its window, given here or to staff. Source: report.md rule 12.
 */
export function isAnswered(
  assessment: Assessment,
  entries: readonly Entry[],
  counts: 'momentary' | 'or from memory' = 'momentary',
): boolean {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const replaced = replacedIds(entries);
  return Boolean(assessment.told) || entries.some(
    (entry) =>
      entry.kind === 'rating' &&
      !replaced.has(entry.id) &&
      Object.keys(entry.scores).length > 0 &&
      assessment.opensAt <= feltAt(entry) &&
      feltAt(entry) < assessment.closesAt &&
      (counts === 'or from memory' || isMomentary(entry, byId)),
  );
}

/** Whether each site has a standing baseline score that would still hold if the block were now. */
function hasBaseline(block: Block, entries: readonly Entry[], now: number): boolean {
  const replaced = replacedIds(entries);
  const fresh = entries.filter(
    (entry) =>
      entry.kind === 'baseline' &&
      !replaced.has(entry.id) &&
      now - feltAt(entry) <= block.baselineMaxAgeMinutes * 60_000,
  );
  return block.sites.every((site) => fresh.some((entry) => entry.scores[site] !== undefined));
}

/** @param correction milliseconds to add to the phone's clock to get the true time */
export function dueOnPhoneClock(found: Due, correction: number): Due {
  const moved = (one: Assessment) => assessmentOnPhoneClock(one, correction);
  if (found.step === 'rate') return { ...found, assessment: moved(found.assessment) };
  if (found.step === 'later') {
    return { ...found, next: moved(found.next), missed: found.missed && moved(found.missed) };
  }
  return found;
}
