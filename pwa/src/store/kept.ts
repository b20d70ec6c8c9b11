/** What is kept on this phone, wherever it is kept. */
import type { ClockMeasurement } from '../domain/clock';
import type { Item, ItemResult, PhoneState } from '../wire';

/** waiting: to be sent; sent: the clinic has it; conflict, rejected: the clinic must look at it. */
export type ItemState = 'waiting' | 'sent' | 'conflict' | 'rejected';

export interface KeptItem {
  id: string;
  item: Item;
  /** By the phone's clock, epoch ms; what waits is sent in this order. */
  savedAt: number;
  state: ItemState;
  receivedAt: string | null;
  /** Why it was refused, for a person. */
  message: string | null;
}

/** What the phone knows apart from its items; each is null until known. */
export interface Facts {
  /** As last heard from the clinic; its entries are among the items. */
  phone: Omit<PhoneState, 'entries'> | null;
  clock: ClockMeasurement | null;
  /** When the clinic last answered a sync, by the phone's clock, epoch ms. */
  lastSyncAt: number | null;
  /** The clinic does not know this phone (any more). */
  refused: boolean | null;
  /** The zone that the patient was last asked about: whether the diary follows it. */
  zoneAsked: string | null;
  /** As the patient chose it here, until the clinic has heard of it. */
  language: string | null;
  /** Whether the browser promised not to clear the store under pressure. */
  persisted: boolean | null;
  /** The patient keeps the diary in this browser, since it cannot be moved. */
  staysHere: boolean | null;
  /** By which the clinic knows this phone when it asks again to be let in. */
  attempt: string | null;
}

export interface Kept {
  /** In the order in which they were saved. */
  items: KeptItem[];
  facts: Facts;
}

/** What the clinic answered to a sync or an enrolment. */
export interface Answer {
  state: PhoneState;
  clock: ClockMeasurement;
  /** By the phone's clock, epoch ms. */
  at: number;
  results: readonly ItemResult[];
  /** The chosen language that the clinic was told of. */
  language?: string | null;
  /** Nothing of it is kept if the diary was taken off this phone meanwhile. */
  ifLinked?: boolean;
}

export const NOTHING: Facts = {
  phone: null, clock: null, lastSyncAt: null, refused: null, zoneAsked: null, language: null,
  persisted: null, staysHere: null, attempt: null,
};

/** A new item, not sent yet. */
export function keptNow(item: Item, savedAt: number): KeptItem {
  return { id: item.id, item, savedAt, state: 'waiting', receivedAt: null, message: null };
}
