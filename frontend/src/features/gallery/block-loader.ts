/** Fetches what is looked at, and gives up what was only scrolled past. */

/** Somebody must look at a block for so long before it is asked for. */
const PAUSE_MS = 70;
/** Requests at once. */
const AT_ONCE = 3;

interface LoaderOptions {
  /** True where a block still has something to be asked for. */
  isMissing: (block: number) => boolean;
  /** Asks for a block, and keeps what comes. */
  ask: (block: number, signal: AbortSignal) => Promise<void>;
  /** Called when there is an error, and when it is over. */
  onError: (error: Error | null) => void;
}

export class BlockLoader {
  readonly #options: LoaderOptions;
  readonly #running = new Map<number, AbortController>();
  readonly #failed = new Set<number>();
  #wanted: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Says which blocks are looked at, the most urgent first. Requests of others are given up. */
  want(blocks: readonly number[]): void {
    if (blocks.join() === this.#wanted.join()) {
      if (this.#timer === undefined) this.#start();
      return;
    }
    this.#wanted = blocks;
    for (const [block, request] of this.#running) {
      if (!blocks.includes(block)) request.abort();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#start();
    }, PAUSE_MS);
  }

  /** Asks again for what failed. */
  retry(): void {
    this.#failed.clear();
    this.#options.onError(null);
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wanted = [];
    for (const request of this.#running.values()) request.abort();
  }

  #start(): void {
    for (const block of this.#wanted) {
      if (this.#running.size >= AT_ONCE) return;
      if (this.#running.has(block) || this.#failed.has(block) || !this.#options.isMissing(block)) continue;
      void this.#run(block);
    }
  }

  async #run(block: number): Promise<void> {
    const request = new AbortController();
    this.#running.set(block, request);
    try {
      await this.#options.ask(block, request.signal);
    } catch (error) {
      if (!request.signal.aborted && error instanceof Error) {
        this.#failed.add(block);
        this.#options.onError(error);
      }
    }
    this.#running.delete(block);
    this.#start();
  }
}
