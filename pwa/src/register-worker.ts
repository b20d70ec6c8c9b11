/** Registers the service worker, and lets a new version take over when nothing can be lost. */

const CHECK_AFTER_MILLISECONDS = 60 * 60_000;
const RELOAD_AFTER_MILLISECONDS = 10 * 60_000;
const RELOADED_AT = 'reloaded-at';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

export class Updates {
  #registration: ServiceWorkerRegistration | null = null;
  #checkedAt = 0;
  #asked = false;

  /** @param mayReload whether no screen holds an answer that is not saved */
  constructor(private readonly mayReload: () => boolean) {}

  async register(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (this.#asked) location.reload();
    });
    this.#checkedAt = Date.now();
    this.#registration = await navigator.serviceWorker.register(scriptUrl('/sw.js'), {
      updateViaCache: 'none',
    });
    this.takeOver();
  }

  /** On every resume: an app that is never navigated would not look for a new version by itself. */
  resume(): void {
    this.takeOver();
    if (Date.now() - this.#checkedAt < CHECK_AFTER_MILLISECONDS) return;
    this.#checkedAt = Date.now();
    this.#registration?.update().catch(() => {}); // offline; next time
  }

  /** Lets a version that waits take over, and reloads once. At most every ten minutes. */
  takeOver(): void {
    const waiting = this.#registration?.waiting;
    if (!waiting || this.#asked || !this.mayReload()) return;
    const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT));
    if (Math.abs(Date.now() - reloadedAt) < RELOAD_AFTER_MILLISECONDS) return;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    this.#asked = true;
    waiting.postMessage('take over');
  }
}

/** The page's policy lets no text become script but this one address. */
function scriptUrl(path: '/sw.js'): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('block-diary', { createScriptURL: () => path });
  return policy ? policy.createScriptURL(path) : path;
}
