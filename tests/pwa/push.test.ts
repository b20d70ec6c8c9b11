import './faults';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { DiaryStore } from '../../pwa/src/store/diary-store';
import { handlePush, putOff, type PushDeps } from '../../pwa/src/worker/push';
import { HOUR, T0, at, entry, iso, phoneState, uuid } from './builders';

const DELIVERY = 'b8b4f8a0-0000-4000-8000-000000000001';
const ANSWERED = 'Already answered, nothing to do.';
let store: DiaryStore;
let shown: { title: string; options: NotificationOptions }[];
let order: string[];
let onScreen: { tag: string; close: () => void }[];
let deps: PushDeps;

beforeEach(async () => {
  store = new DiaryStore(() => order?.push('written'), `push-${uuid()}`);
  order = [];
  await store.apply({
    state: phoneState(), clock: { differenceSeconds: 0, measuredAt: T0 }, at: T0, results: [],
  });
  shown = [];
  order = [];
  onScreen = [];
  deps = {
    store,
    show: async (title, options) => {
      order.push('shown');
      shown.push({ title, options });
    },
    shown: async () => onScreen,
    hasButtons: () => true,
    sync: async () => void order.push('synced'),
    clock: () => at(61),
  };
});

const payload = (assessment = '1h', block = 'block-1') => ({
  web_push: 8030,
  notification: {
    title: 'Diary', body: 'Time for your entry.', lang: 'en', dir: 'ltr', navigate: 'https://x/',
    tag: DELIVERY, data: { delivery: DELIVERY, block, assessment, closes_at: iso(at(90)) },
  },
  mutable: true,
});
/** One that may be put off, until ten minutes before its window closes at 90 minutes. */
const offered = (snooze: unknown = true) => {
  const { notification, ...rest } = payload();
  return { ...rest, notification: { ...notification, data: { ...notification.data, snooze } } };
};
const actions = () => shown.map(({ options }) => (options as { actions?: unknown }).actions);
const rate = (minutes: number) =>
  store.add({ type: 'diary_entry', ...entry(minutes) }, at(minutes));

test('a reminder is shown, then its receipt is kept, then everything is sent', async () => {
  await handlePush(payload(), deps);
  assert.deepEqual(order, ['shown', 'written', 'synced']);
  const { title, options } = shown[0]!;
  assert.deepEqual([title, options.body, options.tag, options.lang], ['Diary', 'Time for your entry.', DELIVERY, 'en']);
  assert.deepEqual([options.icon, (options as { badge?: string }).badge], ['/icons/icon-192.png', '/icons/badge-96.png']);
  const { items } = await store.read();
  assert.deepEqual(items.map(({ item, state }) => [item, state]), [
    [{ type: 'reminder_shown', id: DELIVERY, shown_at: iso(at(61)) }, 'waiting'],
  ]);
});

test('an assessment answered on this phone is said to be, sent or not', async () => {
  await rate(60);
  await handlePush(payload('1h'), deps);
  await handlePush(payload('2h'), deps);
  assert.deepEqual(shown.map(({ options }) => options.body), [ANSWERED, 'Time for your entry.']);
});

test('what the worker says by itself is in the patient’s language, chosen here or known to the clinic', async () => {
  await rate(60);
  await handlePush(payload('1h'), deps);
  await store.remember({ language: 'es' });
  await handlePush(payload('1h'), deps);
  await handlePush(null, deps);
  assert.deepEqual(shown.map(({ title, options }) => [title, options.body, options.lang]), [
    ['Diary', ANSWERED, 'en'],
    ['Diario', 'Ya está respondido, no hay nada que hacer.', 'es'],
    ['Diario', 'Es hora de su anotación.', 'es'],
  ]);
});

test('a refused or withdrawn answer, one of another block or of an unknown assessment is none', async () => {
  const { item } = await rate(60);
  await store.apply({
    state: phoneState(), clock: { differenceSeconds: 0, measuredAt: T0 }, at: T0,
    results: [{ id: item.id, outcome: 'rejected', reason: 'invalid', message: 'no', received_at: null }],
  });
  await handlePush(payload('1h'), deps);
  await handlePush(payload('1h', 'another'), deps);
  await handlePush(payload('9h'), deps);
  assert.ok(shown.every(({ options }) => options.body === 'Time for your entry.'));
});

