/** The diary's signals and actions, made from the store, the network and the clock. */
import { computed, signal, type Signal } from '@preact/signals';
import { assessmentOnPhoneClock, onPhoneClock } from './domain/block';
import { clockOffMinutes, correctionNow } from './domain/clock';
import { due, type Due } from './domain/due';
import type { KeptEntry } from './domain/entry';
import { wallTime } from './domain/schedule';
import { entryOf, injectionDoneOf, stamps, withdrawalOf } from './domain/stamps';
import { noticeZone, t } from './i18n';
import type { Phone } from './phone';
import type { Actions, Diary, Enrolment, Failure, Rating } from './state';
import type { Kept } from './store/diary-store';
import {
  blockFrom, countedEntries, keptEntries, keptEntry, onlyHere, unsent, waiting, wholeDiary,
} from './store/reading';
import { enrol, leave, sync } from './sync/sync';
import { Syncing, type SyncPhase } from './sync/syncing';
import type { DiaryEntryItem, Item } from './wire';
import { failureOf } from './words';

export interface RunningDiary {
  diary: Diary;
  actions: Actions;
  /** Reads the store anew; a failure is shown, not thrown. */
  refresh: () => Promise<void>;
  /** The app came to the front, or the network came back: see, show and send what is due. */
  resume: () => Promise<void>;
  /** Time passed. */
  tick: () => void;
}

