import './browser';
import { replace, restore, throwing } from './faults';
import { memoryStorage } from './memory-storage';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { signal, type Signal } from '@preact/signals';
import { runDiary, type RunningDiary } from '../../pwa/src/diary';
import type { Phone } from '../../pwa/src/phone';
import { Reminders } from '../../pwa/src/reminders';
import type { DiaryEntryItem } from '../../pwa/src/wire';
import type { Rating } from '../../pwa/src/state';
import { StoreFailure } from '../../pwa/src/store/database';
import { DiaryStore } from '../../pwa/src/store/diary-store';
import { SecondCopy, type Shelf } from '../../pwa/src/store/second-copy';
import { phoneApi } from '../../pwa/src/sync/api';
import { ClinicServer } from './clinic-server';
import { HOUR, MINUTE, T0, at, entry, iso, phoneState, planned, uuid } from './builders';

let server: ClinicServer;
let now: number;
let name: string;
let link: Signal<string | null>;
let running: RunningDiary;
let opened: { store: DiaryStore; app: RunningDiary }[];
let phone: Phone;
let spoken: (string | null)[];
let storage: Shelf;

function open(): RunningDiary {
  const store = new DiaryStore(() => {}, name, { timeoutMilliseconds: 1000, tries: 2 });
  phone = { ...phone, store };
  running = runDiary(phone, link);
  opened.push({ store, app: running });
  return running;
}

beforeEach(async () => {
  server = new ClinicServer();
  server.state = phoneState({ blocks: [planned({ performed_at: null, performed_at_source: null })] });
  const api = phoneApi(await server.start());
  now = at(-30);
  name = `diary-${uuid()}`;
  link = signal<string | null>('TOKEN');
  opened = [];
  spoken = [];
  storage = memoryStorage();
  phone = {
    store: null as never,
    copy: new SecondCopy(() => storage),
    api,
    reminders: new Reminders(api),
    clock: () => now,
    zone: () => 'Europe/Berlin',
    layout: () => 'nrs-11 360x640@2',
    appVersion: 'test',
    isInstalled: false,
    move: null,
    languages: [],
    speak: async (language) => void spoken.push(language),
    syncInBackground: () => {},
    persist: async () => true,
    answering: () => {},
  };
  open();
});
afterEach(async () => {
  restore();
  // A failed sync tries again for ever, by the real clock; one that is refused does not.
  server.fault = () => 'not enrolled';
  for (const { store, app } of opened) {
    await app.actions.syncNow();
    store.close();
  }
  await server.stop();
});

const rating = (changes: Partial<Rating> = {}): Rating => ({
  kind: 'rating', scores: { left: 4 }, tappedAt: now, feltAt: null, activities: [], rescueAt: null,
  note: null, statedPercent: null, answeredBy: 'patient', unableReason: null, replaces: null,
  afterEffects: [],
  ...changes,
});
const offline = () => (server.fault = () => 'lost request');
const online = () => (server.fault = () => null);
async function enrolled(): Promise<RunningDiary> {
  await running.resume();
  assert.equal(await running.actions.enrol({ token: link.value! }), null);
  await running.actions.syncNow();
  return running;
}

test('a phone without a diary is ready, asks nobody, and redeems nothing by itself', async () => {
  const { diary, resume } = running;
  assert.equal(diary.ready.value, false);
  await resume();
  assert.deepEqual([diary.ready.value, diary.enrolment.value, diary.due.value], [true, null, null]);
  assert.deepEqual([server.requests.length, server.other.length], [0, 0]);
});

test('an installed app whose store is empty asks the clinic for its diary', async () => {
  phone = { ...phone, isInstalled: true };
  await open().resume();
  assert.equal(running.diary.enrolment.value?.checkWord, 'harbour');
});

test('an installed app shows no welcome before the clinic has answered, and asks to keep what came', async () => {
  phone = { ...phone, isInstalled: true };
  const { diary, resume } = open();
  assert.equal(diary.recovering.value, true);
  await resume();
  assert.deepEqual([diary.recovering.value, diary.enrolment.value !== null], [false, true]);
  assert.equal((await phone.store.read()).facts.persisted, true);
});

test('an installed app that the clinic does not know asks for a code', async () => {
  phone = { ...phone, isInstalled: true };
  server.fault = () => 'not enrolled';
  const { diary, resume } = open();
  await resume();
  assert.deepEqual([diary.recovering.value, diary.enrolment.value], [false, null]);
});

