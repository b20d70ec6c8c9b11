/** The phone API, and the only place that uses the network. */
import type { Catalogue } from '../i18n/language';
import type { RedeemRequest, RedeemResponse, SyncRequest, SyncResponse } from '../wire';

const TIMEOUT_MILLISECONDS = 20_000;
const WORDS_TIMEOUT_MILLISECONDS = 3_000;

/**
 * A request that did not succeed. `code` is the server's, or `offline` (nothing came back),
 * `timeout`, or `unreadable` (an answer that is not the server's own: a proxy, a hotel's portal).
 */
export class ApiFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** HTTP status; 0 if there was no answer. */
    readonly status: number,
  ) {
    super(message);
    this.name = 'ApiFailure';
  }
}

export interface Api {
  redeem(request: RedeemRequest): Promise<RedeemResponse>;
  sync(request: SyncRequest): Promise<SyncResponse>;
  /** Tells the server where this browser can be reached. */
  subscribe(subscription: PushSubscriptionJSON): Promise<void>;
  /** Tells the server that this browser shows no reminders any more. */
  unsubscribe(): Promise<void>;
  /** Has the reminder of this delivery come again in ten minutes. */
  snooze(delivery: string): Promise<void>;
  /** Has one reminder sent to this phone now. */
  tryReminder(): Promise<void>;
  /** The server lets this phone in no more. */
  leave(): Promise<void>;
}

/**
 * @param origin '' on a page or in a worker of the app
 * @param language in which a refusal is worded; the browser's own if not given
 */
export function phoneApi(origin = '', language?: () => string): Api {
  const send = (method: string, path: string, body: unknown) => {
    const headers = {
      'Content-Type': 'application/json',
      ...(language ? { 'Accept-Language': language() } : {}),
    };
    return request(method, `${origin}/api/phone/${path}`, headers, body);
  };
  return {
    redeem: async (body) => checked<RedeemResponse>(await send('POST', 'redeem', body)),
    sync: async (body) => checked<SyncResponse>(await send('POST', 'sync', body)),
    subscribe: async (body) => {
      await send('PUT', 'subscription', body);
    },
    unsubscribe: async () => {
      await send('DELETE', 'subscription', undefined);
    },
    snooze: async (delivery) => {
      await send('POST', 'snooze', { delivery });
    },
    tryReminder: async () => {
      await send('POST', 'trial-reminder', {});
    },
    leave: async () => {
      await send('DELETE', 'device', {});
    },
  };
}

/** The words of another language, from the worker's cache where there is a worker. */
export async function fetchCatalogue(url: string): Promise<Catalogue> {
  const response = await fetch(url, { signal: AbortSignal.timeout(WORDS_TIMEOUT_MILLISECONDS) });
  if (!response.ok) throw new ApiFailure('unreadable', '', response.status);
  return (await response.json()) as Catalogue;
}

/** Resolves once the worker runs: it answers this, with or without a network. */
export async function fetchFromWorker(): Promise<void> {
  await fetch('/manifest.webmanifest');
}

async function request(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      body: JSON.stringify(body),
      headers,
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    text = await response.text();
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiFailure(late ? 'timeout' : 'offline', String(error), 0);
  }
  const answer = parsed(text);
  if (response.ok && answer !== null) return answer;
  const { code, message } = answer?.error ?? {};
  const known = typeof code === 'string' && typeof message === 'string';
  throw new ApiFailure(known ? code : 'unreadable', known ? message : '', response.status);
}

type Answer = { error?: { code?: unknown; message?: unknown } };

function parsed(text: string): Answer | null {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && !Array.isArray(answer) ? answer : null;
  } catch {
    return null;
  }
}

/** What is kept from an answer must be an answer: a portal's JSON is not. */
function checked<T extends { server_at: string; state: { blocks: unknown[]; entries: unknown[] } }>(
  answer: unknown,
): T {
  const { server_at, state } = answer as Partial<T>;
  if (
    Number.isNaN(Date.parse(server_at ?? '')) ||
    !Array.isArray(state?.blocks) ||
    !Array.isArray(state.entries)
  ) {
    throw new ApiFailure('unreadable', '', 200);
  }
  return answer as T;
}
