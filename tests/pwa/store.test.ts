import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { forceCloseDatabase } from 'fake-indexeddb';
import { openDB } from 'idb';
import { failing, replace, restore, throwing } from './faults';
import { memoryStorage } from './memory-storage';
import { StoreFailure } from '../../pwa/src/store/database';
import { DiaryStore } from '../../pwa/src/store/diary-store';
import { SecondCopy } from '../../pwa/src/store/second-copy';
import type { Item, ItemResult } from '../../pwa/src/wire';
import { T0, entry, iso, phoneState, uuid } from './builders';

const PATIENT = { timeoutMilliseconds: 5000, tries: 3 };
/** In a browser, its own. */
const shelf = 'document' in globalThis ? localStorage : memoryStorage();
const copy = new SecondCopy(() => shelf);
const HASTY = { timeoutMilliseconds: 300, tries: 3 };
let name: string;
let stores: DiaryStore[];
let announced: number;

beforeEach(() => {
  name = `diary-${uuid()}`;
  stores = [];
  announced = 0;
  copy.clear();
});
afterEach(() => {
  restore();
  stores.forEach((one) => one.close());
});

function open(limits = PATIENT): DiaryStore {
  const store = new DiaryStore(() => (announced += 1), name, limits);
  stores.push(store);
  return store;
}
const newItem = (): Item => ({ type: 'diary_entry', ...entry(60) });
const states = async (store: DiaryStore) =>
  Object.fromEntries((await store.read()).items.map(({ id, state }) => [id, state]));
const clock = { differenceSeconds: 1, measuredAt: T0 };
const answer = (results: ItemResult[], state = phoneState()) => ({ state, clock, at: T0, results });
const result = (id: string, outcome: string, reason: string | null = null): ItemResult => ({
  id, outcome, reason, message: reason && `refused: ${reason}`,
  received_at: outcome === 'rejected' ? null : iso(T0),
});

test('what was added is there for another window and after a restart, in order', async () => {
  const store = open();
  const [late, early] = [newItem(), newItem()];
  await store.add(late, T0 + 2);
  await store.add(early, T0 + 1);
  store.close();
  const { items } = await open().read();
  assert.deepEqual(items.map(({ item }) => item), [early, late]);
  assert.ok(items.every(({ state, receivedAt }) => state === 'waiting' && receivedAt === null));
});

test('an empty store knows nothing and says so', async () => {
  assert.deepEqual(await open().read(), {
    items: [],
    facts: {
      phone: null, clock: null, lastSyncAt: null, refused: null, zoneAsked: null, language: null,
      persisted: null, staysHere: null, attempt: null,
    },
  });
});

test('the same item twice is one, as it was first', async () => {
  const store = open();
  const item = newItem();
  await store.add(item, T0);
  await store.apply(answer([result(item.id, 'stored')]));
  const again = await store.add({ ...item, note: 'changed' } as Item, T0 + 5);
  assert.deepEqual([again.state, again.savedAt, again.item], ['sent', T0, item]);
});

test('writes ask for strict durability and resolve only once the transaction is complete', async () => {
  const seen: unknown[] = [];
  let complete = false;
  const store = open();
  await store.read();
  replace(IDBDatabase, 'transaction', (original) => function (this: never, ...given: never[]) {
    seen.push(given.slice(1));
    const transaction = original.apply(this, given) as IDBTransaction;
    transaction.addEventListener('complete', () => (complete = true));
    return transaction;
  });
  await store.add(newItem(), T0);
  assert.ok(complete);
  assert.deepEqual(seen, [['readwrite', { durability: 'strict' }]]);
});

test('a transaction that aborts at its very end is not called saved', async () => {
  replace(IDBObjectStore, 'put', (original) => function (this: never, ...given: never[]) {
    const request = original.apply(this, given) as IDBRequest;
    request.addEventListener('success', () => (this as IDBObjectStore).transaction.abort());
    return request;
  });
  const store = open();
  await assert.rejects(store.add(newItem(), T0), StoreFailure);
  assert.equal(announced, 0);
  restore();
  assert.deepEqual(await states(store), {});
});

test('a full disk is said at once, and nothing is kept', async () => {
  let tries = 0;
  replace(IDBObjectStore, 'put', () => () => {
    tries += 1;
    throw new DOMException('', 'QuotaExceededError');
  });
  const store = open();
  await assert.rejects(store.add(newItem(), T0), { name: 'StoreFailure', code: 'full' });
  assert.equal(tries, 1);
  restore();
  assert.deepEqual(await states(store), {});
});

