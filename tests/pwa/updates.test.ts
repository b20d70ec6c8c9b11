import './browser';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Updates } from '../../pwa/src/register-worker';

const MINUTES = 60_000;
let order: string[];
let tags: string[];
let now: number;
let isUnsaved: boolean;
let waiting: object | null;
let controllerChanged: () => void;
let updates: Updates;

/** A page that a worker controls while a new version waits; it notes what the page does, in order. */
async function open(): Promise<void> {
  const note = (what: string) => () => void order.push(what);
  const registration = {
    get waiting() {
      return waiting;
    },
    active: {},
    installing: null,
    addEventListener: () => {},
    sync: {
      getTags: async () => {
        order.push(`looked: ${tags}`);
        return tags.splice(0);
      },
    },
  };
  const serviceWorker = {
    controller: {},
    addEventListener: (_: string, listener: () => void) => (controllerChanged = listener),
    register: async () => registration,
  };
  Object.defineProperty(navigator, 'serviceWorker', { value: serviceWorker, configurable: true });
  Object.assign(globalThis, {
    location: { reload: note('reloaded') },
    fetch: async (address: string) => void order.push(`fetched ${address}`),
  });
  updates = new Updates(() => !isUnsaved, async () => void order.push('complete'));
  await updates.register();
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 200));

beforeEach(() => {
  const kept = new Map<string, string>();
  const sessionStorage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
  Object.assign(globalThis, { sessionStorage });
  [order, tags, now, isUnsaved] = [[], [], Date.parse('2026-03-02T10:00:00Z'), false];
  Date.now = () => now;
  waiting = { postMessage: (what: string) => void order.push(what) };
});

const QUIET = ['complete', 'looked: ', 'fetched /manifest.webmanifest'];

test('a new version is asked for once the page is complete and the old worker runs idle', async () => {
  tags = ['sync'];
  await open();
  await settled();
  assert.deepEqual(order, ['complete', 'looked: sync', ...QUIET.slice(1), 'take over']);
});

test('one that does not come is asked for again, never twice at the same time', async () => {
  await open();
  updates.takeOver();
  await settled();
  updates.takeOver();
  await settled();
  assert.deepEqual(order, [...QUIET, 'take over', ...QUIET, 'take over']);
});

test('an answer begun while the page looks for a quiet moment is not interrupted', async () => {
  await open();
  isUnsaved = true;
  await settled();
  assert.deepEqual(order, QUIET);
  isUnsaved = false;
  updates.takeOver();
  await settled();
  assert.equal(order.at(-1), 'take over');
});

test('a browser in which the looking fails asks all the same', async () => {
  await open();
  await settled();
  order.length = 0;
  Object.assign(globalThis, { fetch: () => Promise.reject(new TypeError('no network')) });
  updates.takeOver();
  await settled();
  assert.equal(order.at(-1), 'take over');
});

test('ten minutes after a reload, and not before, the next version is asked for', async () => {
  await open();
  await settled();
  isUnsaved = true;
  controllerChanged();
  assert.equal(order.at(-1), 'take over');
  isUnsaved = false;
  updates.takeOver();
  assert.equal(order.at(-1), 'reloaded');

  order = [];
  await open();
  now += 10 * MINUTES - 1;
  updates.takeOver();
  await settled();
  assert.deepEqual(order, []);
  now += 1;
  updates.takeOver();
  await settled();
  assert.equal(order.at(-1), 'take over');
});
