/**
 * A second copy of what the clinic has not answered for yet, in localStorage: another part of the
 * browser than IndexedDB, there at once, and with room when that is full. Never a second truth: an
 * item is taken from here only while the store does not have it, and the server takes each once.
 */
import type { Item } from '../wire';
import type { DiaryStore } from './diary-store';
import { keptNow, NOTHING, type Answer, type Kept, type KeptItem } from './kept';

const UNSENT = 'unsent ';
const LINKED = 'linked';

/** What is used of localStorage. */
export interface Shelf {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

export class SecondCopy {
  /** @param shelf throws where the browser does not allow it */
  constructor(private readonly shelf: () => Shelf) {}

  /** What is not sent, in the order in which it was saved. */
  items(): KeptItem[] {
    return this.#try((shelf) => {
      const keys = Array.from({ length: shelf.length }, (_, index) => shelf.key(index)!);
      return keys
        .filter((key) => key.startsWith(UNSENT))
        .flatMap((key) => this.#try(() => [copyOf(shelf.getItem(key)!)], []))
        .sort((a, b) => a.savedAt - b.savedAt);
    }, []);
  }

  keep(item: Item, savedAt: number): void {
    this.#try((shelf) => shelf.setItem(UNSENT + item.id, JSON.stringify({ item, savedAt })));
  }

  forget(ids: readonly string[]): void {
    this.#try((shelf) => ids.forEach((id) => shelf.removeItem(UNSENT + id)));
  }

  /**
   * Makes store and copy agree: what the store lost is put back, what waits has a copy, and what
   * the clinic has answered for has none.
   *
   * @param kept what the store has, just read
   * @returns whether anything was put back
   * @throws StoreFailure the store would not take it back
   */
  async agreeWith(store: Pick<DiaryStore, 'add'>, { items, facts }: Kept): Promise<boolean> {
    const copies = this.items();
    const copied = new Set(copies.map(({ id }) => id));
    const known = new Set(items.map(({ id }) => id));
    for (const { id, state, item, savedAt } of items) {
      if (state !== 'waiting' && copied.has(id)) this.forget([id]);
      if (state === 'waiting' && !copied.has(id)) this.keep(item, savedAt);
    }
    if (facts.phone) this.#try((shelf) => shelf.setItem(LINKED, ''));
    const lost = copies.filter(({ id }) => !known.has(id));
    for (const { item, savedAt } of lost) await store.add(item, savedAt);
    return lost.length > 0;
  }

  /** Whether a clinic knew this phone: it gives the diary back to its cookie. */
  linked(): boolean {
    return this.#try((shelf) => shelf.getItem(LINKED) !== null, false);
  }

  clear(): void {
    this.forget(this.items().map(({ id }) => id));
    this.#try((shelf) => shelf.removeItem(LINKED));
  }

  // As a store of its own, to send from while the other cannot be opened.

  async read(): Promise<Kept> {
    return { items: this.items(), facts: NOTHING };
  }

  async apply({ results }: Pick<Answer, 'results'>): Promise<void> {
    const taken = results.filter(({ outcome }) => /^(stored|duplicate|conflict)$/.test(outcome));
    this.forget(taken.flatMap(({ id }) => id ?? []));
  }

  async remember(): Promise<void> {}

  #try<T>(work: (shelf: Shelf) => T, otherwise?: T): T {
    try {
      return work(this.shelf());
    } catch {
      return otherwise as T; // forbidden or full: whether an item is kept, the store itself says
    }
  }
}

function copyOf(text: string): KeptItem {
  const { item, savedAt } = JSON.parse(text) as { item: Item; savedAt: number };
  return keptNow(item, savedAt);
}
