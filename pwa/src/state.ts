/**
 * What the views see and what they may ask for. Views read `Diary` signals and call `Actions`;
 * they never touch storage or the network (design §3). app.tsx makes both from store/ and sync/.
 */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import type { Assessment } from './domain/schedule';

export type Scores = Record<string, number>;
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
}

export interface Enrolment {
  clinicName: string;
  clinicTelephone: string;
  checkWord: string;
}

/** What the phone should show now, computed from local state alone. */
export type Due =
  | { step: 'baseline' } // no standing baseline for every site yet
  | { step: 'waiting' } // baseline given; the injection is not done yet
  | { step: 'rate'; assessment: Assessment } // open and unanswered
  | { step: 'later'; next: Assessment; missed: Assessment | null } // nothing open now
  | { step: 'complete' }; // the last window has closed or is answered

export interface SyncStatus {
  phase: 'idle' | 'syncing' | 'offline' | 'failed' | 'not_enrolled';
  /** Entries and events that wait on this phone. */
  unsent: number;
  unsentSince: string | null;
  lastSentAt: string | null;
}

export interface ReminderStatus {
  /** unsupported: this browser cannot (iOS outside the installed app, for one). */
  phase: 'unknown' | 'unsupported' | 'off' | 'asking' | 'on' | 'denied' | 'failed';
  message: string | null;
}

export type Failure = { code: string; message: string };

/** Everything a view may read. */
export interface Diary {
  /** False until the store has been read. */
  ready: ReadonlySignal<boolean>;
  /** The store cannot be opened: said in words; nothing is recorded. */
  storeFailure: ReadonlySignal<string | null>;
  enrolment: ReadonlySignal<Enrolment | null>;
  /** The block the diary is about; null when enrolled without one. */
  block: ReadonlySignal<Block | null>;
  /** Newest first, of the current block. */
  entries: ReadonlySignal<KeptEntry[]>;
  due: ReadonlySignal<Due | null>;
  sync: ReadonlySignal<SyncStatus>;
  reminders: ReadonlySignal<ReminderStatus>;
  /** Moves on every resume and every 15 s; epoch milliseconds. */
  now: ReadonlySignal<number>;
  /** Token from an enrolment link, if the app was opened by one. */
  linkToken: ReadonlySignal<string | null>;
  /** Phone clock minus server clock when more than 5 minutes; else null. */
  clockOffMinutes: ReadonlySignal<number | null>;
}

/** A rating as a view hands it over; the rest is stamped by the action. */
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
}

export interface Actions {
  /** Redeems the link's token or a typed code. Resolves to null, or why not. */
  enrol(how: { token: string } | { code: string }): Promise<Failure | null>;
  /** Resolves with the kept entry only after the transaction is on disk; rejects if it is not. */
  save(rating: Rating): Promise<KeptEntry>;
  /** A withdrawing correction. */
  withdraw(entryId: string): Promise<void>;
  /** "My injection is done", at epoch ms. */
  injectionDone(performedAt: number): Promise<void>;
  /** From a button press only: asks permission, subscribes, tells the server. */
  remindersOn(): Promise<void>;
  /** Try to send now. */
  syncNow(): Promise<void>;
}

export const DiaryContext = createContext<{ diary: Diary; actions: Actions } | null>(null);

export function useDiary(): { diary: Diary; actions: Actions } {
  const context = useContext(DiaryContext);
  if (!context) throw new Error('useDiary outside DiaryContext');
  return context;
}
