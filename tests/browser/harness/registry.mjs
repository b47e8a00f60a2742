// @ts-check
/** What is claimed about the pages, and in which world. */

/**
 * @typedef {'demo' | 'import' | 'locked'} WorldName
 * `demo`: `image-import demo`, read only. `import`: an empty system that imports from folders of the tests' own; its
 * claims are tried one after the other, in the order in which they stand. `locked`: the same, and its API wants a token for
 * everything.
 */

/**
 * @typedef {object} Options
 * @property {WorldName} [world] where it is tried; `demo` if not said
 * @property {import('playwright-core').BrowserContextOptions} [browser] screen, colours, touch, …
 * @property {RegExp[]} [mayLog] errors of the console that belong to the claim, such as a refused request
 */

/** @typedef {{name: string, options: Options & {world: WorldName}, run: (visit: import('./visit.mjs').Visit) => Promise<void>}} Claim */

/** @type {Claim[]} */
export const claims = [];

/**
 * Something that must hold, tried in a fresh browser profile. Whatever it claims, no script of a stranger may run, the
 * content security policy may not be violated, nothing may be asked of another host, and no error may be logged.
 *
 * @param {string} name
 * @param {Options} options
 * @param {Claim['run']} run
 */
export function claim(name, options, run) {
  claims.push({ name, options: { world: 'demo', ...options }, run });
}

/**
 * @param {unknown} isSo
 * @param {string} otherwise what was seen instead
 * @returns {asserts isSo}
 */
export function must(isSo, otherwise) {
  if (!isSo) throw new Error(otherwise);
}

/**
 * @template T
 * @param {T} seen
 * @param {T} expected
 * @param {string} what
 */
export function mustEqual(seen, expected, what) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  must(a === b, `${what}: ${a}, expected ${b}`);
}
