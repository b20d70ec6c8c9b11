/** Shows one screen in one of its cases: the page of `?screen/case`. Bundled for the tests alone. */
import { computed, signal } from '@preact/signals';
import { render } from 'preact';
import { due } from '../../../pwa/src/domain/due';
import { replacedIds } from '../../../pwa/src/domain/corrections';
import {
  DiaryContext,
  type Actions,
  type Diary,
  type KeptEntry,
  type Rating,
} from '../../../pwa/src/state';
import { catalogue } from '../../../pwa/src/i18n';
import { AppView } from '../../../pwa/src/views/app-view';
import { screens } from '../../../pwa/src/views/screens';
import { fetchSecond, secondScript } from '../../../pwa/src/views/second';
import { at, block, entry, iso } from '../builders';
import { cases, type Case } from './cases';

const [screen = '', name = ''] = decodeURIComponent(location.search.slice(1)).split('/');
const shown = (cases as Record<string, Record<string, Case>>)[screen]?.[name] ?? {};

const tell = (name: 'userAgent' | 'onLine' | 'maxTouchPoints' | 'clipboard', value: unknown) =>
  Object.defineProperty(navigator, name, { value });
if (shown.apple) tell('userAgent', 'iPhone');
if (shown.agent) tell('userAgent', shown.agent);
tell('maxTouchPoints', 5);
const copy = () => (shown.failing ? Promise.reject(new Error(shown.failing)) : Promise.resolve());
tell('clipboard', { writeText: copy });
if (shown.offline) tell('onLine', false);

const enrolment = signal(
  shown.linked === false
    ? null
    : {
        clinicName: 'Riverside Pain Clinic',
        clinicTelephone: '555-0100',
        checkWord: 'HARBOUR',
        clinic: { name: 'Riverside Pain Clinic', telephone: '555-0100', ...shown.clinic },
      },
);
const entries = signal<KeptEntry[]>(shown.entries ?? []);
const theBlock = signal(shown.block === undefined ? block() : shown.block);
const now = signal(at(shown.minute ?? 0));

const diary: Diary = {
  ready: signal(!shown.opening),
  storeFailure: signal(shown.storeFailure ?? null),
  copies: signal(shown.copies ?? 0),
  mayBeCleared: signal(shown.mayBeCleared ?? false),
  enrolment,
  recovering: signal(false),
  move: signal(shown.move ?? null),
  block: theBlock,
  entries,
  due: computed(
    () => theBlock.value && due(theBlock.value, entries.value.map((one) => one.entry), now.value),
  ),
  sync: signal({
    phase: 'idle',
    unsent: 0,
    unsentSince: null,
    lastSentAt: entries.value[0]?.receivedAt ?? null,
    ...shown.sync,
  }),
  reminders: signal(shown.reminders ?? { phase: 'on', message: null }),
  quietHours: signal(['21:30', '07:30']),
  newZone: signal(shown.newZone ?? null),
  now,
  languages: signal([
    { code: 'en', name: 'English' },
    { code: 'es', name: 'Español' },
    { code: 'fr', name: 'Français' },
    { code: 'de', name: 'Deutsch' },
    { code: 'ar', name: 'العربية' },
  ]),
  linkToken: signal(shown.linkToken ?? null),
  wholeDiary: computed(() =>
    theBlock.value && entries.value.length > 0
      ? [{ block: theBlock.value, entries: entries.value }]
      : [],
  ),
  onlyHere: signal(shown.sync?.unsent ?? 0),
  correction: signal(0),
  clockOffMinutes: signal(shown.clockOffMinutes ?? null),
};

/** What the screens asked for, in order, for the tests to read. */
const asked: unknown[][] = [];

async function ask(...what: unknown[]): Promise<void> {
  asked.push(what);
  if (shown.failing) throw new Error(shown.failing);
}

function asEntry(rating: Rating): KeptEntry['entry'] {
  return entry(0, {
    kind: rating.kind,
    scores: rating.scores,
    felt_at: iso(rating.feltAt ?? rating.tappedAt),
    recorded_at: iso(rating.tappedAt),
    activities: rating.activities,
    rescue_at: rating.rescueAt === null ? null : iso(rating.rescueAt),
    note: rating.note,
    answered_by: rating.answeredBy,
    unable_reason: rating.unableReason,
    replaces: rating.replaces,
    stated_percent: rating.statedPercent,
    after_effects: rating.afterEffects,
  });
}

function keep(one: KeptEntry['entry']): KeptEntry {
  const made = { entry: one, state: 'saved', receivedAt: null, message: null, replaced: false } as const;
  const replaced = replacedIds([one, ...entries.value.map((kept) => kept.entry)]);
  entries.value = [made, ...entries.value].map((kept) => ({
    ...kept,
    replaced: replaced.has(kept.entry.id),
  }));
  return made;
}

const actions: Actions = {
  async enrol(how) {
    asked.push(['enrol', how]);
    return shown.failing ? { code: 'code_used', message: shown.failing } : null;
  },
  async save(rating) {
    await ask('save', rating);
    return keep(asEntry(rating));
  },
  async withdraw(id) {
    await ask('withdraw', id);
    keep(entry(0, { scores: {}, replaces: id }));
  },
  injectionDone: (performedAt) => ask('injectionDone', performedAt),
  remindersOn: () => ask('remindersOn'),
  async tryReminder() {
    asked.push(['tryReminder']);
    return shown.failing ? { code: 'offline', message: shown.failing } : null;
  },
  setQuietHours: (start, end) => ask('setQuietHours', start, end),
  followZone: (yes) => ask('followZone', yes),
  async leave(alsoUnsent) {
    asked.push(['leave', alsoUnsent]);
    return shown.failing ? { code: 'offline', message: shown.failing } : null;
  },
  chooseLanguage: (code) => ask('chooseLanguage', code),
  stayHere: () => ask('stayHere'),
  syncNow: () => ask('syncNow'),
  answering: (unsaved) => void asked.push(['answering', unsaved]),
};

Object.assign(window, {
  gallery: {
    screens: Object.keys(screens),
    cases,
    asked,
    diary,
    speak: (words: typeof catalogue.value) => void (catalogue.value = words),
  },
});
location.hash = shown.address === undefined ? '' : `#/${shown.address}`;
addEventListener('hashchange', () => void start(), { once: true });
if (shown.address === undefined) void start();

async function start(): Promise<void> {
  if (shown.secondMissing) secondScript.value = 'missing';
  else await fetchSecond();
  const root = document.getElementById('app');
  if (!root) throw new Error('no #app');
  render(
    <DiaryContext.Provider value={{ diary, actions }}>
      <AppView />
    </DiaryContext.Provider>,
    root,
  );
}