/** @param linkToken from an enrolment link that the app was opened by; cleared once redeemed */
export function runDiary(phone: Phone, linkToken: Signal<string | null>): RunningDiary {
  const { store, api, reminders, clock } = phone;
  const kept = signal<Kept | null>(null);
  const now = signal(clock());
  const phase = signal<SyncPhase>('idle');
  const storeFailure = signal<string | null>(null);
  let isAnswering = false;

  const facts = computed(() => kept.value?.facts ?? null);
  const correction = computed(() => correctionNow(facts.value?.clock ?? null, now.value));
  const trueNow = computed(() => now.value + correction.value);
  const trueBlock = computed(() => kept.value && blockFrom(kept.value, trueNow.value));
  const blockId = computed(() => trueBlock.value?.id ?? null);

  const newZone = computed(() => {
    const zone = phone.zone();
    const block = trueBlock.value;
    const at = trueNow.value;
    const asksByTheClock = block?.assessments.some((one) => one.daily && one.closesAt > at);
    return asksByTheClock && zone !== facts.value?.zoneAsked && differs(zone, block!.timezone, at)
      ? zone
      : null;
  });

  const diary: Diary = {
    ready: computed(() => kept.value !== null),
    storeFailure,
    enrolment: computed(() => enrolmentOf(kept.value)),
    block: computed(() => trueBlock.value && onPhoneClock(trueBlock.value, correction.value)),
    entries: computed(() =>
      kept.value && blockId.value !== null ? keptEntries(kept.value, blockId.value) : [],
    ),
    due: computed(() => {
      const block = trueBlock.value;
      if (!kept.value || !block) return null;
      const found = due(block, countedEntries(kept.value, block.id), trueNow.value);
      return dueOnPhoneClock(found, correction.value);
    }),
    wholeDiary: computed(() => (kept.value ? wholeDiary(kept.value, trueNow.value) : [])),
    onlyHere: computed(() => (kept.value ? onlyHere(kept.value).length : 0)),
    sync: computed(() => {
      const waiting = kept.value ? unsent(kept.value) : [];
      return {
        phase: facts.value?.refused && phase.value !== 'syncing' ? 'not_enrolled' : phase.value,
        unsent: waiting.length,
        unsentSince: isoOrNull(waiting[0]?.savedAt ?? null),
        lastSentAt: isoOrNull(facts.value?.lastSyncAt ?? null),
      };
    }),
    reminders: reminders.status,
    quietHours: computed(() => {
      const chosen = kept.value && waiting(kept.value, 'quiet_hours').at(-1);
      const known = facts.value?.phone;
      return [
        chosen?.start ?? known?.quiet_start ?? '21:30',
        chosen?.end ?? known?.quiet_end ?? '07:30',
      ];
    }),
    newZone,
    now,
    languages: computed(() => {
      const offered = facts.value?.phone?.languages;
      return phone.languages.filter(({ code }) => !offered || offered.includes(code));
    }),
    linkToken,
    correction,
    clockOffMinutes: computed(() => clockOffMinutes(facts.value?.clock ?? null, now.value)),
  };

  const syncing = new Syncing(
    () => sync({ store, api, clock, appVersion: phone.appVersion }).finally(refresh),
    (changed) => {
      phase.value = changed;
    },
  );

  async function refresh(): Promise<void> {
    try {
      const { facts } = (kept.value = await store.read());
      storeFailure.value = null;
      void phone.speak(facts.language ?? facts.phone?.language ?? null);
    } catch (error) {
      // An answer on the screen is not taken away; to save it tells whether it can be kept.
      if (!isAnswering) storeFailure.value = failureOf(error).message;
    }
  }

  async function syncNow(): Promise<void> {
    if (!facts.value?.phone && !phone.isInstalled) return; // nobody to send to
    await syncing.now();
  }

  async function checkReminders(): Promise<void> {
    const known = facts.value?.phone;
    if (known) await reminders.check(known.vapid_public_key, known.subscribed);
  }

  async function resume(): Promise<void> {
    noticeZone();
    now.value = clock();
    await refresh();
    await syncNow();
    await checkReminders();
  }

  /** On disk when it resolves; then it is shown, and sent when that is possible. */
  async function keep(item: Item) {
    const added = await store.add(item, clock()).catch(inWords);
    now.value = clock();
    await refresh();
    phone.syncInBackground();
    void syncNow();
    return added;
  }

  const circumstances = () => ({
    zone: phone.zone(),
    layout: phone.layout(),
    clock: facts.value?.clock ?? null,
  });
  const currentBlockId = (): string => {
    if (blockId.value === null) throw new Error('there is no block to write about');
    return blockId.value;
  };
  let handedOver: { rating: string; item: DiaryEntryItem } | null = null;

  /** The entry made of a rating: the same one when it is handed over again after a failure. */
  function itemOf(rating: Rating): DiaryEntryItem {
    const same = JSON.stringify(rating);
    if (handedOver?.rating !== same) {
      const atClinic = { ...rating, replaces: takenByClinic(rating.replaces) };
      const entry = entryOf(crypto.randomUUID(), currentBlockId(), atClinic, circumstances());
      handedOver = { rating: same, item: { type: 'diary_entry', ...entry } };
    }
    return handedOver.item;
  }

  /** What a correction of a refused entry corrects at the clinic, which never had that one. */
  function takenByClinic(id: string | null): string | null {
    const found = find(id);
    return found?.state === 'rejected' ? takenByClinic(found.entry.replaces) : id;
  }

  const find = (id: string | null) => diary.entries.value.find(({ entry }) => entry.id === id);

  const actions: Actions = {
    async enrol(how): Promise<Failure | null> {
      try {
        await enrol({ store, api, clock }, how);
      } catch (error) {
        return failureOf(error);
      }
      linkToken.value = null;
      await refresh();
      void phone.persist().then((persisted) => store.remember({ persisted })).catch(() => {});
      void syncNow().then(checkReminders);
      return null;
    },
    async save(rating): Promise<KeptEntry> {
      const item = itemOf(rating);
      const added = await keep(item);
      return keptEntry({ ...added, item });
    },
    async withdraw(entryId): Promise<void> {
      const found = find(entryId);
      if (!found) throw new Error('there is no such entry');
      if (found.state === 'rejected') {
        throw new Error(t('The clinic did not take this entry, so it does not count already.'));
      }
      const entry = withdrawalOf(crypto.randomUUID(), found.entry, clock(), circumstances());
      await keep({ type: 'diary_entry', ...entry });
    },
    async injectionDone(performedAt): Promise<void> {
      const id = crypto.randomUUID();
      const done = injectionDoneOf(id, currentBlockId(), performedAt, clock(), circumstances());
      await keep({ type: 'injection_done', ...done });
    },
    async setQuietHours(start, end): Promise<void> {
      const id = crypto.randomUUID();
      await keep({ type: 'quiet_hours', id, start, end, ...stamps(clock(), circumstances()) });
    },
    async followZone(yes): Promise<void> {
      const timezone = newZone.value;
      if (timezone === null) return;
      if (yes) {
        const item = { id: crypto.randomUUID(), block_id: currentBlockId(), timezone };
        await keep({ type: 'zone_followed', ...item, ...stamps(clock(), circumstances()) });
      }
      await store.remember({ zoneAsked: timezone });
      await refresh();
    },
    async remindersOn(): Promise<void> {
      const known = facts.value?.phone;
      if (known) await reminders.turnOn(known.vapid_public_key);
      void syncNow();
    },
    async leave(alsoUnsent): Promise<Failure | null> {
      try {
        if (!(await leave({ store, api }, alsoUnsent))) {
          return { code: 'unsent', message: t('Some entries are only on this phone.') };
        }
      } catch (error) {
        return failureOf(error);
      }
      syncing.rest();
      await reminders.turnOff().catch(() => {});
      await refresh();
      return null;
    },
    async chooseLanguage(code): Promise<void> {
      await phone.speak(code);
      await store.remember({ language: code }).catch(() => {}); // spoken until the page closes
      await syncNow();
    },
    syncNow,
    answering(unsaved): void {
      isAnswering = unsaved;
      phone.answering(unsaved);
    },
  };

  return {
    diary,
    actions,
    refresh,
    resume,
    tick: () => {
      now.value = clock();
    },
  };
}

function enrolmentOf(kept: Kept | null): Enrolment | null {
  const known = kept?.facts.phone;
  if (!known) return null;
  const { clinic, check_word: checkWord } = known;
  return { clinicName: clinic.name, clinicTelephone: clinic.telephone, checkWord };
}

function dueOnPhoneClock(found: Due, correction: number): Due {
  const moved = (one: Parameters<typeof assessmentOnPhoneClock>[0]) =>
    assessmentOnPhoneClock(one, correction);
  if (found.step === 'rate') return { ...found, assessment: moved(found.assessment) };
  if (found.step === 'later') {
    return { ...found, next: moved(found.next), missed: found.missed && moved(found.missed) };
  }
  return found;
}

/** Whether clocks show another time there; a zone that this phone does not know is no other. */
function differs(zone: string, other: string, at: number): boolean {
  try {
    return wallTime(at, zone) !== wallTime(at, other);
  } catch {
    return false;
  }
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function inWords(error: unknown): never {
  throw new Error(failureOf(error).message, { cause: error });
}
