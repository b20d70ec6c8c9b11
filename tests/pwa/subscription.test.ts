import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSubscribed, subscribe } from '../../pwa/src/sync/subscription';

/** A browser's push manager, as far as it matters: it holds one subscription, made with a key. */
class Manager {
  held: ReturnType<Manager['make']> | null = null;
  asked: unknown[] = [];

  constructor(key: Uint8Array | null | undefined) {
    if (key !== undefined) this.held = this.make(key);
  }

  make(key: Uint8Array | null) {
    return {
      options: { applicationServerKey: key && key.slice().buffer },
      toJSON: () => ({ endpoint: `https://push.example/${key?.join('-')}` }),
      unsubscribe: async () => {
        this.held = null;
        return true;
      },
    };
  }

  getSubscription = async () => this.held;
  subscribe = async (options: { applicationServerKey: Uint8Array }) => {
    this.asked.push(options);
    return (this.held = this.make(options.applicationServerKey));
  };
  asManager = () => this as unknown as PushManager;
}

const KEY = Uint8Array.from([4, 251, 255, 7]);
const TEXT = 'BPv_Bw'; // KEY in base64url, unpadded, with a letter that base64 writes otherwise
const OTHER = Uint8Array.from([4, 251, 255, 8]);
const told: unknown[] = [];
const api = { subscribe: async (subscription: unknown) => void told.push(subscription) };

test('a phone is subscribed only with the key of its server', async () => {
  const subscribed = (key?: Uint8Array | null) => isSubscribed(new Manager(key).asManager(), TEXT);
  assert.deepEqual(
    await Promise.all([subscribed(), subscribed(KEY), subscribed(OTHER), subscribed(KEY.slice(1))]),
    [false, true, false, false],
  );
  assert.equal(await subscribed(null), true, 'a browser that does not tell the key is believed');
});

test('a new subscription is made visible only, with the key, and told to the server', async () => {
  told.length = 0;
  const manager = new Manager(undefined);
  await subscribe(manager.asManager(), TEXT, api);
  assert.deepEqual(manager.asked, [{ userVisibleOnly: true, applicationServerKey: KEY }]);
  assert.deepEqual(told, [{ endpoint: 'https://push.example/4-251-255-7' }]);
});

test('one that is there is told again, not made again; one with another key is replaced', async () => {
  told.length = 0;
  const same = new Manager(KEY);
  await subscribe(same.asManager(), TEXT, api);
  assert.deepEqual([same.asked.length, told.length], [0, 1]);
  const other = new Manager(OTHER);
  await subscribe(other.asManager(), TEXT, api);
  assert.deepEqual([other.asked.length, told.at(-1)], [1, { endpoint: 'https://push.example/4-251-255-7' }]);
});