test('a connection that the browser killed is opened anew', async () => {
  const connections: IDBDatabase[] = [];
  replace(IDBDatabase, 'transaction', (original) => function (this: never, ...given: never[]) {
    connections.push(this);
    return original.apply(this, given);
  });
  const store = open();
  await store.add(newItem(), T0);
  forceCloseDatabase(connections[0] as never);
  await store.add(newItem(), T0);
  connections.at(-1)!.close(); // without a word, as WebKit does
  await store.add(newItem(), T0);
  assert.equal((await store.read()).items.length, 3);
});

test('two failures are tried again, the third is shown', async () => {
  const store = open();
  await store.read();
  for (const name of ['UnknownError', 'InvalidStateError', 'AbortError']) {
    replace(IDBDatabase, 'transaction', failing(2, throwing(name)));
    await store.add(newItem(), T0);
    restore();
    replace(IDBDatabase, 'transaction', failing(3, throwing(name)));
    await assert.rejects(store.add(newItem(), T0), { name: 'StoreFailure', code: 'unavailable' });
    restore();
  }
  assert.equal((await store.read()).items.length, 3);
});

test('a browser without a store says so', async () => {
  replace(IDBFactory, 'open', () => throwing('SecurityError')());
  await assert.rejects(open().read(), { name: 'StoreFailure', code: 'unavailable' });
});

test('a request that hangs is given up and tried again', async () => {
  const hanging = () => () =>
    Object.assign(Object.create(IDBOpenDBRequest.prototype), { addEventListener: () => {} });
  replace(IDBFactory, 'open', failing(2, hanging));
  const store = open(HASTY);
  await store.add(newItem(), T0);
  restore();
  replace(IDBObjectStore, 'put', failing(1, () => () => new Promise(() => {})));
  await store.add(newItem(), T0);
  restore();
  assert.equal((await store.read()).items.length, 2);
  replace(IDBFactory, 'open', failing(3, hanging));
  await assert.rejects(open(HASTY).read(), { name: 'StoreFailure', code: 'busy' });
});

test('a window that waits for an upgrade is not held up by this one, which goes on after it', async () => {
  const store = open();
  await store.add(newItem(), T0);
  const newer = await openDB(name, 2, { upgrade: (database) => void database.createObjectStore('later') });
  await store.add(newItem(), T0);
  assert.equal((await store.read()).items.length, 2);
  newer.close();
  (await openDB(name, 3, { blocked: () => assert.fail('held up') })).close();
  await assert.rejects(store.read(), { name: 'StoreFailure', code: 'newer' });
});

test('an upgrade that another window blocks is given up, not waited for', async () => {
  const blocker = indexedDB.open(name, 1);
  await new Promise<void>((resolve) => {
    blocker.onupgradeneeded = () => {
      // The other window's own upgrade never ends while it keeps its transaction busy.
      const store = blocker.result.createObjectStore('held');
      const keepBusy = (): void => {
        store.get(1).onsuccess = keepBusy;
      };
      keepBusy();
      resolve();
    };
  });
  await assert.rejects(open(HASTY).read(), { name: 'StoreFailure', code: 'busy' });
  blocker.transaction!.abort();
  blocker.onerror = (event) => event.preventDefault();
});

test("a mistake of the app's own is thrown as it is, and nothing of it is written", async () => {
  const store = open();
  const mistaken = phoneState({ entries: [{ entry: { ...newItem() } as never, received_at: iso(T0) }, null as never] });
  await assert.rejects(store.apply(answer([], mistaken)), TypeError);
  const { items, facts } = await store.read();
  assert.deepEqual([items, facts.phone], [[], null]);
});

test('every outcome has its state, and an unknown one leaves the item waiting', async () => {
  const store = open();
  const items = Array.from({ length: 7 }, newItem);
  for (const item of items) await store.add(item, T0);
  const [a, b, c, d, e, f, g] = items.map(({ id }) => id) as [string, ...string[]] & string[];
  await store.apply(answer([
    result(a!, 'stored'), result(b!, 'duplicate'), result(c!, 'conflict'),
    result(d!, 'rejected', 'unknown_site'), result(e!, 'rejected', 'unknown_replaced'),
    result(f!, 'postponed'), result('never-sent', 'stored'), { ...result(g!, 'stored'), id: null },
  ]));
  assert.deepEqual(await states(store), {
    [a!]: 'sent', [b!]: 'sent', [c!]: 'conflict', [d!]: 'rejected',
    [e!]: 'waiting', [f!]: 'waiting', [g!]: 'waiting',
  });
  const kept = (await store.read()).items.find(({ id }) => id === d)!;
  assert.deepEqual([kept.message, kept.receivedAt], ['refused: unknown_site', null]);
});

