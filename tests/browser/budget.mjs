// @ts-check
/**
 * How quick the gallery is in a browser: first and largest contentful paint, shift of the layout, latency of
 * interactions, and how smooth scrolling is. On a desktop, and on a phone with a slow processor and network.
 *
 *     node budget.mjs [URL…]       a table on standard error, one line of JSON on standard output
 *
 * Without an address it starts `image-import demo`, with its 24 pictures. Give the address of a system with a million
 * rows to measure that one. Of each number the median of `BUDGET_RUNS` (3) runs is told.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launch } from './harness/browser.mjs';
import { PATIENCE_MS } from './harness/deadline.mjs';
import { observe, PROFILES, slowDown } from './harness/vitals.mjs';
import { startDemo, takePages } from './harness/worlds.mjs';

const RUNS = Number(process.env.BUDGET_RUNS ?? 3);
const WHEEL_TURNS = 30;

/**
 * One visit with an empty cache.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {import('./harness/vitals.mjs').Profile} profile
 */
async function visit(browser, url, profile) {
  const context = await browser.newContext(profile.browser);
  context.setDefaultTimeout(PATIENCE_MS * 2);
  try {
    await context.addInitScript(observe);
    const page = await context.newPage();
    await slowDown(page, profile);
    await page.goto(url);
    const pictures = page.getByRole('main').locator('img');
    await pictures.first().waitFor();
    await page.waitForLoadState('networkidle');
    const paints = await page.evaluate(() => /** @type {any} */ (window).vitals.paints());
    await page.mouse.move(200, 400);
    await page.evaluate(() => /** @type {any} */ (window).vitals.startFrames());
    for (let turn = 0; turn < WHEEL_TURNS; turn += 1) await page.mouse.wheel(0, 600);
    const frames = await page.evaluate(() => /** @type {any} */ (window).vitals.endFrames());
    await page.evaluate(() => window.scrollTo(0, 0));
    await interact(page);
    const shift = await page.evaluate(() => /** @type {any} */ (window).vitals.shift());
    const interaction_ms = await page.evaluate(() => /** @type {any} */ (window).vitals.worstInteraction());
    return { ...paints, shift, interaction_ms, ...frames };
  } finally {
    await context.close();
  }
}

/**
 * What a person does first: look at a picture, the next one, close it, search, and take the search away.
 * @param {import('playwright-core').Page} page
 */
async function interact(page) {
  await page.getByRole('main').locator('a, button').filter({ has: page.locator('img') }).first().click();
  await page.waitForURL(/[?&]image=/);
  const dialog = page.getByRole('dialog');
  await dialog.locator('img').first().waitFor();
  const before = page.url();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL((at) => at.href !== before);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const search = page.getByRole('searchbox');
  await search.pressSequentially('jpg');
  await page.waitForURL(/[?&]q=jpg/);
  await search.fill('');
  await page.waitForURL((at) => !at.searchParams.has('q'));
}

/**
 * @param {Record<string, number>[]} runs
 * @returns {Record<string, number>}
 */
function medians(runs) {
  const names = Object.keys(runs[0] ?? {});
  const middle = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return Object.fromEntries(names.map((name) => [name, middle(runs.map((run) => run[name] ?? NaN))]));
}

/** @param {string[]} urls */
async function main(urls) {
  const home = mkdtempSync(path.join(tmpdir(), 'image-import-budget-'));
  if (urls.length === 0) takePages(home);
  const demo = urls.length === 0 ? await startDemo(home) : null;
  const browser = await launch();
  try {
    const results = [];
    for (const url of demo === null ? urls : [demo.url]) {
      const total = (await (await fetch(new URL('/api/images?per_page=1', url))).json()).total;
      for (const profile of PROFILES) {
        const runs = [];
        for (let run = 0; run < RUNS; run += 1) runs.push(await visit(browser, url, profile));
        results.push({ images: total, profile: profile.name, ...medians(runs) });
      }
    }
    console.error(table(results));
    console.log(JSON.stringify({ runs: RUNS, results }));
  } finally {
    await browser.close();
    await demo?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** @param {Record<string, string | number>[]} rows */
function table(rows) {
  const names = Object.keys(rows[0] ?? {});
  const text = (/** @type {unknown} */ value) => (typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value));
  const lines = [names, names.map(() => '---'), ...rows.map((row) => names.map((name) => text(row[name])))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

await main(process.argv.slice(2));
