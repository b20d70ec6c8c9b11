/**
 * Each screen in the states worth looking at: empty, filled, in error. A screen without a case does
 * not compile. What is due is computed by the app's own rule.
 */
import type { Block } from '../../../pwa/src/domain/block';
import type { Move } from '../../../pwa/src/domain/browser';
import type { KeptEntry, ReminderStatus, SyncStatus } from '../../../pwa/src/state';
import type { Clinic } from '../../../pwa/src/wire';
import type { ScreenName } from '../../../pwa/src/views/screens';
import { at, block, entry, iso, uuid } from '../builders';

export interface Case {
  /** The part of the address after "#/"; '' is home. */
  address?: string;
  /** Minutes after the block. */
  minute?: number;
  block?: Block | null;
  entries?: KeptEntry[];
  linked?: boolean;
  opening?: boolean;
  /** The second script could not be had. */
  secondMissing?: boolean;
  storeFailure?: string;
  /** Entries in the second place. */
  copies?: number;
  /** The browser promised to keep nothing. */
  mayBeCleared?: boolean;
  sync?: Partial<SyncStatus>;
  reminders?: ReminderStatus;
  newZone?: string;
  linkToken?: string;
  clockOffMinutes?: number;
  /** On an iPhone. */
  apple?: boolean;
  /** What the browser names itself, if it matters. */
  agent?: string;
  move?: Move;
  /** What the clinic tells about itself, beyond its telephone. */
  clinic?: Partial<Clinic>;
  /** The browser knows that there is no network. */
  offline?: boolean;
  /** What every action that can fail says. */
  failing?: string;
  /** What a person presses first, as Playwright selectors. */
  press?: string[];
  /** What a person types next, by selector. */
  type?: Record<string, string>;
  /** What a person presses after that. */
  then?: string[];
}

const kept = (one: KeptEntry['entry'], changes: Partial<KeptEntry> = {}): KeptEntry => ({
  entry: one,
  state: 'sent',
  receivedAt: one.recorded_at,
  message: null,
  replaced: false,
  ...changes,
});

const waitingOn = (one: KeptEntry['entry'], changes: Partial<KeptEntry> = {}): KeptEntry =>
  kept(one, { state: 'saved', receivedAt: null, ...changes });

const one = { sites: ['main'] };
const two = { sites: ['left', 'right'] };
const four = { sites: ['left', 'right', 'Neck and headache', 'Shoulder'] };
const ownWords = {
  en: {
    instructions: 'Keep the skin dry for a day.\nBring this phone to your next visit.',
    cautions: 'Have a friend with you for six hours. Do not drive, cycle or climb for a day.',
  },
  fr: { instructions: '', cautions: 'Ne conduisez pas avant demain.' },
};
const notDone = { performed_at: null, performed_at_source: null };
const hours = [15, 30].map((minutes) => ({ id: `${minutes}min`, after_minutes: minutes }));
const whole = [
  ...hours,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 12].map((hour) => ({ id: `${hour}h`, after_minutes: hour * 60 })),
  ...[1, 2, 3].map((day) => ({ id: `day${day}`, day, at: '09:00' })),
];
const standard = { ...one, assessments: whole };

