import { pauseAfter } from '@/lib/api-error';
import { sleep } from '@/lib/sleep';

/** Remembers for how long the server wants to be left alone. */
export class Rest {
  #until = 0;

  /** Takes the wish of an error, if it has one. */
  heed(error: unknown): void {
    this.#until = Math.max(this.#until, Date.now() + pauseAfter(error));
  }

  get isOn(): boolean {
    return Date.now() < this.#until;
  }

  /** Waits so long, or for as long as is wished; `signal` ends it. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(Math.max(ms, this.#until - Date.now()), signal);
  }
}
