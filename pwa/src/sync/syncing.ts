/** When a page syncs: at once when asked, never twice at the same time, and again after a failure. */
import { ApiFailure } from './api';
import { retryDelay } from './backoff';

export type SyncPhase = 'idle' | 'syncing' | 'offline' | 'failed' | 'not_enrolled';

export class Syncing {
  #running: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #cancelRetry = (): void => {};

  /**
   * @param once one sync; rejects if not everything was sent
   * @param onPhase is told every change
   * @param later calls back after so many milliseconds, unless what it returns is called before
   */
  constructor(
    private readonly once: () => Promise<void>,
    private readonly onPhase: (phase: SyncPhase) => void,
    private readonly later = callLater,
  ) {}

  /** Syncs now, or once more after the sync that is running. Resolves when done, well or not. */
  now(): Promise<void> {
    this.#cancelRetry();
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Tries no more by itself: there is nobody left to send to. */
  rest(): void {
    this.#cancelRetry();
  }

  async #run(): Promise<void> {
    this.onPhase('syncing');
    try {
      while (this.#again) {
        this.#again = false;
        await this.once();
      }
      this.#failures = 0;
      this.onPhase('idle');
    } catch (error) {
      const phase = phaseAfter(error);
      this.onPhase(phase);
      if (phase === 'not_enrolled') return; // only the patient can help
      this.#failures += 1;
      const delay = retryDelay(this.#failures, Math.random());
      this.#cancelRetry = this.later(() => void this.now(), delay);
    }
  }
}

function phaseAfter(error: unknown): SyncPhase {
  if (!(error instanceof ApiFailure)) return 'failed';
  if (error.code === 'not_enrolled') return 'not_enrolled';
  return error.code === 'offline' ? 'offline' : 'failed';
}

function callLater(work: () => void, milliseconds: number): () => void {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
}
