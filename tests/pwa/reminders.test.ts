import './browser';
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Reminders } from '../../pwa/src/reminders';

const KEY = 'BPv_Bw';
let asked: string[];
let held: object | null;
let failing: Error | null;
let silent: boolean;
let reminders: Reminders;

/** A browser that allows, refuses or was never asked for notifications, and holds `held`. */
function browser(permission: NotificationPermission): void {
  const subscription = {
    options: {}, toJSON: () => ({ endpoint: 'https://push.example/1' }), unsubscribe: async () => true,
  };
  const pushManager = {
    getSubscription: async () => held,
    subscribe: async () => {
      asked.push('browser subscribed');
      if (silent) await new Promise(() => {});
      return (held = subscription);
    },
  };
  held &&= subscription;
  const requestPermission = async () => permission;
  Object.assign(globalThis, { Notification: { permission, requestPermission }, PushManager: class {} });
  const serviceWorker = { value: { ready: Promise.resolve({ pushManager }) }, configurable: true };
  Object.defineProperty(navigator, 'serviceWorker', serviceWorker);
}

beforeEach(() => {
  [asked, held, failing, silent] = [[], null, null, false];
  const tell = (what: string) => async () => {
    asked.push(what);
    if (failing) throw failing;
  };
  reminders = new Reminders({ subscribe: tell('told'), unsubscribe: tell('told off') });
});

test('an allowed phone that lost its subscription makes a new one and tells the clinic', async () => {
  browser('granted');
  await reminders.check(KEY, true);
  assert.deepEqual([asked, reminders.status.value.phase], [['browser subscribed', 'told'], 'on']);
});

test('on every opening the clinic is told again where the phone is reached', async () => {
  held = {};
  browser('granted');
  await reminders.check(KEY, true);
  await reminders.check(KEY, true);
  assert.deepEqual([asked, reminders.status.value.phase], [['told', 'told'], 'on']);
});

test('without a signal, what both sides knew goes on; what the clinic lost does not', async () => {
  held = {};
  browser('granted');
  failing = new Error('offline');
  await reminders.check(KEY, true);
  assert.equal(reminders.status.value.phase, 'on');
  await reminders.check(KEY, false);
  assert.equal(reminders.status.value.phase, 'failed');
});

test('reminders switched off on the phone are switched off at the clinic, once', async () => {
  for (const [permission, phase] of [['denied', 'denied'], ['default', 'off']] as const) {
    asked = [];
    browser(permission);
    await reminders.check(KEY, true);
    await reminders.check(KEY, false);
    assert.deepEqual([asked, reminders.status.value.phase], [['told off'], phase]);
  }
  failing = new Error('offline');
  await reminders.check(KEY, true);
  assert.equal(reminders.status.value.phase, 'off', 'told at the next opening instead');
});

test('a push service that never answers leaves nobody waiting: it can be tried again', async () => {
  silent = true;
  browser('granted');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const looking = reminders.check(KEY, false);
    while (asked.length === 0) await new Promise(setImmediate);
    mock.timers.tick(20_000);
    await looking;
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual(reminders.status.value, { phase: 'failed', message: null });
  silent = false;
  await reminders.turnOn(KEY);
  assert.equal(reminders.status.value.phase, 'on');
});
