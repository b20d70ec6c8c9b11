import './faults';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DiaryStore } from '../../pwa/src/store/diary-store';
import { NOTHING } from '../../pwa/src/store/kept';
import { SecondCopy } from '../../pwa/src/store/second-copy';
import { phoneApi } from '../../pwa/src/sync/api';
import { retryDelay } from '../../pwa/src/sync/backoff';
import { enrol, leave, sync, type SyncDeps } from '../../pwa/src/sync/sync';
import { Syncing } from '../../pwa/src/sync/syncing';
import type { DiaryEntryItem } from '../../pwa/src/wire';
import { ClinicServer, type Fault } from './clinic-server';
import { T0, entry, iso, phoneState, uuid } from './builders';
import { memoryStorage } from './memory-storage';

let server: ClinicServer;
let deps: SyncDeps;
let origin: string;

beforeEach(async () => {
  server = new ClinicServer();
  origin = await server.start();
  const store = new DiaryStore(() => {}, `sync-${uuid()}`);
  deps = { store, api: phoneApi(origin), clock: Date.now, appVersion: 'test' };
});
afterEach(async () => {
  deps.store.close();
  await server.stop();
});

let savedAt = T0;
async function save(changes: Partial<DiaryEntryItem> = {}): Promise<DiaryEntryItem> {
  const item: DiaryEntryItem = { type: 'diary_entry', ...entry(60), ...changes };
  await deps.store.add(item, (savedAt += 1));
  return item;
}
const states = async () => (await deps.store.read()).items.map(({ state }) => state);

test('everything that waits is sent oldest first, and called sent once the server has answered', async () => {
  const items = [await save(), await save(), await save()];
  await sync(deps);
  assert.deepEqual(server.requests.map(({ items: sent }) => sent), [items]);
  assert.deepEqual(await states(), ['sent', 'sent', 'sent']);
  const { items: kept, facts } = await deps.store.read();
  assert.ok(kept.every(({ id, receivedAt }) => receivedAt === server.stored.get(id)!.receivedAt));
  assert.equal(facts.phone!.check_word, 'harbour');
});

test('a sync with nothing to send brings what is new at the clinic', async () => {
  const item: DiaryEntryItem = { type: 'diary_entry', ...entry(60) };
  server.state = phoneState({ entries: [{ entry: item, received_at: iso(T0) }] });
  await sync(deps);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(await states(), ['sent']);
});

test('batches hold 100 items at most', async () => {
  for (let index = 0; index < 201; index += 1) await save();
  await sync(deps);
  assert.deepEqual(server.requests.map(({ items }) => items.length), [100, 100, 1]);
  assert.equal(server.stored.size, 201);
});

test('a lost answer is made good by sending again, and the server has the item once', async () => {
  const item = await save();
  server.fault = () => 'lost answer';
  await assert.rejects(sync(deps), { name: 'ApiFailure', code: 'offline', status: 0 });
  assert.deepEqual(await states(), ['waiting']);
  server.fault = () => null;
  await sync(deps);
  assert.deepEqual(await states(), ['sent']);
  assert.deepEqual(server.items(), [item]);
});

for (const [fault, code, status] of [
  ['lost request', 'offline', 0], ['broken', 'unreadable', 503],
  ['portal', 'unreadable', 200], ['odd json', 'unreadable', 200],
] as const) {
  test(`a ${fault} loses nothing`, async () => {
    await save();
    server.fault = () => fault;
    await assert.rejects(sync(deps), { name: 'ApiFailure', code, status });
    assert.deepEqual(await states(), ['waiting']);
    assert.equal((await deps.store.read()).facts.phone, null);
  });
}

test('a phone that the clinic does not know keeps everything until it is enrolled again', async () => {
  const item = await save();
  server.fault = () => 'not enrolled';
  await assert.rejects(sync(deps), { code: 'not_enrolled', status: 401 });
  assert.equal((await deps.store.read()).facts.refused, true);
  server.fault = () => null;
  await enrol({ ...deps, api: phoneApiOf(deps) }, { token: 'again' });
  assert.equal((await deps.store.read()).facts.refused, false);
  await sync(deps);
  assert.deepEqual(server.items(), [item]);
});