test('nothing is recorded on an iPhone before the diary is moved, unless the patient stays; that is kept', async () => {
  phone = { ...phone, move: 'install' };
  open();
  await enrolled();
  assert.equal(running.diary.move.value, 'install');
  await running.actions.stayHere();
  assert.equal(running.diary.move.value, null);
  const { diary, refresh } = open();
  await refresh();
  assert.equal(diary.move.value, null);
});

test('an enrolment shows clinic and check word, forgets the token and asks to keep the store', async () => {
  const { diary } = await enrolled();
  assert.deepEqual(diary.enrolment.value, {
    clinicName: 'Test Clinic', clinicTelephone: '555-0100', checkWord: 'harbour',
    clinic: { name: 'Test Clinic', telephone: '555-0100' },
  });
  assert.equal(link.value, null);
  assert.equal(diary.due.value?.step, 'baseline');
  await running.actions.syncNow();
  assert.equal((await phone.store.read()).facts.persisted, true);
});

test('a refused code says why and keeps the link', async () => {
  await running.resume();
  const failure = await running.actions.enrol({ code: 'WRONG' });
  assert.deepEqual(failure, { code: 'code_unknown', message: 'Check it.' });
  offline();
  const unreachable = await running.actions.enrol({ token: 'TOKEN' });
  assert.equal(unreachable?.code, 'offline');
  assert.match(unreachable!.message, /internet/);
  assert.equal(link.value, 'TOKEN');
});

test('a day without network: baseline, injection, ratings; a cold start; all sent once it is back', async () => {
  await enrolled();
  offline();
  await running.actions.save(rating({ kind: 'baseline', scores: { left: 7 } }));
  assert.equal(running.diary.due.value?.step, 'waiting');
  now = at(1);
  await running.actions.injectionDone(T0);
  assert.equal(running.diary.block.value?.performedAtSource, 'waiting');
  assert.equal(running.diary.block.value?.performedAt, iso(T0));
  now = at(60);
  running.tick();
  assert.equal(running.diary.due.value?.step, 'rate');
  const kept = await running.actions.save(rating());
  assert.deepEqual([kept.state, kept.receivedAt, kept.replaced], ['saved', null, false]);
  assert.equal(running.diary.due.value?.step, 'later');

  await open().resume(); // the app was killed and opened again, still without network
  assert.deepEqual(running.diary.entries.value.map(({ entry, state }) => [entry.id, state])[0], [kept.entry.id, 'saved']);
  assert.equal(running.diary.sync.value.unsent, 3);
  assert.equal(running.diary.sync.value.unsentSince, iso(at(-30)));
  assert.equal(running.diary.sync.value.phase, 'offline');

  online();
  server.state = phoneState();
  await running.resume();
  assert.deepEqual(running.diary.entries.value.map(({ state }) => state), ['sent', 'sent']);
  assert.deepEqual([running.diary.sync.value.unsent, running.diary.sync.value.phase], [0, 'idle']);
  assert.equal(running.diary.block.value?.performedAtSource, 'clinic');
  assert.deepEqual(server.items().map(({ type }) => type), ['diary_entry', 'injection_done', 'diary_entry']);
});

