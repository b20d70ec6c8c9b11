/**
 * A push arrived. Browsers withdraw the permission of an app that shows nothing for one, so exactly
 * one notification is shown whatever the push says and whatever fails; then this phone syncs, since
 * a push proves that there is a network.
 */
import { isAnswered } from '../domain/due';
import { correctionNow } from '../domain/clock';
import { blockFrom, countedEntries } from '../store/reading';
import type { DiaryStore } from '../store/diary-store';
import type { Kept } from '../store/kept';
import { workerWords } from './words';

const LONGEST_LOOK_MILLISECONDS = 2000;
const LOOK = { icon: '/icons/icon-192.png', badge: '/icons/badge-96.png' };
/** The server puts a reminder off by so much, and not past its window. */
const SNOOZE_MILLISECONDS = 10 * 60_000;

/** What a reminder's push says; null what cannot be read. */
interface Reminder {
  title: string | null;
  body: string | null;
  options: NotificationOptions;
  delivery: string | null;
  block: string | null;
  assessment: string | null;
  /** Until when it may be put off, epoch ms; not a number if it may not. */
  offeredUntil: number;
}

export interface PushDeps {
  store: Pick<DiaryStore, 'read' | 'add'>;
  show: (title: string, options: NotificationOptions) => Promise<void>;
  /** The notifications that this phone shows now. */
  shown: () => Promise<readonly Pick<Notification, 'tag' | 'close'>[]>;
  /** A notification can have buttons here, and what they ask for can be sent. */
  hasButtons: () => boolean;
  sync: () => Promise<void>;
  /** The phone's clock, epoch milliseconds. */
  clock: () => number;
}

/** @param payload of the push, or what WebKit proposes to show for it; anything at all */
export async function handlePush(payload: unknown, deps: PushDeps): Promise<void> {
  const reminder = readReminder(payload);
  const kept = await inTime(deps.store.read(), null);
  const language = languageOf(kept) ?? reminder.options.lang ?? 'en';
  const words = workerWords(language);
  const own = { title: words.title, options: { lang: language, body: words.body } };
  const { title, body, options } = reminder;
  const { dir: _, ...undirected } = options;
  const nothingToDo = { ...undirected, lang: language, body: words.answered };
  const answered = kept !== null && isAnsweredHere(reminder, kept, deps.clock());
  try {
    if (answered) {
      await deps.show(own.title, nothingToDo);
    } else {
      const offered = deps.hasButtons() && reminder.offeredUntil > deps.clock();
      const actions = offered ? { actions: [{ action: 'snooze', title: words.later }] } : {};
      await deps.show(title ?? own.title, {
        ...own.options, ...options, ...actions, body: body ?? words.body,
      });
    }
  } catch {
    await deps.show(own.title, own.options); // something in the push was not to the browser's liking
  }
  const shownAt = deps.clock();
  await closeOthers(options.tag ?? '', deps);
  try {
    if (reminder.delivery !== null) {
      const shown_at = new Date(shownAt).toISOString();
      await deps.store.add({ type: 'reminder_shown', id: reminder.delivery, shown_at }, shownAt);
    }
  } finally {
    await deps.sync();
  }
  if (answered) return;
  // Another phone of the patient may have been faster.
  const synced = await inTime(deps.store.read(), null);
  if (synced && isAnsweredHere(reminder, synced, deps.clock())) {
    await deps.show(own.title, { ...nothingToDo, actions: [], silent: true } as object);
  }
}

/** Puts off what the person pressed for; says so only if that failed. */
export async function putOff(
  { data, tag, lang }: Pick<Notification, 'data' | 'tag' | 'lang'>,
  snooze: (delivery: string) => Promise<void>,
  show: PushDeps['show'],
): Promise<void> {
  try {
    await snooze(text(data, 'delivery') ?? '');
  } catch {
    const { title, notPutOff } = workerWords(lang);
    await show(title, { ...LOOK, body: notPutOff, tag, lang });
  }
}

/** The latest reminder takes the place of those before it, whose time has passed. */
async function closeOthers(tag: string, deps: PushDeps): Promise<void> {
  for (const one of await deps.shown().catch(() => [])) if (one.tag !== tag) one.close();
}

function readReminder(payload: unknown): Reminder {
  const notification = field(payload, 'notification');
  const data = field(notification, 'data');
  const options: NotificationOptions = {
    ...LOOK,
    data: { delivery: text(data, 'delivery'), trial: field(data, 'trial') },
  };
  const [lang, dir, tag] = ['lang', 'dir', 'tag'].map((name) => text(notification, name));
  if (lang) options.lang = lang;
  if (dir === 'ltr' || dir === 'rtl') options.dir = dir;
  if (tag) options.tag = tag;
  return {
    title: text(notification, 'title'),
    body: text(notification, 'body'),
    options,
    delivery: text(data, 'delivery'),
    block: text(data, 'block'),
    assessment: text(data, 'assessment'),
    offeredUntil:
      field(data, 'snooze') === true
        ? Date.parse(text(data, 'closes_at') ?? '') - SNOOZE_MILLISECONDS
        : NaN,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function text(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The patient's language, as far as this phone knows it. */
function languageOf(kept: Kept | null): string | null {
  return kept && (kept.facts.language ?? kept.facts.phone?.language ?? null);
}

function isAnsweredHere({ block, assessment }: Reminder, kept: Kept, now: number): boolean {
  if (block === null || assessment === null) return false;
  const found = blockFrom(kept, now + correctionNow(kept.facts.clock, now), block);
  const asked = found?.assessments.find(({ id }) => id === assessment);
  return asked !== undefined && isAnswered(asked, countedEntries(kept, block));
}

/** The value, or `otherwise` if it fails or is late: the notification must not wait for it. */
function inTime<T>(value: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(otherwise), LONGEST_LOOK_MILLISECONDS);
    value
      .catch(() => otherwise)
      .then(resolve)
      .finally(() => clearTimeout(late));
  });
}
