/** New items, with the stamps that tell when and by which clock they were made. */
import type { InjectionDone } from './block';
import type { ClockMeasurement } from './clock';
import type { AfterEffect, Entry, EntryKind, Scores } from './entry';

/** A rating as a view hands it over; the rest is stamped. */
export interface Rating {
  kind: EntryKind;
  scores: Scores;
  /** When the score was last tapped, epoch ms. */
  tappedAt: number;
  /** The moment it is about; null means now (= tappedAt). */
  feltAt: number | null;
  activities: string[];
  rescueAt: number | null;
  note: string | null;
  statedPercent: number | null;
  answeredBy: 'patient' | 'helper';
  unableReason: 'asleep' | 'cannot_rate' | null;
  replaces: string | null;
  afterEffects: AfterEffect[];
}

/** What is known of the phone when an item is made. */
export interface Circumstances {
  /** IANA name. */
  zone: string;
  clock: ClockMeasurement | null;
  /** Which scale is shown, on what size of screen. */
  layout: string;
}

export function entryOf(id: string, blockId: string, rating: Rating, phone: Circumstances): Entry {
  return {
    id,
    block_id: blockId,
    kind: rating.kind,
    felt_at: iso(rating.feltAt ?? rating.tappedAt),
    ...stamps(rating.tappedAt, phone),
    scores: rating.scores,
    activities: rating.activities,
    rescue_at: rating.rescueAt === null ? null : iso(rating.rescueAt),
    note: rating.note,
    stated_percent: rating.statedPercent,
    answered_by: rating.answeredBy,
    unable_reason: rating.unableReason,
    replaces: rating.replaces,
    after_effects: rating.afterEffects,
    layout: rating.kind === 'unable' ? null : phone.layout,
  };
}

/** A correction without scores: it takes an entry back. */
export function withdrawalOf(id: string, entry: Entry, now: number, phone: Circumstances): Entry {
  return {
    ...entry,
    id,
    ...stamps(now, phone),
    scores: {},
    activities: [],
    rescue_at: null,
    note: null,
    stated_percent: null,
    replaces: entry.id,
    after_effects: [],
    layout: null,
  };
}

export function injectionDoneOf(
  id: string,
  blockId: string,
  performedAt: number,
  now: number,
  phone: Circumstances,
): InjectionDone {
  return { id, block_id: blockId, performed_at: iso(performedAt), ...stamps(now, phone) };
}

/** When and by which clock an item was recorded, as every item carries it. */
export type Stamps = ReturnType<typeof stamps>;

export function stamps(recordedAt: number, { zone, clock }: Circumstances) {
  return {
    recorded_at: iso(recordedAt),
    utc_offset_minutes: -new Date(recordedAt).getTimezoneOffset(),
    zone,
    clock_difference_seconds: clock && clock.differenceSeconds,
    clock_measured_at: clock && iso(clock.measuredAt),
  };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
