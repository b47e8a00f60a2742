import { sleep } from '@/lib/sleep';

/** Lets so many calls run at once, and none for as long as the server has asked for a pause. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #heldUntil = 0;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `call` when it is its turn; rejects where `signal` comes first. */
  async take<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      for (let ms = this.#heldMs(); ms > 0 && !signal.aborted; ms = this.#heldMs()) await sleep(ms, signal);
      signal.throwIfAborted();
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  /** Nobody's turn begins for so long. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, Date.now() + ms);
  }

  #heldMs(): number {
    return this.#heldUntil - Date.now();
  }
}
