// @ts-check
/** Tries every claim, and says so. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import '../claims/all.mjs';
import { launch } from './browser.mjs';
import { within } from './deadline.mjs';
import { missing } from './program.mjs';
import { claims } from './registry.mjs';
import { SHOTS, Visit } from './visit.mjs';
import { startDemo, startImportWorld, startLockedWorld, takePages } from './worlds.mjs';

const CLAIM_MS = 90_000;

let passed = 0;
let failed = 0;

/**
 * @param {string} name
 * @param {string[]} reasons none where it holds
 * @param {number} [ms]
 */
function tell(name, reasons, ms) {
  const [first] = reasons;
  if (first === undefined) passed += 1;
  else failed += 1;
  const took = ms === undefined ? '' : ` (${(ms / 1000).toFixed(1)} s)`;
  console.log(first === undefined ? `ok ${name}${took}` : `FAILED ${name}: ${reasons.join('; ')}`);
}

/** @param {unknown} error */
function why(error) {
  const plain = error instanceof Error ? error.message : String(error);
  return plain.replace(/\x1b\[\d+m/g, '').split('\n').slice(0, 12).join(' | ');
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {import('./worlds.mjs').World} world
 * @param {import('./registry.mjs').Claim} one
 * @param {string} shots
 */
async function attempt(browser, world, one, shots) {
  const started = Date.now();
  /** @type {string[]} */
  const reasons = [];
  const visit = await Visit.begin(browser, world, one.options, shots);
  try {
    await within('it', one.run(visit), CLAIM_MS);
  } catch (error) {
    const picture = path.join(shots || tmpdir(), `FAILED-${one.name.replace(/[^\w-]+/g, '-')}.png`);
    const isTaken = await visit.page.screenshot({ path: picture }).then(() => true, () => false);
    reasons.push(`${why(error)}${isTaken ? ` (seen: ${picture})` : ''}`);
  }
  reasons.push(...(await visit.end()));
  world.settle();
  tell(one.name, [...new Set(reasons)], Date.now() - started);
}

/**
 * One world, and what is claimed about it.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {import('./registry.mjs').Claim[]} mine
 * @param {() => Promise<import('./worlds.mjs').World>} start
 * @param {number} visitors how many visits there are at a time
 */
async function lane(browser, mine, start, visitors) {
  if (mine.length === 0) return;
  let world;
  try {
    world = await start();
    const ready = world;
    const queue = [...mine];
    const visitor = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) await attempt(browser, ready, one, SHOTS);
    };
    await Promise.all(Array.from({ length: visitors }, visitor));
  } catch (error) {
    tell(`the world of ${mine.length} claims`, [why(error)]);
  } finally {
    await world?.stop();
  }
}

/** @param {string[]} wanted */
async function main(wanted) {
  const lacking = missing();
  if (lacking.length > 0) {
    tell('everything is built', [`build ${lacking.join(' and ')} first`]);
    return;
  }
  const chosen = claims.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  const home = mkdtempSync(path.join(tmpdir(), 'image-import-browser-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  if (SHOTS !== '') mkdirSync(SHOTS, { recursive: true });
  takePages(home);
  const browser = await launch();
  try {
    const of = (/** @type {string} */ world) => chosen.filter(({ options }) => options.world === world);
    await Promise.all([
      lane(browser, of('demo'), () => startDemo(home), 2),
      lane(browser, of('import'), () => startImportWorld(home), 1).then(() =>
        // not all at once, on two cores
        lane(browser, of('locked'), () => startLockedWorld(home), 1),
      ),
    ]);
  } finally {
    await browser.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  tell('the browser tests', [why(error)]);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
