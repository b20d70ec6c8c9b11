/** Entries, blocks and instants for the suites, all around one block at 10:00 UTC. */
import type { Block } from '../../pwa/src/domain/block';
import type { Entry } from '../../pwa/src/domain/entry';
import { blockOf, type PlannedBlock } from '../../pwa/src/domain/block';
import type { PhoneState } from '../../pwa/src/wire';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const T0 = Date.parse('2026-03-02T10:00:00Z');

/** The instant so many minutes after the block, epoch milliseconds. */
export const at = (minutes: number): number => T0 + minutes * MINUTE;
export const iso = (instant: number): string => new Date(instant).toISOString();

let made = 0;
export function uuid(): string {
  made += 1;
  return `00000000-0000-4000-8000-${made.toString(16).padStart(12, '0')}`;
}

export function entry(minutes: number, changes: Partial<Entry> = {}): Entry {
  return {
    id: uuid(),
    block_id: 'block-1',
    kind: 'rating',
    felt_at: iso(at(minutes)),
    recorded_at: iso(at(minutes)),
    utc_offset_minutes: 0,
    zone: 'Etc/UTC',
    clock_difference_seconds: null,
    clock_measured_at: null,
    scores: { left: 3 },
    activities: [],
    rescue_at: null,
    note: null,
    stated_percent: null,
    answered_by: 'patient',
    unable_reason: null,
    replaces: null,
    after_effects: [],
    layout: null,
    ...changes,
  };
}

export const HOURLY = [
  { id: '1h', after_minutes: 60 },
  { id: '2h', after_minutes: 120 },
  { id: '4h', after_minutes: 240 },
];

export function planned(changes: Partial<PlannedBlock> = {}): PlannedBlock {
  return {
    id: 'block-1',
    number: 1,
    region: 'lumbar',
    side: 'left',
    sites: ['left'],
    timezone: 'Etc/UTC',
    planned_on: '2026-03-02',
    performed_at: iso(T0),
    performed_at_source: 'clinic',
    cancelled: false,
    assessments: HOURLY,
    baseline_max_age_minutes: 240,
    ...changes,
  };
}

export const block = (changes: Partial<PlannedBlock> = {}): Block => blockOf(planned(changes), []);

export function phoneState(changes: Partial<PhoneState> = {}): PhoneState {
  return {
    check_word: 'harbour',
    language: 'en',
    languages: ['en'],
    clinic: { name: 'Test Clinic', telephone: '555-0100' },
    blocks: [planned()],
    entries: [],
    vapid_public_key: 'BAAA',
    subscribed: false,
    ...changes,
  };
}