test('what was answered for is never taken back by a later result', async () => {
  const store = open();
  const item = newItem();
  await store.add(item, T0);
  await store.apply(answer([result(item.id, 'stored')]));
  await store.apply(answer([result(item.id, 'rejected', 'invalid')]));
  assert.deepEqual(await states(store), { [item.id]: 'sent' });
});

test("entries that come down fill an empty phone and never overwrite one of its own", async () => {
  const store = open();
  const own = newItem();
  const foreign = { type: 'diary_entry' as const, ...entry(120) };
  await store.add(own, T0);
  const changed = { ...(own as typeof foreign), note: 'from elsewhere' };
  const state = phoneState({
    entries: [{ entry: foreign, received_at: iso(T0) }, { entry: changed, received_at: iso(T0) }],
  });
  await store.apply(answer([], state));
  await store.apply(answer([], state));
  const { items, facts } = await store.read();
  assert.deepEqual(items.map(({ item, state: its }) => [item, its]), [[own, 'waiting'], [foreign, 'sent']]);
  assert.equal('entries' in facts.phone!, false);
  assert.equal(facts.lastSyncAt, T0);
});

test('what waits survives a new enrolment', async () => {
  const store = open();
  const item = newItem();
  await store.add(item, T0);
  await store.remember({ refused: true });
  await store.apply(answer([], phoneState({ check_word: 'another', blocks: [] })));
  const { items, facts } = await store.read();
  assert.deepEqual([items.length, items[0]!.state], [1, 'waiting']);
  assert.deepEqual([facts.phone!.check_word, facts.refused], ['another', false]);
});

test('windows are told of a change only after it is on disk', async () => {
  const store = open();
  await store.add(newItem(), T0);
  assert.equal(announced, 1);
  await store.read();
  assert.equal(announced, 1);
});

const agree = async (store: DiaryStore, with_ = copy) => with_.agreeWith(store, await store.read());
const copied = () => copy.items().map(({ item }) => item);

test('what waits has a copy until the clinic has answered for it, whoever sent it', async () => {
  const [page, worker] = [open(), open()];
  const [sent, refused, unknown] = [newItem(), newItem(), newItem()];
  for (const item of [sent, refused, unknown]) await page.add(item, T0);
  await agree(page);
  assert.deepEqual(copied().map(({ id }) => id).sort(), [sent.id, refused.id, unknown.id].sort());
  await worker.apply(answer([
    result(sent.id, 'stored'), result(refused.id, 'rejected', 'unknown_site'), result(unknown.id, 'postponed'),
  ]));
  await agree(page);
  assert.deepEqual(copied(), [unknown]);
});

test('what the store lost is put back from its copy, as it was saved, and once', async () => {
  const [early, late] = [newItem(), newItem()];
  const store = open();
  await store.add(late, T0 + 2);
  await store.add(early, T0 + 1);
  await agree(store);
  store.close();
  await lose();
  const after = open();
  assert.equal(await agree(after), true);
  assert.deepEqual(
    (await after.read()).items.map(({ item, savedAt, state }) => [item, savedAt, state]),
    [[early, T0 + 1, 'waiting'], [late, T0 + 2, 'waiting']],
  );
  announced = 0;
  assert.equal(await agree(after), false);
  assert.equal(announced, 0, 'two windows would call each other for ever');
});

test('what could not be stored is stored from its copy once that is possible', async () => {
  const item = newItem();
  const store = open();
  copy.keep(item, T0);
  replace(IDBObjectStore, 'put', throwing('QuotaExceededError'));
  await assert.rejects(agree(store), { code: 'full' });
  restore();
  await agree(store);
  assert.deepEqual(await states(store), { [item.id]: 'waiting' });
});

test('a copy that cannot be read spoils no other', () => {
  const item = newItem();
  copy.keep(item, T0);
  shelf.setItem('unsent 1', '{');
  assert.deepEqual(copied(), [item]);
  shelf.removeItem('unsent 1');
});

test('where the browser forbids a second place, the first does it alone', async () => {
  const forbidden = new SecondCopy(() => {
    throw new DOMException('', 'SecurityError');
  });
  const store = open();
  const item = newItem();
  forbidden.keep(item, T0);
  await store.add(item, T0);
  assert.equal(await agree(store, forbidden), false);
  assert.deepEqual([await states(store), forbidden.linked()], [{ [item.id]: 'waiting' }, false]);
});

test('a diary that is taken off the phone leaves no copy and no trace of a link', async () => {
  const store = open();
  await store.add(newItem(), T0);
  await store.apply(answer([]));
  await agree(store);
  assert.deepEqual([copy.linked(), copied().length], [true, 1]);
  copy.clear();
  assert.deepEqual([copy.linked(), copied().length], [false, 0]);
});

/** The browser loses the whole database. */
function lose(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
