/** The diary's signals and actions, made from the store, the network and the clock. */
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { anotherZone, assessmentOnPhoneClock, onPhoneClock } from './domain/block';
import { clockOffMinutes, correctionNow } from './domain/clock';
import { dueOnPhoneClock } from './domain/due';
import type { KeptEntry } from './domain/entry';
import type { Assessment } from './domain/schedule';
import { entryOf, injectionDoneOf, stamps, withdrawalOf } from './domain/stamps';
import { HandedOver } from './handed-over';
import { noticeZone, t } from './i18n';
import type { Phone } from './phone';
import type { Actions, Diary, Failure } from './state';
import { NOTHING, type Kept } from './store/kept';
import {
  blockFrom, dueFrom, enrolmentOf, isOffered, keptEntries, keptEntry, onlyHere, quietHours,
  unanswered, unsent, wholeDiary,
} from './store/reading';
import { enrol, leave, syncFromEither } from './sync/sync';
import { Syncing, type SyncPhase } from './sync/syncing';
import type { Item } from './wire';
import { failureOf } from './words';

export interface RunningDiary {
  diary: Diary;
  actions: Actions;
  /** The assessments of the block that are not answered yet, past ones included, by the phone's clock. */
  toAsk: ReadonlySignal<Assessment[]>;
  /** Reads the store anew; a failure is shown, not thrown. */
  refresh: () => Promise<void>;
  /** Sends what waits, and looks whether reminders still reach this phone. */
  reach: () => Promise<void>;
  /**
   * The app came to the front, or the network came back: see, show and send what is due.
   *
   * @param seen called once what is due is known, before anything is sent
   */
  resume: (seen?: () => void) => Promise<void>;
  /** Time passed. */
  tick: () => void;
}