test('a phone asks to be let in by the same attempt until it was, then by another', async () => {
  const how = { ...deps, api: phoneApiOf(deps) };
  server.fault = () => 'lost answer';
  await assert.rejects(enrol(how, { token: 'one' }), { code: 'offline' });
  server.fault = () => null;
  await enrol(how, { token: 'one' });
  await enrol(how, { token: 'two' });
  const [first, second, third] = server.other.map(({ body }) => (body as { attempt: string }).attempt);
  assert.match(first!, /^[0-9a-f-]{36}$/);
  assert.equal(first, second);
  assert.notEqual(second, third);
});

test('a conflict is kept and shown, and not sent again', async () => {
  const item = await save();
  server.stored.set(item.id, { content: '{}', receivedAt: iso(T0) });
  await sync(deps);
  await sync(deps);
  const [kept] = (await deps.store.read()).items;
  assert.deepEqual([kept!.state, kept!.receivedAt, kept!.item], ['conflict', iso(T0), item]);
  assert.equal(server.conflicts.length, 1);
});

test('a refused item is kept with the reason, and holds up none of the others', async () => {
  const [good, bad, other] = [await save(), await save(), await save()];
  server.refuse = ({ id }) => (id === bad.id ? 'unknown_site' : null);
  await sync(deps);
  await sync(deps);
  assert.deepEqual(await states(), ['sent', 'rejected', 'sent']);
  assert.equal((await deps.store.read()).items[1]!.message, 'refused: unknown_site');
  assert.deepEqual(server.items(), [good, other]);
  assert.deepEqual(server.requests.at(-1)!.items, []);
});

test('a correction that came before what it corrects waits, once a sync, and arrives after it', async () => {
  const first: DiaryEntryItem = { type: 'diary_entry', ...entry(60) };
  const correction = await save({ replaces: first.id });
  server.refuse = (item) =>
    'replaces' in item && item.replaces && !server.stored.has(item.replaces) ? 'unknown_replaced' : null;
  await sync(deps);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(await states(), ['waiting']);
  await deps.store.add(first, savedAt + 1);
  await sync(deps);
  await sync(deps);
  assert.deepEqual((await states()).sort(), ['sent', 'sent']);
  assert.deepEqual(new Set(server.items().map(({ id }) => id)), new Set([first.id, correction.id]));
});

test('an item that makes the server refuse the request is found, waits, and holds up no other', async () => {
  const items = [];
  for (let index = 0; index < 7; index += 1) items.push(await save());
  const poison = items[4]!.id;
  server.refuseAll = ({ items: sent }) => sent.some(({ id }) => id === poison);
  await sync(deps);
  assert.deepEqual(await states(), items.map(({ id }) => (id === poison ? 'waiting' : 'sent')));
  server.refuseAll = () => false;
  await sync(deps);
  assert.equal(server.stored.size, 7);
});

test('what is saved while a sync runs is not lost and not marked as sent', async () => {
  await save();
  server.delayMilliseconds = 60;
  const running = sync(deps);
  await new Promise((done) => setTimeout(done, 20));
  const late = await save();
  await running;
  assert.ok(server.stored.has(late.id));
  assert.deepEqual(await states(), ['sent', 'sent']);
});

test('syncs wait for each other', async () => {
  for (let index = 0; index < 3; index += 1) await save();
  server.delayMilliseconds = 20;
  await Promise.all([sync(deps), sync(deps), sync(deps)]);
  assert.equal(server.mostBusy, 1);
  assert.deepEqual(server.requests.map(({ items }) => items.length), [3, 0, 0]);
});

test('a sync whose turn comes when the diary is off this phone sends nothing more', async () => {
  await sync(deps);
  const copy = new SecondCopy(memoryStorage);
  server.delayMilliseconds = 20;
  const leaving = leave({ ...deps, store: deps.store as DiaryStore, api: phoneApi(origin), copy }, false);
  await Promise.all([leaving, sync(deps)]);
  assert.equal(server.requests.length, 1);
  assert.equal((await deps.store.read()).facts.phone, null);
});

test('an answer that comes when the diary is off this phone is not kept', async () => {
  await sync(deps);
  server.delayMilliseconds = 40;
  const syncing = sync(deps);
  while (server.busy === 0) await new Promise((done) => setTimeout(done, 1));
  await (deps.store as DiaryStore).clear(); // by another page, which waited for no more than its 10 s
  await syncing;
  assert.deepEqual(await deps.store.read(), { items: [], facts: NOTHING });
});

