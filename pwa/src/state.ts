/**
 * What the views see and what they may ask for. Views read `Diary` signals and call `Actions`;
 * they never touch storage or the network (design §3). app.tsx makes both from store/ and sync/.
 */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import type { Block } from './domain/block';
import type { Move } from './domain/browser';
import type { Due } from './domain/due';
import type { KeptEntry } from './domain/entry';
import type { Rating } from './domain/stamps';
import type { PhoneState } from './wire';

export type { Assessment } from './domain/schedule';
export type { Block } from './domain/block';
export type { Due } from './domain/due';
export type { Rating } from './domain/stamps';
export type { AfterEffect, Entry, EntryKind, EntryState, KeptEntry, Scores } from './domain/entry';

export interface Enrolment {
  clinicName: string;
  clinicTelephone: string;
  checkWord: string;
  /** All that the clinic tells about itself. */
  clinic: PhoneState['clinic'];
}

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

/** A language by the name that its speakers give it. */
export interface LanguageName {
  code: string;
  name: string;
}

export type Failure = { code: string; message: string };

/** Everything a view may read. */
export interface Diary {
  /** False until the store has been read. */
  ready: ReadonlySignal<boolean>;
  /** The store cannot be opened: said in words; nothing is recorded. */
  storeFailure: ReadonlySignal<string | null>;
  /** Entries and events that wait in a second place while the store cannot be opened. */
  copies: ReadonlySignal<number>;
  /** The browser may delete what is kept, as when a private window is closed. */
  mayBeCleared: ReadonlySignal<boolean>;
  enrolment: ReadonlySignal<Enrolment | null>;
  /** An installed app asks, for the first time, whether the clinic knows it by its cookie. */
  recovering: ReadonlySignal<boolean>;
  /** What has to be done before anything is recorded here; null once the patient chose to stay. */
  move: ReadonlySignal<Move>;
  /** The block the diary is about; null when enrolled without one. */
  block: ReadonlySignal<Block | null>;
  /** Newest first, of the current block. */
  entries: ReadonlySignal<KeptEntry[]>;
  due: ReadonlySignal<Due | null>;
  /** Every block that has entries on this phone, in the order planned. */
  wholeDiary: ReadonlySignal<{ block: Block; entries: KeptEntry[] }[]>;
  /** How much would be lost with this phone: what waits, and what the clinic refused. */
  onlyHere: ReadonlySignal<number>;
  sync: ReadonlySignal<SyncStatus>;
  reminders: ReadonlySignal<ReminderStatus>;
  /** When reminders later than 8 hours after the block stay silent, "HH:MM" twice. */
  quietHours: ReadonlySignal<[start: string, end: string]>;
  /** The zone of this phone, if the patient is to say whether the diary follows it; else null. */
  newZone: ReadonlySignal<string | null>;
  /** Moves on every resume and every 15 s; epoch milliseconds. */
  now: ReadonlySignal<number>;
  /** Token from an enrolment link, if the app was opened by one. */
  linkToken: ReadonlySignal<string | null>;
  /** The languages to choose from, in the order in which they are offered. */
  languages: ReadonlySignal<LanguageName[]>;
  /** Phone clock minus server clock when more than 5 minutes; else null. */
  clockOffMinutes: ReadonlySignal<number | null>;
  /** Milliseconds to add to this phone's clock to get the true time. */
  correction: ReadonlySignal<number>;
}

export interface Actions {
  /** Redeems the link's token or a typed code. Resolves to null, or why not. */
  enrol(how: { token: string } | { code: string }): Promise<Failure | null>;
  /**
   * Resolves with the kept entry only after the transaction is on disk; rejects if it is not, with
   * words for a person. The same rating handed over twice is one entry.
   */
  save(rating: Rating): Promise<KeptEntry>;
  /** A withdrawing correction. */
  withdraw(entryId: string): Promise<void>;
  /** "My injection is done", at epoch ms. */
  injectionDone(performedAt: number): Promise<void>;
  /** From a button press only: asks permission, subscribes, tells the server. */
  remindersOn(): Promise<void>;
  /** Has one reminder come to this phone now. Resolves to null once it is on its way, or why not. */
  tryReminder(): Promise<Failure | null>;
  /** Resolves once it is on disk; every phone of the patient gets them. */
  setQuietHours(start: string, end: string): Promise<void>;
  /** Whether the diary follows the phone into `newZone`; a no is remembered for that zone. */
  followZone(yes: boolean): Promise<void>;
  /**
   * Takes the diary off this phone; needs the clinic's server. Resolves to null, or why not.
   *
   * @param alsoUnsent even what is nowhere else
   */
  leave(alsoUnsent: boolean): Promise<Failure | null>;
  /** From now on in this language; the clinic is told, so that reminders come in it too. */
  chooseLanguage(code: string): Promise<void>;
  /** The diary cannot be moved to where it belongs: it is kept in this browser. */
  stayHere(): Promise<void>;
  /** Try to send now. */
  syncNow(): Promise<void>;
  /** A screen holds an answer that is not saved yet: until told false, no new version reloads it. */
  answering(unsaved: boolean): void;
}

export const DiaryContext = createContext<{ diary: Diary; actions: Actions } | null>(null);

export function useDiary(): { diary: Diary; actions: Actions } {
  const context = useContext(DiaryContext);
  if (!context) throw new Error('useDiary outside DiaryContext');
  return context;
}
