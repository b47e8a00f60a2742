// @ts-check
/** Waiting with an end. */

/** Long enough for a busy machine with two cores. */
export const PATIENCE_MS = 30_000;

const PAUSE_MS = 50;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again and again until the answer is neither false nor absent, and returns it. What was seen last is told otherwise.
 *
 * @template T
 * @param {string} what what is waited for
 * @param {() => Promise<T | false | null | undefined> | T | false | null | undefined} ask
 * @param {number} [patienceMs]
 * @returns {Promise<T>}
 */
export async function until(what, ask, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  let last = 'nothing';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      last = String(answer);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${patienceMs / 1000} s; last: ${last}`);
    await pause(PAUSE_MS);
  }
}

/**
 * @template T
 * @param {string} what
 * @param {Promise<T>} work
 * @param {number} patienceMs
 * @returns {Promise<T>}
 */
export async function within(what, work, patienceMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return await Promise.race([work, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A way that can be opened. */
export function barrier() {
  /** @type {() => void} */
  let open = () => undefined;
  const isOpen = new Promise((resolve) => {
    open = () => resolve(undefined);
  });
  return { open, isOpen };
}
