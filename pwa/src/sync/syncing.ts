/** When a page syncs: at once when asked, never twice at the same time, and again after a failure. */
import { ApiFailure } from './api';
import { retryDelay } from './backoff';

export type SyncPhase = 'idle' | 'syncing' | 'offline' | 'failed' | 'not_enrolled';

export class Syncing {
  #running: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param once one sync; rejects if not everything was sent
   * @param onPhase is told every change
   */
  constructor(
    private readonly once: () => Promise<void>,
    private readonly onPhase: (phase: SyncPhase) => void,
  ) {}

  /** Syncs now, or once more after the sync that is running. Resolves when done, well or not. */
  now(): Promise<void> {
    clearTimeout(this.#retry);
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
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
      this.#retry = setTimeout(
        () => void this.now(),
        retryDelay(this.#failures, Math.random()),
      );
    }
  }
}

function phaseAfter(error: unknown): SyncPhase {
  if (!(error instanceof ApiFailure)) return 'failed';
  if (error.code === 'not_enrolled') return 'not_enrolled';
  return error.code === 'offline' ? 'offline' : 'failed';
}
