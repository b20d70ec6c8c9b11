/** Registers the service worker, and lets a new version take over when nothing can be lost. */
import { fetchFromWorker } from './sync/api';

const CHECK_AFTER_MILLISECONDS = 60 * 60_000;
const RELOAD_AFTER_MILLISECONDS = 10 * 60_000;
const RELOADED_AT = 'new-version-reloaded-at';
const LONGEST_WAIT_MILLISECONDS = 2000;
const LOOK_AGAIN_MILLISECONDS = 100;

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

export class Updates {
  #registration: ServiceWorkerRegistration | null = null;
  #checkedAt = 0;
  #isOutdated = false;
  #isAsking = false;

  /**
   * @param mayReload whether no screen holds an answer that is not saved
   * @param isComplete resolves once this page has all of its own version, or cannot have it
   */
  constructor(
    private readonly mayReload: () => boolean,
    private readonly isComplete: () => Promise<void>,
  ) {}

  async register(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    const workers = navigator.serviceWorker;
    let isControlled = workers.controller !== null;
    workers.addEventListener('controllerchange', () => {
      this.#isOutdated = isControlled; // the first worker is no new version
      isControlled = true;
      this.takeOver();
    });
    this.#checkedAt = Date.now();
    const registration = await workers.register(scriptUrl('/sw.js'), { updateViaCache: 'none' });
    this.#registration = registration;
    const watch = (): void => {
      registration.installing?.addEventListener('statechange', () => this.takeOver());
    };
    registration.addEventListener('updatefound', watch);
    watch();
    this.takeOver();
  }

  /** On every resume: an app that is never navigated would not look for a new version by itself. */
  resume(): void {
    this.takeOver();
    if (Date.now() - this.#checkedAt < CHECK_AFTER_MILLISECONDS) return;
    this.#checkedAt = Date.now();
    this.#registration?.update().catch(() => {}); // offline; next time
  }

  /**
   * Lets a version that waits take over, and reloads once it has, as soon as nothing can be lost:
   * an answer may be begun while the versions change. Asks no more within ten minutes of such a
   * reload; until then it may be called as often as one likes.
   */
  takeOver(): void {
    if (!this.mayReload()) return;
    if (this.#isOutdated) {
      sessionStorage.setItem(RELOADED_AT, String(Date.now()));
      location.reload();
    } else if (this.#mayAsk() && !this.#isAsking) {
      void this.#ask();
    }
  }

  #mayAsk(): boolean {
    const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT));
    return (
      this.mayReload() &&
      Boolean(this.#registration?.waiting && this.#registration.active) &&
      Math.abs(Date.now() - reloadedAt) >= RELOAD_AFTER_MILLISECONDS
    );
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    await this.#quiet().catch(() => {});
    this.#isAsking = false;
    if (this.#mayAsk()) this.#registration?.waiting?.postMessage('take over');
  }

  /**
   * Resolves when the worker that is to go runs and has nothing to do, or after some seconds.
   * Chromium tells it once to stop, and forgets that when the worker is only starting then, or is
   * woken while it stops: the new version would wait until the browser stops the old one by itself.
   */
  async #quiet(): Promise<void> {
    await inTime(this.isComplete());
    const { sync } = this.#registration as WithSync;
    const looks = LONGEST_WAIT_MILLISECONDS / LOOK_AGAIN_MILLISECONDS;
    for (let look = 0; look < looks && (await sync?.getTags())?.length; look += 1) {
      await pause(LOOK_AGAIN_MILLISECONDS);
    }
    await inTime(fetchFromWorker());
  }
}

interface WithSync {
  sync?: { getTags(): Promise<string[]> };
}

function inTime(work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, pause(LONGEST_WAIT_MILLISECONDS)]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The page's policy lets no text become script but this one address. */
function scriptUrl(path: '/sw.js'): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('block-diary', { createScriptURL: () => path });
  return policy ? policy.createScriptURL(path) : path;
}
