/** Starts the phone app: gives the diary what it needs of this phone, and renders it. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { runDiary } from './diary';
import { moveFrom } from './domain/browser';
import { keepFirstScreen } from './first-screen';
import { repeatTaps } from './first/taps';
import { language } from './i18n';
import { linkToken } from './link-token';
import { Updates } from './register-worker';
import { Reminders } from './reminders';
import { speaking } from './speaking';
import { DiaryContext } from './state';
import { announceChanges } from './store/changes';
import { DiaryStore } from './store/diary-store';
import { SecondCopy } from './store/second-copy';
import { fetchCatalogue, phoneApi } from './sync/api';
import { AppView } from './views/app-view';
import { isInstalled } from './views/installed';
import { replaceBy, route } from './views/route';
import { fetchSecond } from './views/second';

const TICK_MILLISECONDS = 15_000;
/** Leaves the first screen to itself. */
const SECOND_AFTER_MILLISECONDS = 2000;
const WORKER_AFTER_MILLISECONDS = 100;
/** How long the store may take before the screen says that the diary is being opened. */
const SILENT_MILLISECONDS = 300;

let unsaved = false;
const updates = new Updates(() => !unsaved, fetchSecond);
const api = phoneApi('', () => language.value);
const words = document.getElementById('words')?.textContent ?? null;
const { languages, speak } = speaking(words, navigator.languages, fetchCatalogue);
const copy = new SecondCopy(() => localStorage);
const running = runDiary(
  {
    store: new DiaryStore(announceChanges(() => void refresh())),
    copy,
    api,
    reminders: new Reminders(api),
    clock: Date.now,
    zone: () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'Etc/UTC',
    layout: () => `nrs-11 ${innerWidth}x${innerHeight}@${devicePixelRatio.toFixed(2)}`,
    appVersion: /app\.(\w+)\.js$/.exec(import.meta.url)?.[1] ?? '',
    isInstalled: isInstalled(),
    move: moveFrom(navigator.userAgent, navigator.maxTouchPoints, isInstalled()),
    languages,
    speak,
    syncInBackground,
    persist: async () => (await navigator.storage?.persist?.()) ?? null,
    answering: (isUnsaved) => {
      unsaved = isUnsaved;
      updates.takeOver();
    },
  },
  linkToken(),
);
const { diary, actions, refresh, reach, resume, tick } = running;

// What is answered, here or on another phone, is not asked for any more.
effect(() => {
  const due = diary.due.value;
  if (due && due.step !== 'rate') void closeNotifications().catch(() => {});
});

/** The first screen shows what is due; one that stands already takes taps until the app is there. */
async function show(root: HTMLElement): Promise<void> {
  const opened = refresh();
  const isShown = root.hasChildNodes();
  await speak(null);
  await (isShown ? opened : Promise.race([opened, pause(SILENT_MILLISECONDS)]));
  render(
    <DiaryContext.Provider value={{ diary, actions }}>
      <AppView />
    </DiaryContext.Provider>,
    root,
  );
  await repeatTaps(root);
  keepFirstScreen(root, running);
  await pause(WORKER_AFTER_MILLISECONDS);
  updates.register().catch(() => {}); // a private window may refuse: then the diary needs a network
  await opened;
  // A page that the phone had thrown away comes back where it was left.
  if (asked() && route.value.name === 'saved') goHome();
  await reach();
}

const wake = (seen?: () => void): void => {
  void resume(seen);
  void fetchSecond(); // if it could not be had before
  updates.resume();
};

/** Which assessment is asked for; null while none is. */
const asked = (): string | null => {
  const due = diary.due.value;
  return due?.step === 'rate' ? due.assessment.id : null;
};
let askedWhenLeft: string | null = null;

/** Home shows what is due. An answer that is not saved stays on its screen. */
const goHome = (): void => {
  if (!unsaved) replaceBy('');
};

// Who comes back an hour later is asked what is due now, on whatever screen the app was left.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') {
    wake(() => {
      if (asked() && asked() !== askedWhenLeft) goHome();
    });
  } else {
    askedWhenLeft = asked();
  }
});
// Where a browser tells which notification was tapped; nothing depends on it.
navigator.serviceWorker?.addEventListener('message', ({ data }) => {
  if (!isTrial(data)) goHome();
});
addEventListener('pageshow', (event) => {
  if (event.persisted) wake();
});
addEventListener('online', () => wake());
setInterval(() => {
  tick();
  updates.takeOver();
}, TICK_MILLISECONDS);
setTimeout(() => void fetchSecond(), SECOND_AFTER_MILLISECONDS);
const root = document.getElementById('app');
if (root) void show(root);

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function closeNotifications(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const one of (await registration?.getNotifications()) ?? []) {
    if (!isTrial(one.data)) one.close();
  }
}

/** What was shown on trial is about no entry: the screen that asked for it waits for its tap. */
function isTrial(data: unknown): boolean {
  return Boolean((data as { trial?: boolean } | null)?.trial);
}

/** Chromium alone can; elsewhere the next opening, push or network sends what waits. */
function syncInBackground(): void {
  interface WithSync {
    sync?: { register(tag: string): Promise<void> };
  }
  navigator.serviceWorker?.ready
    .then((registration) => (registration as WithSync).sync?.register('sync'))
    .catch(() => {});
}