const baseline = kept(entry(-40, { kind: 'baseline', scores: { main: 7 } }));
const bothBaselines = kept(entry(-40, { kind: 'baseline', scores: { left: 7, right: 5 } }));
const wrong = entry(61, { scores: { main: 8 } });
const taken = entry(31, { scores: { main: 3 } });
const plain = kept(entry(60, { scores: { main: 1 } }));
const savedHere = waitingOn(entry(120, { scores: { main: 2 } }));
const long = entry(62, {
  scores: { main: 1 },
  activities: ['walking', 'chores'],
  rescue_at: iso(at(20)),
  note: 'Walked to the shop and back, then carried the bags up the stairs.',
  stated_percent: 80,
  after_effects: ['soreness', 'infection'],
  answered_by: 'helper',
});
const rejected = waitingOn(entry(125, { scores: { main: 4 } }), {
  state: 'rejected',
  message: 'Your clinic changed the pain sites of this injection. Call your clinic: 555-0100.',
});
const conflict = kept(entry(130, { scores: { main: 5 } }), { state: 'conflict' });
const asleep = kept(
  entry(181, { kind: 'unable', scores: {}, unable_reason: 'asleep', answered_by: 'helper' }),
);
const all: KeptEntry[] = [
  asleep,
  conflict,
  rejected,
  savedHere,
  kept(long),
  kept({ ...long, id: uuid(), note: null, replaces: wrong.id }),
  kept(wrong, { replaced: true }),
  kept(entry(33, { scores: {}, replaces: taken.id })),
  kept(taken, { replaced: true }),
  kept(entry(75, { felt_at: iso(at(15)), scores: { main: 2 } })),
  baseline,
];
const scored = (minutes: number, score: number) => kept(entry(minutes, { scores: { main: score } }));
const morning = [
  scored(301, 3),
  kept(entry(250, { felt_at: iso(at(180)), scores: { main: 2 } })),
  kept(entry(122, { scores: { main: 1 }, rescue_at: iso(at(150)) })),
  scored(62, 1), scored(31, 2), scored(16, 4), baseline,
];
const week = [
  ...[71, 47, 23].map((hour, place) => scored(hour * 60, 6 - place)),
  ...[481, 422, 361].map((minutes, place) => scored(minutes, 5 - place)),
  ...morning,
];
const unsent = (count: number): Partial<SyncStatus> => ({
  unsent: count,
  unsentSince: iso(at(62)),
  lastSentAt: iso(at(33)),
});
const refusal = 'The phone’s storage is full. Free some space, then try again.';
const off: ReminderStatus = { phase: 'off', message: null };

