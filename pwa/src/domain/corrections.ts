/**
 * Which entries stand, and which are about the moment they were recorded.
 * Source: report.md rule 1. An entry that corrects one this phone does not have stands by itself.
 */
import type { Entry } from './entry';

const MOMENTARY_MS = 5 * 60_000;
const CORRECTED_IN_TIME_MS = 60 * 60_000;

/** The ids of all entries that a correction has replaced, or that lost to another correction. */
export function replacedIds(entries: readonly Entry[]): Set<string> {
  const ids = new Set(entries.map((entry) => entry.id));
  const corrections = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.replaces !== null && ids.has(entry.replaces)) {
      corrections.set(entry.replaces, [...(corrections.get(entry.replaces) ?? []), entry]);
    }
  }
  const replaced = new Set(corrections.keys());
  const lost = new Set<string>();
  const loseWithChain = (entry: Entry): void => {
    if (lost.has(entry.id)) return;
    lost.add(entry.id);
    replaced.add(entry.id);
    (corrections.get(entry.id) ?? []).forEach(loseWithChain);
  };
  for (const rivals of corrections.values()) {
    const [, ...losers] = [...rivals].sort(latestFirst);
    losers.forEach(loseWithChain);
  }
  return replaced;
}

/** A correction that leaves nothing in place of what it names: it takes an entry back. */
export function isWithdrawal(entry: Entry): boolean {
  return (
    entry.replaces !== null && entry.unable_reason === null && Object.keys(entry.scores).length === 0
  );
}

/**
 * Whether an entry is about the moment it was recorded: within 5 minutes, or, if it corrects an
 * entry about the same moment within an hour, what that first entry was.
 */
export function isMomentary(entry: Entry, byId: ReadonlyMap<string, Entry>): boolean {
  const first = firstOfChain(entry, byId);
  const sameMoment = Date.parse(first.felt_at) === Date.parse(entry.felt_at);
  const late = Date.parse(entry.recorded_at) - Date.parse(first.recorded_at);
  const judged = sameMoment && late <= CORRECTED_IN_TIME_MS ? first : entry;
  return (
    Math.abs(Date.parse(judged.recorded_at) - Date.parse(judged.felt_at)) <= MOMENTARY_MS
  );
}

function firstOfChain(entry: Entry, byId: ReadonlyMap<string, Entry>): Entry {
  const seen = new Set<string>();
  let first = entry;
  while (first.replaces !== null && !seen.has(first.id)) {
    seen.add(first.id);
    const earlier = byId.get(first.replaces);
    if (!earlier) break;
    first = earlier;
  }
  return first;
}

function latestFirst(a: Entry, b: Entry): number {
  return (
    Date.parse(b.recorded_at) - Date.parse(a.recorded_at) || (b.id > a.id ? 1 : b.id < a.id ? -1 : 0)
  );
}
