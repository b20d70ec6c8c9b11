import { PrecacheController, type PrecacheEntry } from 'workbox-precaching';
import { announceChanges } from '../store/changes';
import { DiaryStore } from '../store/diary-store';
import { phoneApi } from '../sync/api';
import { subscribe } from '../sync/subscription';
import { sync } from '../sync/sync';
import { handlePush, putOff } from './push';

// The build replaces this name by the list of files that the app needs offline.
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: PrecacheEntry[] };

const files = self.__WB_MANIFEST;
const precache = new PrecacheController();
precache.precache(files);

// The app's own pages and files, and nothing else: not the clinic's, not the API.
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isPage = request.mode === 'navigate';
  const file = isPage && /^\/e?$/.test(url.pathname) ? '/' : request.url;
  if (request.method !== 'GET' || !precache.getCacheKeyForURL(file)) return;
  event.respondWith(precache.createHandlerBoundToURL(file)({ event, request, url }));
});

const api = phoneApi();
const store = new DiaryStore(announceChanges());
const appVersion = /app\.(\w+)\.js/.exec(JSON.stringify(files))?.[1] ?? '';
const giveWay = new BroadcastChannel('give-way');
/** What is not sent when a new version takes over, that version sends: it waits for no answer. */
const syncNow = () =>
  Promise.race([
    sync({ store, api, clock: Date.now, appVersion }),
    new Promise<never>((_, reject) => {
      const stop = () => reject(new Error('a new version takes over'));
      giveWay.addEventListener('message', stop, { once: true });
    }),
  ]);

// The page's requests to the API need no worker. One that is to go must not be woken by them.
self.addEventListener('install', (event) => {
  interface WithRoutes {
    addRoutes?(rules: object): Promise<void>;
  }
  const routes = { condition: { urlPattern: '/api/*' }, source: 'network' };
  (event as WithRoutes).addRoutes?.(routes).catch(() => {});
});

self.addEventListener('push', (event) => {
  event.waitUntil(
    handlePush(payloadOf(event), {
      store,
      show,
      shown: () => self.registration.getNotifications(),
      hasButtons: () => 'actions' in Notification.prototype && navigator.onLine,
      // What fails now is tried again when the app opens and at the next push.
      sync: () => syncNow().catch(() => {}),
      clock: Date.now,
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    event.action === 'snooze'
      ? putOff(event.notification, api.snooze, show)
      : openDiary(event.notification.data),
  );
});

self.addEventListener('pushsubscriptionchange', (event) => {
  (event as ExtendableEvent).waitUntil(renewSubscription());
});

// Background Sync, where it exists: the browser tries again while this rejects. What was asked for
// may be sent by now, and the diary taken off this phone.
self.addEventListener('sync', (event) => {
  const work = store.read().then(({ items }) => {
    if (items.some(({ state }) => state === 'waiting')) return syncNow();
  });
  (event as ExtendableEvent).waitUntil(work);
});

// The page that brought the first version in is looked after too, not only those opened later.
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

// A new version waits until the page asks for it, on a screen where nothing can be lost.
self.addEventListener('message', (event) => {
  if (event.data !== 'take over') return;
  void self.skipWaiting();
  giveWay.postMessage(null);
});

function show(title: string, options: NotificationOptions): Promise<void> {
  return self.registration.showNotification(title, options);
}

function payloadOf(event: PushEvent): unknown {
  try {
    // WebKit may hand over the notification that it proposes instead of the data.
    return event.data ? (event.data.json() as unknown) : event;
  } catch {
    return null;
  }
}

async function openDiary(data: unknown): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find(({ url }) => /^\/e?$/.test(new URL(url).pathname));
  if (!open) return void (await self.clients.openWindow('/'));
  open.postMessage(data); // it may show another screen than what is due
  await open.focus();
}

async function renewSubscription(): Promise<void> {
  const { phone } = (await store.read()).facts;
  if (!phone) return;
  try {
    await subscribe(self.registration.pushManager, phone.vapid_public_key, api);
  } catch (error) {
    // The person has switched reminders off: the clinic sees it. Else the next opening mends it.
    if (Notification.permission === 'granted') throw error;
    await api.unsubscribe();
  }
}
