/** Whether this phone can be reminded, and turning it on. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { t } from './i18n';
import type { ReminderStatus } from './state';
import type { Api } from './sync/api';
import { isSubscribed, subscribe } from './sync/subscription';
import { failureOf } from './words';

export class Reminders {
  readonly #status = signal<ReminderStatus>({ phase: atFirst(), message: null });
  readonly status: ReadonlySignal<ReminderStatus> = this.#status;

  constructor(private readonly api: Pick<Api, 'subscribe' | 'unsubscribe'>) {}

  /**
   * Looks at what browser and server hold, and mends it silently where the browser lets it: some
   * drop a subscription without a word, or change where they are reached. The clinic is told that
   * the person has switched reminders off.
   *
   * @param atServer whether the server holds a live subscription of this phone
   */
  async check(vapidKey: string, atServer: boolean): Promise<void> {
    if (this.#status.value.phase === 'asking') return;
    if (!isSupported()) return this.#say('unsupported');
    if (Notification.permission !== 'granted') {
      this.#say(Notification.permission === 'denied' ? 'denied' : 'off');
      if (atServer) await this.api.unsubscribe().catch(() => {}); // or at the next opening
      return;
    }
    try {
      const manager = await pushManager();
      const isKnown = atServer && (await isSubscribed(manager, vapidKey));
      await subscribe(manager, vapidKey, this.api).catch((error: unknown) => {
        if (!isKnown) throw error; // else it is told again, in case it moved: that can wait
      });
      this.#say('on');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** From a button press only: browsers ask for permission only then. */
  async turnOn(vapidKey: string): Promise<void> {
    if (!isSupported()) return this.#say('unsupported');
    this.#say('asking');
    try {
      const permission = await Notification.requestPermission();
      if (permission !== 'granted') return this.#say(permission === 'denied' ? 'denied' : 'off');
      await subscribe(await pushManager(), vapidKey, this.api);
      this.#say('on');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** This browser takes no more pushes; one that cannot even unsubscribe gets none from the clinic. */
  async turnOff(): Promise<void> {
    if (!isSupported()) return;
    const registration = await navigator.serviceWorker.getRegistration();
    const subscription = await registration?.pushManager.getSubscription();
    await subscription?.unsubscribe();
    this.#say('off');
  }

  #say(phase: ReminderStatus['phase'], message: string | null = null): void {
    this.#status.value = { phase, message };
  }

  #fail(error: unknown): void {
    const refused = error instanceof DOMException;
    if (refused && error.name === 'TimeoutError') return this.#say('failed');
    this.#say('failed', refused ? t('This browser could not turn reminders on.') : failureOf(error).message);
  }
}

/** What can be told without a wait, so that no line appears later and moves what is tapped. */
function atFirst(): ReminderStatus['phase'] {
  if (!isSupported()) return 'unsupported';
  if (Notification.permission === 'granted') return 'unknown';
  return Notification.permission === 'denied' ? 'denied' : 'off';
}

function isSupported(): boolean {
  return 'Notification' in globalThis && 'PushManager' in globalThis && 'serviceWorker' in navigator;
}

async function pushManager(): Promise<PushManager> {
  return (await navigator.serviceWorker.ready).pushManager;
}