test('an entry carries the stamps of its phone', async () => {
  server.aheadMilliseconds = T0 - Date.now(); // as if the phone's clock were right at -30 min ...
  await enrolled();
  const { clock } = (await phone.store.read()).facts;
  const { entry } = await running.actions.save(rating({ tappedAt: at(-31), feltAt: at(-90), rescueAt: at(-200) }));
  assert.deepEqual(entry, {
    id: entry.id, block_id: 'block-1', kind: 'rating', felt_at: iso(at(-90)), recorded_at: iso(at(-31)),
    utc_offset_minutes: -new Date(at(-31)).getTimezoneOffset(), zone: 'Europe/Berlin',
    clock_difference_seconds: clock!.differenceSeconds, clock_measured_at: iso(clock!.measuredAt),
    scores: { left: 4 }, activities: [], rescue_at: iso(at(-200)), note: null, stated_percent: null,
    answered_by: 'patient', unable_reason: null, replaces: null, after_effects: [], layout: 'nrs-11 360x640@2',
  });
  assert.match(entry.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a save that fails says so in words, keeps nothing; handed over again it is one entry', async () => {
  await enrolled();
  const mine = rating();
  replace(IDBObjectStore, 'put', () => () => {
    throw new DOMException('', 'QuotaExceededError');
  });
  await assert.rejects(running.actions.save(mine), /no room left/);
  restore();
  assert.deepEqual(running.diary.entries.value, []);
  const first = await running.actions.save(mine);
  const second = await running.actions.save({ ...mine });
  assert.equal(second.entry.id, first.entry.id);
  assert.equal(running.diary.entries.value.length, 1);
  const other = await running.actions.save(rating({ tappedAt: now + 1 }));
  assert.notEqual(other.entry.id, first.entry.id);
});

test('a save that got to the disk without a word is found there, and is one entry', async () => {
  await enrolled();
  const mine = rating();
  let silent = 0;
  replace(IDBObjectStore, 'put', (original) => function (this: never, ...given: never[]) {
    silent += 1;
    original.apply(this, given); // it is written ...
    return new Promise(() => {}); // ... but nobody hears of it
  });
  const first = await running.actions.save(mine);
  assert.equal(silent, 1);
  restore();
  const second = await running.actions.save(mine);
  assert.equal(second.entry.id, first.entry.id);
  await running.actions.syncNow();
  assert.deepEqual(server.items().map(({ id }) => id), [first.entry.id]);
});

test('a withdrawal is a correction without scores about the same moment', async () => {
  await enrolled();
  const told = { note: 'x', feltAt: at(-60), statedPercent: 50, afterEffects: ['bleeding' as const] };
  const { entry } = await running.actions.save(rating(told));
  assert.deepEqual([entry.stated_percent, entry.after_effects], [50, ['bleeding']]);
  now += MINUTE;
  await running.actions.withdraw(entry.id);
  const [withdrawal, original] = running.diary.entries.value;
  assert.deepEqual([original!.replaced, withdrawal!.replaced], [true, false]);
  const { kind, felt_at, scores, note, replaces, recorded_at } = withdrawal!.entry;
  assert.deepEqual([withdrawal!.entry.stated_percent, withdrawal!.entry.after_effects], [null, []]);
  assert.deepEqual({ kind, felt_at, scores, note, replaces, recorded_at }, {
    kind: 'rating', felt_at: entry.felt_at, scores: {}, note: null, replaces: entry.id, recorded_at: iso(now),
  });
});

test('an entry that an older version kept is read without the newer fields', async () => {
  await enrolled();
  const { after_effects: _, ...old } = { type: 'diary_entry' as const, ...entry(-60) };
  await phone.store.add(old as DiaryEntryItem, now);
  await running.refresh();
  assert.deepEqual(running.diary.entries.value[0]!.entry.after_effects, []);
});

test('a refused correction leaves its original standing', async () => {
  await enrolled();
  const { entry } = await running.actions.save(rating());
  server.refuse = (item) => ('replaces' in item && item.replaces ? 'unknown_site' : null);
  const correction = await running.actions.save(rating({ replaces: entry.id, tappedAt: now + 1000 }));
  await running.actions.syncNow();
  const found = Object.fromEntries(running.diary.entries.value.map((one) => [one.entry.id, one]));
  assert.deepEqual([found[entry.id]!.replaced, found[entry.id]!.state], [false, 'sent']);
  assert.deepEqual(
    [found[correction.entry.id]!.state, found[correction.entry.id]!.message],
    ['rejected', 'refused: unknown_site'],
  );
});

test('a correction of a refused entry corrects what the clinic has, or stands by itself', async () => {
  await enrolled();
  const { entry: first } = await running.actions.save(rating());
  await running.actions.syncNow();
  server.refuse = () => 'unknown_site';
  const { entry: refused } = await running.actions.save(rating({ replaces: first.id, note: 'b' }));
  const { entry: alone } = await running.actions.save(rating({ note: 'c' }));
  await running.actions.syncNow();
  server.refuse = () => null;
  const again = await running.actions.save(rating({ replaces: refused.id, note: 'd' }));
  const aloneAgain = await running.actions.save(rating({ replaces: alone.id, note: 'e' }));
  assert.deepEqual([again.entry.replaces, aloneAgain.entry.replaces], [first.id, null]);
  await assert.rejects(running.actions.withdraw(alone.id), /did not take/);
  await running.actions.syncNow();
  assert.equal(server.stored.size, 3);
});

const left = () => server.other.filter(({ method }) => method === 'DELETE').length;

test('a diary that is all at the clinic is taken off the phone, and the clinic told', async () => {
  await enrolled();
  await running.actions.save(rating());
  await running.actions.syncNow();
  assert.equal(running.diary.onlyHere.value, 0);
  assert.equal(await running.actions.leave(false), null);
  assert.equal(left(), 1);
  const { items, facts } = await phone.store.read();
  assert.deepEqual([items.length, facts.phone, facts.persisted], [0, null, null]);
  assert.deepEqual([running.diary.enrolment.value, running.diary.wholeDiary.value], [null, []]);
});

test('what is only on this phone is not deleted unless that is meant', async () => {
  await enrolled();
  server.refuse = () => 'unknown_site';
  await running.actions.save(rating());
  await running.actions.syncNow();
  offline();
  await running.actions.save(rating({ note: 'waits' }));
  await running.actions.syncNow();
  assert.equal(running.diary.onlyHere.value, 2, 'one refused, one waiting');
  online();
  server.fault = () => 'broken';
  assert.equal((await running.actions.leave(false))?.code, 'unsent');
  assert.deepEqual([left(), running.diary.entries.value.length], [0, 2]);
  online();
  assert.equal(await running.actions.leave(true), null);
  assert.deepEqual([left(), (await phone.store.read()).items.length], [1, 0]);
});

test('without the clinic nothing is deleted; one that knows the phone no more hinders nobody', async () => {
  await enrolled();
  await running.actions.save(rating());
  await running.actions.syncNow();
  offline();
  assert.equal((await running.actions.leave(false))?.code, 'offline');
  assert.equal(running.diary.entries.value.length, 1);
  server.fault = () => 'not enrolled';
  assert.equal(await running.actions.leave(false), null);
  assert.equal((await phone.store.read()).items.length, 0);
});

test('a phone whose clock is an hour behind is asked at the right moment, by its own clock', async () => {
  server.state = phoneState();
  server.aheadMilliseconds = T0 + HOUR - Date.now(); // the true time is an hour after the block
  now = T0; // and the phone believes it to be the block's
  await enrolled();
  const { diary } = running;
  assert.equal(diary.clockOffMinutes.value, -60);
  const due = diary.due.value;
  assert.ok(due?.step === 'rate' && due.assessment.id === '1h');
  assert.ok(Math.abs(due.assessment.dueAt - T0) < MINUTE, 'by the clock that the patient sees');
  assert.ok(Math.abs(Date.parse(diary.block.value!.performedAt!) - (T0 - HOUR)) < MINUTE);
  await running.actions.save(rating());
  assert.equal(diary.due.value?.step, 'later');
});

test('a store that cannot be opened is said in words, until it can', async () => {
  replace(IDBFactory, 'open', () => () => {
    throw new DOMException('', 'SecurityError');
  });
  await open().resume();
  assert.match(running.diary.storeFailure.value!, /could not save|cannot/);
  assert.equal(running.diary.ready.value, false);
  restore();
  await running.resume();
  assert.deepEqual([running.diary.storeFailure.value, running.diary.ready.value], [null, true]);
});

const full = () => replace(IDBObjectStore, 'put', throwing('QuotaExceededError'));
const scoresSent = () => server.items().map((item) => 'scores' in item && item.scores);

test('a phone that lost its store has its entries back at once, and its diary by its cookie', async () => {
  await enrolled();
  offline();
  const { entry } = await running.actions.save(rating());
  name = `lost-${uuid()}`;
  await open().resume();
  assert.equal(running.diary.enrolment.value, null);
  assert.deepEqual((await phone.store.read()).items.map(({ id }) => id), [entry.id]);
  online();
  await running.resume();
  assert.equal(running.diary.enrolment.value?.checkWord, 'harbour');
  assert.deepEqual(running.diary.entries.value.map(({ entry: { id }, state }) => [id, state]), [[entry.id, 'sent']]);
  assert.deepEqual([server.stored.size, phone.copy.items().length], [1, 0]);
});

test('what waits in a store that cannot be opened goes out from its copy, and is one entry once it opens', async () => {
  await enrolled();
  offline();
  const { entry } = await running.actions.save(rating());
  replace(IDBFactory, 'open', throwing('UnknownError'));
  await open().resume();
  assert.deepEqual([running.diary.copies.value, running.diary.ready.value], [1, false]);
  online();
  await running.resume();
  assert.deepEqual(server.items().map(({ id }) => id), [entry.id]);
  assert.equal(running.diary.copies.value, 0);
  assert.notEqual(running.diary.storeFailure.value, null);
  restore();
  await running.resume();
  assert.deepEqual(running.diary.entries.value.map(({ state }) => state), ['sent']);
  assert.equal(server.stored.size, 1);
});

test('an answer on the screen that could not be saved is not sent from its copy; left, it is', async () => {
  await enrolled();
  running.actions.answering(true);
  full();
  await assert.rejects(running.actions.save(rating()), /no room left/);
  await running.resume();
  assert.deepEqual(server.items(), []);
  running.actions.answering(false);
  await running.resume();
  assert.deepEqual(scoresSent(), [{ left: 4 }], 'although the phone still has no room');
  restore();
  const entries = server.items() as DiaryEntryItem[];
  server.state = phoneState({ entries: entries.map((entry) => ({ entry, received_at: iso(now) })) });
  await running.resume();
  assert.deepEqual(running.diary.entries.value.map(({ state }) => state), ['sent']);
});

test('an answer that is changed before it could be saved is one answer; a later one is another', async () => {
  await enrolled();
  full();
  await assert.rejects(running.actions.save(rating()));
  now += 10 * MINUTE;
  await assert.rejects(running.actions.save(rating({ scores: { left: 5 } })));
  now += 10 * MINUTE + 1;
  await assert.rejects(running.actions.save(rating({ scores: { left: 6 } })));
  restore();
  await running.resume();
  assert.deepEqual(scoresSent(), [{ left: 5 }, { left: 6 }]);
});

test('a changed answer replaces one that was kept after all, too late to say so', async () => {
  await enrolled();
  const add = phone.store.add.bind(phone.store);
  phone.store.add = async (...given) => {
    await add(...given);
    throw new StoreFailure('busy', 'timeout');
  };
  await assert.rejects(running.actions.save(rating()), /could not save/);
  phone.store.add = add;
  const { entry } = await running.actions.save(rating({ tappedAt: now + 1, scores: { left: 5 } }));
  await running.actions.syncNow();
  const [changed, first] = running.diary.entries.value;
  assert.deepEqual([entry.id, entry.replaces], [changed!.entry.id, first!.entry.id]);
  assert.deepEqual([first!.replaced, changed!.replaced], [true, false]);
});

test('whether the browser promised to keep the store is told to the clinic, and asked again once installed', async () => {
  let asked = 0;
  phone.persist = async () => (asked += 1) > 1;
  await enrolled();
  await running.actions.syncNow();
  assert.deepEqual([server.requests.at(-1)!.persisted, running.diary.mayBeCleared.value], [false, true]);
  await running.resume();
  assert.equal(asked, 1);
  phone = { ...phone, isInstalled: true };
  await open().resume();
  await running.actions.syncNow();
  assert.deepEqual([asked, server.requests.at(-1)!.persisted], [2, true]);
  assert.equal(running.diary.mayBeCleared.value, false);
  await running.resume();
  assert.equal(asked, 2);
});

test('a phone that was unenrolled says so after a restart too, and keeps what waits', async () => {
  await enrolled();
  server.fault = () => 'not enrolled';
  await running.actions.save(rating());
  await running.actions.syncNow();
  assert.equal(running.diary.sync.value.phase, 'not_enrolled');
  offline();
  await open().refresh();
  assert.deepEqual(
    [running.diary.sync.value.phase, running.diary.sync.value.unsent, running.diary.entries.value.length],
    ['not_enrolled', 1, 1],
  );
});

const DAILY = [{ id: '1h', after_minutes: 60 }, { id: 'day1', day: 1, at: '18:00' }];
const dailyBlock = (timezone = 'Etc/UTC') => planned({ assessments: DAILY, timezone });
const berlin = { id: 'day1', dueAt: at(31 * 60) }; // 18:00 in Berlin is 17:00 by UTC
/** The server's clock is right, and so is the phone's. */
const agree = () => (server.aheadMilliseconds = now - Date.now());
const day1 = () => running.diary.block.value!.assessments.find(({ id }) => id === 'day1')!.dueAt;

test('a phone in another zone asks; a yes moves the daily windows at once and is sent later', async () => {
  server.state = phoneState({ blocks: [dailyBlock()] });
  agree();
  await enrolled();
  assert.equal(running.diary.newZone.value, 'Europe/Berlin');
  assert.equal(day1(), at(32 * 60));
  offline();
  await running.actions.followZone(true);
  assert.deepEqual([running.diary.newZone.value, day1()], [null, berlin.dueAt]);
  assert.equal(running.diary.sync.value.unsent, 0, 'it is no entry that could be missed');
  await running.actions.syncNow(); // in vain
  online();
  server.state = phoneState({ blocks: [dailyBlock('Europe/Berlin')] });
  await running.actions.syncNow();
  const [sent] = server.items() as { type: string; block_id?: string; timezone?: string }[];
  assert.deepEqual([sent?.type, sent?.block_id, sent?.timezone], ['zone_followed', 'block-1', 'Europe/Berlin']);
  assert.deepEqual([running.diary.newZone.value, day1()], [null, berlin.dueAt]);
});

test('a no is remembered for that zone, over a restart, and asked anew for another', async () => {
  server.state = phoneState({ blocks: [dailyBlock()] });
  agree();
  await enrolled();
  await running.actions.followZone(false);
  assert.deepEqual([running.diary.newZone.value, day1()], [null, at(32 * 60)]);
  open();
  await running.resume();
  assert.equal(running.diary.newZone.value, null);
  assert.deepEqual(server.items(), []);
  phone.zone = () => 'America/New_York';
  open();
  await running.resume();
  assert.equal(running.diary.newZone.value, 'America/New_York');
});

test('nobody is asked about a zone whose clocks show the same, nor when no clock time is left', async () => {
  for (const [block, zone, minutes] of [
    [dailyBlock('Europe/Paris'), 'Europe/Berlin', 0],
    [dailyBlock('Not/Known'), 'Europe/Berlin', 0],
    [planned(), 'Europe/Berlin', 0],
    [dailyBlock(), 'Europe/Berlin', 60 * 48],
  ] as const) {
    server.state = phoneState({ blocks: [block] });
    phone.zone = () => zone;
    now = at(minutes);
    agree();
    open();
    await running.resume();
    assert.equal(await running.actions.enrol({ token: 'T' }), null);
    await running.actions.syncNow();
    assert.equal(running.diary.newZone.value, null);
  }
});

test('quiet hours are the clinic’s until chosen, hold at once, and are sent', async () => {
  server.state = phoneState({ quiet_start: '22:00', quiet_end: '06:00' });
  await enrolled();
  assert.deepEqual(running.diary.quietHours.value, ['22:00', '06:00']);
  offline();
  await running.actions.setQuietHours('20:15', '08:00');
  assert.deepEqual(running.diary.quietHours.value, ['20:15', '08:00']);
  await running.actions.syncNow(); // in vain
  online();
  server.state = phoneState({ quiet_start: '20:15', quiet_end: '08:00' });
  await running.actions.syncNow();
  const [sent] = server.items() as { type: string; start?: string; end?: string; zone?: string }[];
  assert.deepEqual(
    [sent?.type, sent?.start, sent?.end, sent?.zone],
    ['quiet_hours', '20:15', '08:00', 'Europe/Berlin'],
  );
  assert.deepEqual(running.diary.quietHours.value, ['20:15', '08:00']);
});

test('the patient’s language is spoken at once, told to the clinic until it knows, and then the clinic’s', async () => {
  await running.actions.enrol({ token: 'TOKEN' });
  assert.equal(spoken.at(-1), 'en');
  offline();
  await running.actions.chooseLanguage('es');
  assert.equal(spoken.at(-1), 'es');
  await open().resume();
  assert.equal(spoken.at(-1), 'es');
  online();
  server.state = { ...server.state, language: 'es' };
  await running.actions.syncNow();
  assert.equal(server.requests.at(-1)!.language, 'es');
  await running.actions.syncNow();
  assert.equal(server.requests.at(-1)!.language, undefined);
  assert.equal(spoken.at(-1), 'es');
});

test('a language that the clinic does not offer gives way to the one that it knows', async () => {
  await running.actions.enrol({ token: 'TOKEN' });
  await running.actions.chooseLanguage('ar');
  await running.actions.syncNow();
  assert.equal(spoken.at(-1), 'en');
});
