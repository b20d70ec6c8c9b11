/** What crosses the wire between phone and server; types only, as the server documents them. */
import type { InjectionDone, PlannedBlock } from './domain/block';
import type { Entry } from './domain/entry';
import type { Stamps } from './domain/stamps';

export type DiaryEntryItem = Entry & { type: 'diary_entry' };
export type InjectionDoneItem = InjectionDone & { type: 'injection_done' };
/** A receipt: this phone showed the reminder. `id` is the delivery named in the push. */
export interface ReminderShownItem {
  type: 'reminder_shown';
  id: string;
  shown_at: string;
}
/** When later reminders stay silent: from `start` to `end`, "HH:MM" by the block's zone. */
export type QuietHoursItem = Stamps & { type: 'quiet_hours'; id: string; start: string; end: string };
/** The daily assessments are asked by this zone's clock from now on. */
export type ZoneFollowedItem = Stamps & {
  type: 'zone_followed';
  id: string;
  block_id: string;
  timezone: string;
};
export type Item =
  | DiaryEntryItem
  | InjectionDoneItem
  | ReminderShownItem
  | QuietHoursItem
  | ZoneFollowedItem;

export interface ItemResult {
  id: string | null;
  /** stored, duplicate, conflict or rejected; a later server may know others. */
  outcome: string;
  reason: string | null;
  message: string | null;
  received_at: string | null;
}

/** A text of the clinic's own, and the language it is in, which may not be the reader's. */
export interface ClinicText {
  text: string;
  language: string;
}

/** What the clinic tells about itself; all but the first two were unknown to an earlier version. */
export interface Clinic {
  name: string;
  telephone: string;
  /** '' if there is none. */
  out_of_hours_telephone?: string;
  /** '' if the clinic named none. */
  emergency_number?: string;
  /** By the language that is read. */
  texts?: Record<string, { opening_hours: ClinicText | null; advice: ClinicText | null }>;
}

export interface PhoneState {
  check_word: string;
  /** The patient's; reminders come in it. */
  language: string;
  /** Those that the clinic offers, the patient's among them. */
  languages: string[];
  clinic: Clinic;
  blocks: PlannedBlock[];
  entries: { entry: DiaryEntryItem; received_at: string }[];
  vapid_public_key: string;
  /** Whether the server holds a live push subscription of this phone. */
  subscribed: boolean;
  /** Quiet hours, "HH:MM"; unknown to an earlier version. */
  quiet_start?: string;
  quiet_end?: string;
}

export interface SyncRequest {
  sent_at: string;
  app_version: string;
  /** As the patient chose it on this phone; left out when nothing new was chosen. */
  language?: string;
  /** Whether this browser promised to keep what is stored; left out while it was not asked. */
  persisted?: boolean;
  items: Item[];
}

export interface SyncResponse {
  server_at: string;
  results: ItemResult[];
  state: PhoneState;
}

export type RedeemRequest = ({ token: string } | { code: string }) & {
  /** The same until the phone is let in, so that a lost answer can be asked for again. */
  attempt: string;
  consented: true;
};

export interface RedeemResponse {
  server_at: string;
  state: PhoneState;
}
