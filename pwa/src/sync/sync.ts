/**
 * Sends what waits and takes what the clinic has, from a page or from the worker, one at a time.
 * Every item is sent until the server has answered for it; the server takes it once.
 */
import { measureClock } from '../domain/clock';
import { StoreFailure } from '../store/database';
import type { DiaryStore } from '../store/diary-store';
import type { Facts, KeptItem } from '../store/kept';
import { onlyHere } from '../store/reading';
import type { SecondCopy } from '../store/second-copy';
import type { SyncResponse } from '../wire';
import { ApiFailure, type Api } from './api';

const BATCH = 100;
const LONGEST_WAIT_MILLISECONDS = 10_000;

export interface SyncDeps {
  store: Pick<DiaryStore, 'read' | 'apply' | 'remember'>;
  api: Pick<Api, 'sync'>;
  /** The phone's clock, epoch milliseconds. */
  clock: () => number;
  appVersion: string;
}

/**
 * Sends everything that waits, oldest first, and keeps the answers.
 *
 * @throws ApiFailure nothing, or not all, was sent; what was not answered for still waits
 * @throws StoreFailure
 */
export async function sync(deps: SyncDeps): Promise<void> {
  const wasLinked = (await deps.store.read()).facts.phone !== null;
  await alone(() => sendAll(deps, wasLinked));
}

/**
 * Syncs; when the store is gone or full, what waits goes out from its second copy.
 *
 * @throws StoreFailure even then: what the clinic answered could not be kept
 */
export async function syncFromEither(
  deps: SyncDeps & { copy: SecondCopy; mayUseCopy: () => boolean },
): Promise<void> {
  try {
    await sync(deps);
  } catch (error) {
    const isLost = error instanceof StoreFailure && deps.copy.items().length > 0;
    if (isLost && deps.mayUseCopy()) await sync({ ...deps, store: deps.copy });
    throw error;
  }
}

/**
 * Redeems an enrolment's token or code, and keeps what the clinic sends. What waits on this phone
 * goes on waiting.
 *
 * @throws ApiFailure with the server's reason, in words for a person
 */
export async function enrol(
  deps: Pick<SyncDeps, 'store' | 'clock'> & { api: Pick<Api, 'redeem'> },
  how: { token: string } | { code: string },
): Promise<void> {
  await alone(async () => {
    const attempt = (await deps.store.read()).facts.attempt ?? crypto.randomUUID();
    await deps.store.remember({ attempt });
    const sentAt = deps.clock();
    const { server_at, state } = await deps.api.redeem({ ...how, attempt, consented: true });
    const at = deps.clock();
    const clock = measureClock(sentAt, at, Date.parse(server_at));
    await deps.store.apply({ state, clock, at, results: [] });
    await deps.store.remember({ attempt: null });
  });
}

/**
 * Takes the diary off this phone: the clinic lets it in no more, then its store is emptied.
 *
 * @param alsoUnsent even what is nowhere else
 * @returns false if something is nowhere else, and all is left as it was
 * @throws ApiFailure the clinic could not be told; all is left as it was
 */
export async function leave(
  { store, copy, api }: { store: DiaryStore; copy: SecondCopy; api: Pick<Api, 'leave'> },
  alsoUnsent: boolean,
): Promise<boolean> {
  let left = false;
  await alone(async () => {
    if (!alsoUnsent && onlyHere(await store.read()).length > 0) return;
    await api.leave().catch((error: unknown) => {
      if (!(error instanceof ApiFailure && error.code === 'not_enrolled')) throw error;
    });
    copy.clear(); // first: another window would put back what it holds
    await store.clear();
    left = true;
  });
  return left;
}

async function sendAll(deps: SyncDeps, wasLinked: boolean): Promise<void> {
  const tried = new Set<string>();
  let size = BATCH;
  for (let isFirst = true; ; isFirst = false) {
    const { items, facts } = await deps.store.read();
    if (wasLinked && facts.phone === null) return; // the diary was taken off this phone meanwhile
    const waiting = items.filter(({ id, state }) => state === 'waiting' && !tried.has(id));
    // The first goes out even when nothing waits: it brings what is new at the clinic.
    if (waiting.length === 0 && !isFirst) return;
    const batch = waiting.slice(0, size);
    try {
      await sendBatch(deps, batch, facts, wasLinked);
      batch.forEach(({ id }) => tried.add(id));
      size = Math.min(size * 2, BATCH);
    } catch (error) {
      if (!isRefusedAsWhole(error) || batch.length === 0) throw error;
      // One of them, or their number, makes the server refuse the request: find out which, so that
      // it holds up none of the others. It goes on waiting by itself.
      if (batch.length === 1) tried.add(batch[0]!.id);
      size = Math.ceil(batch.length / 2);
    }
  }
}

async function sendBatch(
  deps: SyncDeps,
  batch: readonly KeptItem[],
  { language, persisted }: Facts,
  ifLinked: boolean,
): Promise<void> {
  const sentAt = deps.clock();
  let response: SyncResponse;
  try {
    response = await deps.api.sync({
      sent_at: new Date(sentAt).toISOString(),
      app_version: deps.appVersion,
      ...(language === null ? {} : { language }),
      ...(persisted === null ? {} : { persisted }),
      items: batch.map(({ item }) => item),
    });
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'not_enrolled') {
      await deps.store.remember({ refused: true });
    }
    throw error;
  }
  const at = deps.clock();
  await deps.store.apply({
    state: response.state,
    clock: measureClock(sentAt, at, Date.parse(response.server_at)),
    at,
    results: response.results,
    language,
    ifLinked,
  });
}

function isRefusedAsWhole(error: unknown): boolean {
  return error instanceof ApiFailure && [400, 413, 422].includes(error.status);
}

let last: Promise<unknown> = Promise.resolve();

/** Waits for its turn among all windows and the worker; without locks, among this one's syncs. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (globalThis.navigator?.locks) {
    const signal = AbortSignal.timeout(LONGEST_WAIT_MILLISECONDS);
    let begun = false;
    try {
      return await navigator.locks.request('sync', { signal }, () => {
        begun = true;
        return work();
      });
    } catch (error) {
      // A page that the phone froze may hold the lock for hours, while a push gives the worker
      // seconds. Two at once are safe: the server takes each item once.
      if (begun || !signal.aborted) throw error;
    }
  }
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}
