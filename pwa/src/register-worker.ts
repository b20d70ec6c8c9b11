/** Registers the service worker, and lets a new version take over when nothing can be lost. */

const CHECK_AFTER_MILLISECONDS = 60 * 60_000;
const ASK_AFTER_MILLISECONDS = 10 * 60_000;
const ASKED_AT = 'take-over-asked-at';

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

  /** @param mayReload whether no screen holds an answer that is not saved */
  constructor(private readonly mayReload: () => boolean) {}

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
   * an answer may be begun while the versions change. Asks at most every ten minutes.
   */
  takeOver(): void {
    if (!this.mayReload()) return;
    if (this.#isOutdated) return location.reload();
    const { waiting, active } = this.#registration ?? {};
    if (!waiting || !active) return;
    const askedAt = Number(sessionStorage.getItem(ASKED_AT));
    if (Math.abs(Date.now() - askedAt) < ASK_AFTER_MILLISECONDS) return;
    sessionStorage.setItem(ASKED_AT, String(Date.now()));
    waiting.postMessage('take over');
  }
}

/** The page's policy lets no text become script but this one address. */
function scriptUrl(path: '/sw.js'): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('block-diary', { createScriptURL: () => path });
  return policy ? policy.createScriptURL(path) : path;
}
