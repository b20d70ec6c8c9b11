/**
 * What this phone keeps: the items it recorded, never changed nor deleted, with what became of
 * them; and what it knows from the clinic.
 */
import type { DBSchema } from 'idb';
import type { ClockMeasurement } from '../domain/clock';
import type { Item, ItemResult, PhoneState } from '../wire';
import { Database, type Limits, type Transaction } from './database';

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

interface Schema extends DBSchema {
  items: { key: string; value: KeptItem };
  facts: { key: string; value: unknown };
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
}

export class DiaryStore {
  readonly #database: Database<Schema>;

  /** @param onWritten is called after every change that is on disk */
  constructor(
    private readonly onWritten: () => void = () => {},
    name = 'block-diary',
    limits?: Limits,
  ) {
    this.#database = new Database<Schema>(
      name,
      (database) => {
        database.createObjectStore('items', { keyPath: 'id' });
        database.createObjectStore('facts');
      },
      limits,
    );
  }

  async read(): Promise<Kept> {
    return this.#database.run('readonly', async (transaction) => {
      const facts = transaction.objectStore('facts');
      const [items, keys, values] = await Promise.all([
        transaction.objectStore('items').getAll(),
        facts.getAllKeys(),
        facts.getAll(),
      ]);
      const known = Object.fromEntries(keys.map((key, index) => [key, values[index]]));
      return { items: items.sort((a, b) => a.savedAt - b.savedAt), facts: { ...NOTHING, ...known } };
    });
  }

  /** Keeps a new item. The same one handed over again changes nothing. */
  async add(item: Item, savedAt: number): Promise<KeptItem> {
    return this.#write(async (transaction) => {
      const items = transaction.objectStore('items');
      const there = await items.get(item.id);
      if (there) return there;
      const kept: KeptItem = {
        id: item.id, item, savedAt, state: 'waiting', receivedAt: null, message: null,
      };
      await items.put(kept);
      return kept;
    });
  }

  /** Keeps what the clinic answered: what became of the items, and all that it sent. */
  async apply(answer: Answer): Promise<void> {
    const { entries, ...phone } = answer.state;
    await this.#write(async (transaction) => {
      const items = transaction.objectStore('items');
      for (const result of answer.results) {
        const kept = result.id === null ? undefined : await items.get(result.id);
        if (kept?.state === 'waiting') await items.put({ ...kept, ...outcomeOf(result) });
      }
      for (const { entry, received_at } of entries) {
        if ((await items.getKey(entry.id)) !== undefined) continue;
        await items.put({
          id: entry.id,
          item: entry,
          savedAt: Date.parse(entry.recorded_at),
          state: 'sent',
          receivedAt: received_at,
          message: null,
        });
      }
      const known = { phone, clock: answer.clock, lastSyncAt: answer.at, refused: false };
      const facts = transaction.objectStore('facts');
      for (const [key, value] of Object.entries(known)) await facts.put(value, key);
      // Chosen anew meanwhile, it is still to be told.
      if (answer.language && (await facts.get('language')) === answer.language) {
        await facts.put(null, 'language');
      }
    });
  }

  async remember(known: Partial<Facts>): Promise<void> {
    await this.#write(async (transaction) => {
      const facts = transaction.objectStore('facts');
      for (const [key, value] of Object.entries(known)) await facts.put(value, key);
    });
  }

  /** Empties the store. */
  async clear(): Promise<void> {
    await this.#write(async (transaction) => {
      await transaction.objectStore('items').clear();
      await transaction.objectStore('facts').clear();
    });
  }

  close(): void {
    this.#database.close();
  }

  async #write<T>(work: (transaction: Transaction<Schema, 'readwrite'>) => Promise<T>): Promise<T> {
    const result = await this.#database.run('readwrite', work);
    this.onWritten();
    return result;
  }
}

const NOTHING: Facts = {
  phone: null, clock: null, lastSyncAt: null, refused: null, zoneAsked: null, language: null,
  persisted: null, staysHere: null, attempt: null,
};

/** What a result changes; an outcome that this version does not know leaves the item waiting. */
function outcomeOf(result: ItemResult): Partial<KeptItem> {
  const { outcome, reason, message, received_at: receivedAt } = result;
  if (outcome === 'stored' || outcome === 'duplicate') return { state: 'sent', receivedAt };
  if (outcome === 'conflict') return { state: 'conflict', receivedAt, message };
  // The entry that it corrects is still to come: the next sync brings both.
  if (outcome === 'rejected' && reason !== 'unknown_replaced') return { state: 'rejected', message };
  return {};
}