test('the clock is measured against the server, and sent_at is the phone time', async () => {
  server.aheadMilliseconds = 7 * 60_000;
  const before = Date.now();
  await sync(deps);
  const { clock, lastSyncAt } = (await deps.store.read()).facts;
  assert.ok(Math.abs(clock!.differenceSeconds - 420) < 1, String(clock!.differenceSeconds));
  assert.equal(clock!.measuredAt, lastSyncAt);
  const sentAt = Date.parse(server.requests[0]!.sent_at);
  assert.ok(before <= sentAt && sentAt <= lastSyncAt!);
});

test('a code that the server refuses comes back in its words, and changes nothing', async () => {
  await assert.rejects(enrol({ ...deps, api: phoneApiOf(deps) }, { code: 'WRONG' }), {
    name: 'ApiFailure', code: 'code_unknown', message: 'Check it.', status: 422,
  });
  assert.equal((await deps.store.read()).facts.phone, null);
  const { attempt } = (await deps.store.read()).facts;
  assert.deepEqual(server.other[0]!.body, { code: 'WRONG', attempt, consented: true });
});

function phoneApiOf({ api }: SyncDeps) {
  return api as ReturnType<typeof phoneApi>;
}

/** The same pseudo-random numbers for the same seed, in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const FAULTS: Fault[] = ['lost request', 'lost answer', 'broken', 'portal', 'odd json', null, null];

for (let seed = 1; seed <= 12; seed += 1) {
  test(`whatever fails, every entry arrives exactly once (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    server.fault = () => pick(FAULTS);
    const saved: DiaryEntryItem[] = [];
    for (let step = 0; step < 25; step += 1) {
      const what = random();
      if (what < 0.5) {
        const replaces = saved.length > 0 && random() < 0.3 ? pick(saved).id : null;
        saved.push(await save({ replaces, note: `seed ${seed}, step ${step}` }));
      } else if (what < 0.9) {
        await sync(deps).catch(() => {});
      } else {
        await Promise.allSettled([sync(deps), save().then((one) => saved.push(one)), sync(deps)]);
      }
    }
    server.fault = () => null;
    await sync(deps);
    assert.ok((await states()).every((state) => state === 'sent'));
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    assert.deepEqual(server.items().sort(byId), [...saved].sort(byId));
    assert.deepEqual(server.conflicts, []);
  });
}

test('a retry waits twice as long each time, up to five minutes, spread by a half', () => {
  assert.deepEqual([1, 2, 3, 7, 8, 50].map((failures) => retryDelay(failures, 0.5)),
    [5000, 10_000, 20_000, 300_000, 300_000, 300_000]);
  assert.equal(retryDelay(1, 0), 2500);
  assert.ok(retryDelay(1, 0.999) < 7500);
});

test('asked again while it runs, a page syncs once more after it, not beside it', async () => {
  const phases: string[] = [];
  const syncing = new Syncing(() => sync(deps), (phase) => phases.push(phase));
  server.delayMilliseconds = 20;
  await Promise.all([syncing.now(), syncing.now(), syncing.now()]);
  assert.equal(server.requests.length, 2);
  await syncing.now();
  assert.equal(server.requests.length, 3);
  assert.equal(server.mostBusy, 1);
  assert.deepEqual(phases, ['syncing', 'idle', 'syncing', 'idle']);
});

test('a page tries again after a failure, until it works; not when it is not enrolled', async () => {
  const phases: string[] = [];
  const faults: Fault[] = ['lost request', 'broken', null, 'not enrolled'];
  const retries: { work: () => void; delay: number; cancelled: boolean }[] = [];
  const syncing = new Syncing(
    async () => {
      const fault = faults.shift()!;
      server.fault = () => fault;
      await sync(deps);
    },
    (phase) => phases.push(phase),
    (work, delay) => {
      const retry = { work, delay, cancelled: false };
      retries.push(retry);
      return () => (retry.cancelled = true);
    },
  );
  await syncing.now();
  retries[0]!.work();
  await syncing.now(); // joins the retry
  await syncing.now();
  assert.deepEqual(phases, ['syncing', 'offline', 'syncing', 'failed', 'syncing', 'idle']);
  assert.ok(retries[0]!.delay >= 2500 && retries[0]!.delay < 7500);
  assert.ok(retries[1]!.delay >= 5000 && retries[1]!.delay < 15_000);
  assert.ok(retries.every(({ cancelled }) => cancelled), 'a sync makes the waiting retry needless');
  await syncing.now();
  assert.deepEqual([phases.at(-1), retries.length, faults.length], ['not_enrolled', 2, 0]);
});