/** @param linkToken from an enrolment link that the app was opened by; cleared once redeemed */
export function runDiary(phone: Phone, linkToken: Signal<string | null>): RunningDiary {
  const { store, copy, api, reminders, clock } = phone;
  const kept = signal<Kept | null>(null);
  const now = signal(clock());
  const phase = signal<SyncPhase>('idle');
  const storeFailure = signal<string | null>(null);
  const hasAsked = signal(false);
  const copies = signal(0);
  let isAnswering = false;

  const facts = computed(() => kept.value?.facts ?? null);
  const correction = computed(() => correctionNow(facts.value?.clock ?? null, now.value));
  const trueNow = computed(() => now.value + correction.value);
  const trueBlock = computed(() => kept.value && blockFrom(kept.value, trueNow.value));
  const blockId = computed(() => trueBlock.value?.id ?? null);

  const newZone = computed(() => {
    const zone = anotherZone(trueBlock.value, phone.zone, trueNow.value);
    return zone === facts.value?.zoneAsked ? null : zone;
  });

  const toAsk = computed(() => {
    const block = trueBlock.value;
    const asked = kept.value && block && !block.cancelled ? unanswered(kept.value, block) : [];
    return asked.map((one) => assessmentOnPhoneClock(one, correction.value));
  });

  const diary: Diary = {
    ready: computed(() => kept.value !== null),
    storeFailure,
    copies,
    mayBeCleared: computed(() => facts.value?.persisted === false && !phone.isInstalled),
    enrolment: computed(() => enrolmentOf(kept.value)),
    recovering: computed(() => phone.isInstalled && !facts.value?.phone && !hasAsked.value),
    move: computed(() => (facts.value?.staysHere ? null : phone.move)),
    block: computed(() => trueBlock.value && onPhoneClock(trueBlock.value, correction.value)),
    entries: computed(() =>
      kept.value && blockId.value !== null ? keptEntries(kept.value, blockId.value) : [],
    ),
    due: computed(() => {
      const found = kept.value && dueFrom(kept.value, trueBlock.value, trueNow.value);
      return found && dueOnPhoneClock(found, correction.value);
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
    quietHours: computed(() => quietHours(kept.value)),
    newZone,
    now,
    languages: computed(() => phone.languages.filter(({ code }) => isOffered(kept.value, code))),
    linkToken,
    correction,
    clockOffMinutes: computed(() => clockOffMinutes(facts.value?.clock ?? null, now.value)),
  };

  const sending = { store, copy, mayUseCopy: () => !isAnswering, api, clock, appVersion: phone.appVersion };
  const syncing = new Syncing(
    () => syncFromEither(sending).finally(refresh),
    (changed) => {
      phase.value = changed;
    },
  );

  async function refresh(): Promise<void> {
    try {
      let read = await store.read();
      // What a screen holds that could not be saved is not put back behind its patient's back.
      const mayAgree = !isAnswering && copy.agreeWith(store, read).catch(() => false);
      if (await mayAgree) read = await store.read();
      kept.value = read;
      storeFailure.value = null;
      void phone.speak(read.facts.language ?? read.facts.phone?.language ?? null);
    } catch (error) {
      copies.value = unsent(await copy.read()).length;
      // An answer on the screen is not taken away; to save it tells whether it can be kept.
      if (!isAnswering) storeFailure.value = failureOf(error).message;
    }
  }

  async function syncNow(): Promise<void> {
    const isLinked = facts.value?.phone || phone.isInstalled || copy.linked();
    if (isLinked) await syncing.now(); // else there is nobody to send to
  }

  /** Asked again once installed: browsers promise it to apps that they would not to a page. */
  async function checkPersistence(): Promise<void> {
    const { phone: linked, persisted } = facts.value ?? NOTHING;
    if (!linked || persisted || (persisted === false && !phone.isInstalled)) return;
    const answer = await phone.persist().catch(() => null);
    if (answer === persisted) return;
    await store.remember({ persisted: answer }).then(refresh, () => {}); // asked again next time
    await syncNow();
  }

  async function checkReminders(): Promise<void> {
    const known = facts.value?.phone;
    if (known) await reminders.check(known.vapid_public_key, known.subscribed);
  }

  async function resume(seen?: () => void): Promise<void> {
    noticeZone();
    now.value = clock();
    await refresh();
    seen?.();
    await reach();
  }

  async function reach(): Promise<void> {
    await syncNow();
    hasAsked.value = true;
    void checkPersistence();
    await checkReminders();
  }

  /** On disk when it resolves; then it is shown, and sent when that is possible. */
  async function keep(item: Item) {
    const savedAt = clock();
    copy.keep(item, savedAt);
    const added = await store.add(item, savedAt).catch(inWords);
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
  const handedOver = new HandedOver(
    (rating) => {
      const atClinic = { ...rating, replaces: takenByClinic(rating.replaces) };
      const entry = entryOf(crypto.randomUUID(), currentBlockId(), atClinic, circumstances());
      return { type: 'diary_entry', ...entry };
    },
    async (id) => {
      copy.forget([id]);
      await refresh();
      return find(id) === undefined;
    },
  );

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
      void checkPersistence();
      void syncNow().then(checkReminders);
      return null;
    },
    async save(rating): Promise<KeptEntry> {
      const item = await handedOver.itemOf(rating);
      const added = await keep(item);
      handedOver.kept(item);
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
    tryReminder: () => api.tryReminder().then(() => null, failureOf),
    async remindersOn(): Promise<void> {
      const known = facts.value?.phone;
      if (known) await reminders.turnOn(known.vapid_public_key);
      void syncNow();
    },
    async leave(alsoUnsent): Promise<Failure | null> {
      try {
        if (!(await leave({ store, copy, api }, alsoUnsent))) {
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
    async stayHere(): Promise<void> {
      await store.remember({ staysHere: true });
      await refresh();
    },
    syncNow,
    answering(unsaved): void {
      isAnswering = unsaved;
      phone.answering(unsaved);
    },
  };

  const tick = () => void (now.value = clock());
  return { diary, actions, toAsk, refresh, reach, resume, tick };
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function inWords(error: unknown): never {
  throw new Error(failureOf(error).message, { cause: error });
}
