/**
 * What this phone keeps: the items it recorded, never changed nor deleted, with what became of
 * them; and what it knows from the clinic.
 */
import type { DBSchema } from 'idb';
import type { Item, ItemResult } from '../wire';
import { Database, type Limits, type Transaction } from './database';
import { keptNow, NOTHING, type Answer, type Facts, type Kept, type KeptItem } from './kept';

interface Schema extends DBSchema {
  items: { key: string; value: KeptItem };
  facts: { key: string; value: unknown };
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
      (database, oldVersion) => {
        if (oldVersion < 1) {
          database.createObjectStore('items', { keyPath: 'id' });
          database.createObjectStore('facts');
        }
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
      const kept = keptNow(item, savedAt);
      await items.put(kept);
      return kept;
    });
  }

  /** Keeps what the clinic answered: what became of the items, and all that it sent. */
  async apply(answer: Answer): Promise<void> {
    const { entries, ...phone } = answer.state;
    await this.#write(async (transaction) => {
      const items = transaction.objectStore('items');
      const facts = transaction.objectStore('facts');
      if (answer.ifLinked && !(await facts.get('phone'))) return;
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

/** What a result changes; an outcome that this version does not know leaves the item waiting. */
function outcomeOf(result: ItemResult): Partial<KeptItem> {
  const { outcome, reason, message, received_at: receivedAt } = result;
  if (outcome === 'stored' || outcome === 'duplicate') return { state: 'sent', receivedAt };
  if (outcome === 'conflict') return { state: 'conflict', receivedAt, message };
  // The entry that it corrects is still to come: the next sync brings both.
  if (outcome === 'rejected' && reason !== 'unknown_replaced') return { state: 'rejected', message };
  return {};
}