export const cases = {
  opening: { empty: { opening: true } },
  'not-here': { error: { address: 'help', secondMissing: true } },
  'store-failure': {
    error: { storeFailure: 'The browser does not let the diary store anything.' },
    copies: { storeFailure: 'The browser does not let the diary store anything.', copies: 2 },
  },
  welcome: { empty: { linked: false, block: null } },
  enrol: {
    empty: { linked: false, block: null, address: 'enrol', press: ['text=I have read this'] },
    link: { linked: false, block: null, linkToken: 'token', press: ['text=I have read this'] },
    error: {
      linked: false,
      block: null,
      failing: 'This code has been used. Ask your clinic for a new one: 555-0100.',
      press: ['text=I have read this'],
      type: { '.code': 'abcd-2345' },
      then: ['text=Link this phone'],
    },
    'too short': {
      linked: false,
      block: null,
      press: ['text=I have read this'],
      type: { '.code': 'abcd-23' },
      then: ['text=Link this phone'],
    },
  },
  linked: { filled: { address: 'linked' } },
  leave: {
    empty: { linked: false, block: null, move: 'leave', agent: 'Linux; Android 14; wv) Instagram 336' },
    filled: { linked: false, block: null, move: 'leave', agent: 'iPhone Mobile/15E148', linkToken: 'token' },
    error: {
      linked: false,
      block: null,
      move: 'leave',
      agent: 'iPhone GSA/289',
      failing: 'Not allowed.',
      press: ['button:text-is("Copy the link")'],
    },
  },
  install: {
    filled: { address: 'install', agent: 'Android Chrome/126' },
    Samsung: { address: 'install', agent: 'Android SamsungBrowser/27' },
    Firefox: { address: 'install', agent: 'Android Firefox/127' },
    iPhone: { agent: 'iPhone Version/17.2 Safari/604', move: 'install' },
    'iPhone first': { linked: false, block: null, agent: 'iPhone Version/16.4 Safari/604', move: 'install-first' },
    staying: { agent: 'iPhone Version/17.2 Safari/604', move: 'install', press: ['text=I cannot do this'] },
  },
  reminders: {
    empty: { address: 'reminders', reminders: off },
    filled: { address: 'reminders', reminders: { phase: 'on', message: null } },
    'not saved': {
      address: 'reminders',
      reminders: { phase: 'on', message: null },
      failing: refusal,
      type: { '[type=time]': '20:15' },
      then: ['text=Done'],
    },
    asking: { address: 'reminders', reminders: { phase: 'asking', message: null } },
    denied: { address: 'reminders', reminders: { phase: 'denied', message: null } },
    unsupported: { address: 'reminders', reminders: { phase: 'unsupported', message: null } },
    error: {
      address: 'reminders',
      reminders: { phase: 'failed', message: 'There is no internet. Try again later.' },
    },
  },
  'no-block': {
    empty: { block: null },
    cancelled: { block: block({ ...one, ...notDone, cancelled: true }) },
  },
  baseline: {
    empty: { block: block({ ...one, ...notDone }), minute: -41 },
    filled: {
      block: block({ ...two, ...notDone }),
      minute: -41,
      press: ['[name=score-0][value="7"]', '[name=score-1][value="5"]', 'text=I took extra'],
      type: { '[type=time]': '08:10' },
    },
    error: {
      block: block({ ...two, ...notDone }),
      minute: -41,
      press: ['[name=score-0][value="7"]', 'text=I took extra', 'button:text-is("Save")'],
    },
  },
  waiting: {
    filled: { block: block({ ...one, ...notDone }), minute: -20, entries: [baseline] },
    'own words': { block: block({ ...one, ...notDone, texts: ownWords }), minute: -20, entries: [baseline] },
    'reminders off': {
      block: block({ ...two, ...notDone }),
      minute: -20,
      entries: [{ ...bothBaselines, state: 'saved', receivedAt: null }],
      reminders: off,
      sync: { phase: 'offline', unsent: 1, unsentSince: iso(at(-40)) },
    },
  },
  'injection-done': {
    empty: { address: 'injection-done', block: block({ ...one, ...notDone }), entries: [baseline], minute: 5 },
    filled: {
      address: 'injection-done',
      block: block({ ...one, ...notDone }),
      entries: [baseline],
      minute: 5,
      press: ['text=At another time'],
      type: { '[type=time]': '09:55' },
    },
    error: {
      address: 'injection-done',
      block: block({ ...one, ...notDone }),
      entries: [baseline],
      minute: 5,
      press: ['text=Confirm'],
    },
  },
  now: {
    empty: { block: block(one), minute: 22 },
    filled: { block: block(standard), minute: 82, entries: [kept(long), baseline] },
    missed: {
      block: block(standard),
      minute: 98,
      entries: [baseline],
      reminders: off,
      sync: { phase: 'offline', ...unsent(1) },
    },
    error: {
      block: block(standard),
      minute: 150,
      entries: [savedHere, plain, baseline],
      sync: { phase: 'failed', ...unsent(2) },
      clockOffMinutes: 12,
    },
    'two sites': {
      block: block({ ...two, assessments: whole }), minute: 82,
      entries: [kept(entry(61, { scores: { left: 2, right: 5 } })), bothBaselines],
    },
    'another zone': {
      block: block(standard),
      minute: 150,
      entries: [plain, baseline],
      newZone: 'America/New_York',
    },
    'not linked': {
      block: block(standard),
      minute: 150,
      entries: [savedHere, plain, baseline],
      sync: { phase: 'not_enrolled', ...unsent(2) },
    },
    tomorrow: { block: block(standard), minute: 13 * 60, entries: [kept(entry(12 * 60, { scores: { main: 4 } }))] },
  },
  rate: {
    empty: { block: block(standard), minute: 60, entries: [baseline] },
    filled: {
      block: block(standard),
      minute: 60,
      entries: [baseline],
      press: ['[value="4"]', 'summary', 'label:has-text("Walking")', 'label:has-text("Chores")', 'text=beyond my regular'],
      type: { '[type=time]': '10:20', textarea: 'Went up the stairs.' },
    },
    chosen: { block: block(standard), minute: 60, entries: [baseline], press: ['[value="10"]'] },
    'two sites': { block: block({ ...two }), minute: 60, press: ['[name=score-0][value="3"]'] },
    'four sites': { block: block({ ...four }), minute: 60 },
    error: {
      block: block(standard),
      minute: 60,
      failing: refusal,
      press: ['[value="4"]', 'button:text-is("Save")'],
    },
    daily: { block: block(standard), minute: 23 * 60, press: ['label:has-text("Bleeding")'] },
    'no score': { block: block(standard), minute: 60, press: ['button:text-is("Save")'] },
  },
  memory: { filled: { address: 'memory/1h', block: block(standard), minute: 100 } },
  unable: {
    filled: { address: 'unable', block: block(standard), minute: 60 },
    error: {
      address: 'unable',
      block: block(standard),
      minute: 60,
      failing: refusal,
      press: ['text=The patient is asleep'],
    },
  },
  saved: {
    filled: { address: `saved/${savedHere.entry.id}`, block: block(standard), minute: 140, entries: [savedHere] },
    sent: { address: `saved/${long.id}`, block: block(standard), minute: 82, entries: [kept(long)] },
    error: { address: `saved/${rejected.entry.id}`, block: block(standard), minute: 140, entries: [rejected] },
  },
  entries: {
    empty: { address: 'entries', block: block(standard), minute: 5 },
    'two sites': { address: 'entries', block: block(two), minute: 10, entries: [bothBaselines] },
    filled: { address: 'entries', block: block(standard), minute: 200, entries: all },
    error: {
      address: 'entries',
      block: block(standard),
      minute: 200,
      entries: [rejected, conflict, savedHere],
      sync: { phase: 'failed', ...unsent(2) },
    },
  },
  entry: {
    filled: { address: `entry/${long.id}`, block: block(standard), minute: 200, entries: all },
    asking: { address: `entry/${long.id}`, block: block(standard), minute: 200, entries: all, press: ['text=Take it back'] },
    'two sites': { address: `entry/${bothBaselines.entry.id}`, block: block(two), minute: 10, entries: [bothBaselines] },
    replaced: { address: `entry/${taken.id}`, block: block(standard), minute: 200, entries: all },
    error: { address: `entry/${rejected.entry.id}`, block: block(standard), minute: 200, entries: all },
  },
  picture: {
    empty: { address: 'picture', block: block(standard), minute: 5, entries: [baseline] },
    filled: {
      address: 'picture', block: block(standard), minute: 340, entries: morning,
      sync: { phase: 'offline', ...unsent(2) },
    },
    'two sites': {
      address: 'picture', block: block({ ...two, assessments: whole }), minute: 100,
      entries: [kept(entry(61, { scores: { left: 2, right: 5 } })), kept(entry(31, { scores: { left: 4, right: 5 } })), bothBaselines],
    },
    complete: { address: 'picture', block: block(standard), minute: 5000, entries: week },
  },
  'your-data': {
    'two sites': {
      address: 'your-data', block: block({ ...two, assessments: whole }), minute: 100,
      entries: [kept({ ...long, scores: { left: 2, right: 5 } }), bothBaselines],
    },
    empty: { address: 'your-data', block: block(standard), minute: 5 },
    filled: { address: 'your-data', block: block(standard), minute: 5000, entries: week },
    unsent: {
      address: 'your-data', block: block(standard), minute: 340, entries: all,
      sync: { phase: 'offline', ...unsent(2) },
    },
    error: {
      address: 'your-data', block: block(standard), minute: 5000, entries: week,
      failing: 'There is no internet right now. Try again when you have a signal.',
      press: ['text=Delete from this phone >> nth=-1', 'text=Yes, delete'],
    },
  },
  alarms: {
    empty: { address: 'alarms', block: block({ ...one, ...notDone }), minute: -20, entries: [baseline] },
    filled: { address: 'alarms', block: block(standard), minute: 100 },
    iPhone: { address: 'alarms', block: block(standard), minute: 100, apple: true },
    offline: { address: 'alarms', block: block(standard), minute: 100, apple: true, offline: true },
  },
  correct: { filled: { address: `correct/${long.id}`, block: block(standard), minute: 80, entries: all } },
  complete: {
    filled: { block: block(standard), minute: 5000, entries: all, sync: { lastSentAt: iso(at(4990)) } },
    error: { block: block(standard), minute: 5000, entries: all, sync: { phase: 'offline', ...unsent(1) } },
  },
  help: {
    filled: {
      address: 'help',
      block: block(standard),
      clinic: {
        out_of_hours_telephone: '555-0199',
        emergency_number: '911',
        texts: Object.fromEntries(
          ['en', 'es', 'fr', 'de', 'ar'].map((language) => [
            language,
            {
              opening_hours: { text: 'Weekdays 08:00 to 17:00', language: 'en' },
              advice: { text: 'Do not drive home. Let a friend take you.\n\nTake off the plaster tonight.', language: 'en' },
            },
          ]),
        ),
      },
    },
    plain: { address: 'help', block: block(standard) },
    empty: { address: 'help', linked: false, block: null },
  },
  learn: {
    empty: { address: 'learn', linked: false, block: null },
    joints: { address: 'learn/joints' },
    injection: { address: 'learn/injection' },
    today: { address: 'learn/today' },
    diary: { address: 'learn/diary' },
    risks: { address: 'learn/risks' },
  },
  about: { filled: { address: 'about' } },
  language: { filled: { address: 'language' } },
} satisfies Record<ScreenName, Record<string, Case>>;
