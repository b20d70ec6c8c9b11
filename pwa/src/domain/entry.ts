export type Scores = Record<string, number>;
/** What may be told of the injection's place; infection means signs of one. */
export type AfterEffect = 'soreness' | 'bleeding' | 'infection';
export type EntryKind = 'baseline' | 'rating' | 'unable';

/** An entry as recorded; the wire's DiaryEntry without its tag. Instants are ISO strings, UTC. */
export interface Entry {
  id: string;
  block_id: string;
  kind: EntryKind;
  felt_at: string;
  recorded_at: string;
  utc_offset_minutes: number;
  zone: string;
  clock_difference_seconds: number | null;
  clock_measured_at: string | null;
  scores: Scores;
  activities: string[];
  rescue_at: string | null;
  note: string | null;
  stated_percent: number | null;
  answered_by: 'patient' | 'helper';
  unable_reason: 'asleep' | 'cannot_rate' | null;
  replaces: string | null;
  after_effects: AfterEffect[];
  layout: string | null;
}

/** saved: only on this phone; sent: at the clinic; conflict/rejected: the clinic must look at it. */
export type EntryState = 'saved' | 'sent' | 'conflict' | 'rejected';

export interface KeptEntry {
  entry: Entry;
  state: EntryState;
  /** When the clinic had it; null until then. */
  receivedAt: string | null;
  /** Why it was refused, for a person. */
  message: string | null;
  /** Named by a later correction: kept and shown struck through. */
  replaced: boolean;
}