const ODD: [string, unknown][] = [
  ['nothing', null], ['text', 'hello'], ['a number', 7], ['a list', [1]], ['an empty object', {}],
  ['an odd notification', { notification: 5 }],
  ['odd fields', { notification: { title: 1, body: {}, lang: [], dir: 'up', tag: 3, data: 'x' } }],
  ['odd data', { notification: { data: { delivery: 5, block: {}, assessment: [] } } }],
];
for (const [name, odd] of ODD) {
  test(`a push that holds ${name} shows one fixed notification, and syncs`, async () => {
    await handlePush(odd, deps);
    assert.equal(shown.length, 1);
    assert.deepEqual([shown[0]!.title, shown[0]!.options.body], ['Diary', 'Time for your entry.']);
    assert.deepEqual(order, ['shown', 'synced']);
  });
}

test('a store that fails or hangs keeps no notification back', async () => {
  for (const read of [() => Promise.reject(new Error('no store')), () => new Promise<never>(() => {})]) {
    await handlePush(payload(), { ...deps, store: { read, add: (item, now) => store.add(item, now) } });
  }
  assert.equal(shown.length, 2);
  assert.deepEqual(order.filter((what) => what === 'synced').length, 2);
});

test('a receipt that cannot be kept does not keep the phone from syncing', async () => {
  const add = () => Promise.reject(new Error('full'));
  await assert.rejects(handlePush(payload(), { ...deps, store: { read: () => store.read(), add } }));
  assert.deepEqual(order, ['shown', 'synced']);
});

test('options that a browser does not like are left out rather than the notification', async () => {
  const show = async (title: string, options: NotificationOptions) => {
    if (options.tag) throw new TypeError('odd tag');
    await deps.show(title, options);
  };
  await handlePush(payload(), { ...deps, show });
  assert.deepEqual(shown, [{ title: 'Diary', options: { lang: 'en', body: 'Time for your entry.' } }]);
});

test('a reminder that comes twice has one receipt', async () => {
  await handlePush(payload(), deps);
  await handlePush(payload(), { ...deps, clock: () => at(61) + HOUR });
  assert.equal(shown.length, 2);
  assert.equal((await store.read()).items.length, 1);
});

test('ten minutes are offered where there are buttons, as long as they fit into the window', async () => {
  await handlePush(offered(), deps);
  await handlePush(offered(), { ...deps, clock: () => at(80) - 1 });
  await handlePush(offered(), { ...deps, clock: () => at(80) });
  await handlePush(offered(), { ...deps, hasButtons: () => false });
  await handlePush(offered(false), deps);
  await handlePush(payload(), deps);
  await rate(60);
  await handlePush(offered(), deps);
  const button = [{ action: 'snooze', title: 'In 10 minutes' }];
  assert.deepEqual(actions(), [button, button, ...Array<undefined>(5).fill(undefined)]);
});

test('a press puts the reminder off, and nothing is said unless that fails', async () => {
  const pressed = { data: { delivery: DELIVERY }, tag: DELIVERY };
  const asked: string[] = [];
  await putOff(pressed, async (delivery) => void asked.push(delivery), deps.show);
  assert.deepEqual([asked, shown], [[DELIVERY], []]);
  await putOff(pressed, () => Promise.reject(new Error('offline')), deps.show);
  assert.deepEqual(
    shown.map(({ title, options }) => [title, options.body, options.tag]),
    [['Diary', 'This could not be put off. Open the diary when you can.', DELIVERY]],
  );
});

test('the latest reminder takes the place of those before it', async () => {
  const closed: string[] = [];
  onScreen = ['old', DELIVERY, 'older'].map((tag) => ({ tag, close: () => void closed.push(tag) }));
  await handlePush(payload(), deps);
  assert.deepEqual(closed, ['old', 'older']);
  onScreen = [{ tag: '', close: () => void closed.push('itself') }];
  await handlePush(null, deps); // one that says nothing has no tag
  assert.equal(closed.length, 2);
  await handlePush(payload(), { ...deps, shown: () => Promise.reject(new Error('no list')) });
  assert.equal(shown.length, 3);
});

test('what another phone has answered meanwhile is said to be, in the same place, without a sound', async () => {
  const sync = async () => {
    await store.apply({
      state: phoneState({
        entries: [{ entry: { type: 'diary_entry', ...entry(60) }, received_at: iso(at(60)) }],
      }),
      clock: { differenceSeconds: 0, measuredAt: at(61) }, at: at(61), results: [],
    });
  };
  await handlePush(offered(), { ...deps, sync });
  assert.deepEqual(
    shown.map(({ options }) => [options.tag, options.body, options.silent]),
    [[DELIVERY, 'Time for your entry.', undefined], [DELIVERY, ANSWERED, true]],
  );
  assert.deepEqual(actions()[1], []);
});
