// @ts-check
/** A visit of the pages with a fresh browser profile, watched for what must never happen. */

import path from 'node:path';
import { PATIENCE_MS } from './deadline.mjs';

/** Where screenshots lie. */
export const SHOTS = process.env.BROWSER_SHOTS ?? '';

/**
 * Runs in the page before everything else: what the browser reports, and what was shifted.
 * Kept in `window.seen`.
 */
function watch() {
  const seen = { violations: /** @type {string[]} */ ([]), shift: 0 };
  Object.assign(window, { seen });
  document.addEventListener('securitypolicyviolation', (event) => {
    seen.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { value, hadRecentInput } = /** @type {PerformanceEntry & {value: number, hadRecentInput: boolean}} */ (entry);
      if (!hadRecentInput) seen.shift += value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** One browser profile with one page. */
export class Visit {
  /**
   * @param {import('playwright-core').Browser} browser
   * @param {import('./worlds.mjs').World} world
   * @param {import('./registry.mjs').Options} options
   * @param {string} shots
   */
  static async begin(browser, world, options, shots) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
      acceptDownloads: true,
      ...options.browser,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(watch);
    const visit = new Visit(context, world, options, shots);
    visit.page = await context.newPage();
    return visit;
  }

  /**
   * @param {import('playwright-core').BrowserContext} context
   * @param {import('./worlds.mjs').World} world
   * @param {import('./registry.mjs').Options} options
   * @param {string} shots
   */
  constructor(context, world, options, shots) {
    this.context = context;
    this.world = world;
    this.shots = shots;
    this.mayLog = options.mayLog ?? [];
    this.mayViolate = false;
    /** @type {string[]} */
    this.problems = [];
    /** Other hosts that the claim is about. @type {string[]} */
    this.hosts = [new URL(world.url).host];
    this.page = /** @type {import('playwright-core').Page} */ (/** @type {unknown} */ (null));
    context.on('page', (page) => this.#watch(page));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^https?:$/.test(url.protocol) && !this.hosts.includes(url.host)) this.problems.push(`asks ${url.host}`);
    });
    context.on('weberror', (error) => this.problems.push(`error in the page: ${error.error()}`));
    context.on('console', (message) => {
      const text = `${message.text()} (${message.location().url})`;
      if (message.type() === 'error' && !this.mayLog.some((known) => known.test(text))) this.problems.push(`logged: ${text}`);
    });
  }

  /** @param {import('playwright-core').Page} page */
  #watch(page) {
    page.on('crash', () => this.problems.push('the page crashed'));
    page.on('dialog', (dialog) => {
      this.problems.push(`a dialog of the browser: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /**
   * Opens a path of the pages.
   * @param {string} at
   */
  async open(at) {
    await this.page.goto(`${this.world.url}${at}`);
    return this.page;
  }

  /**
   * Keeps a picture of the window where that is wanted.
   * @param {string} name
   */
  async shot(name) {
    if (this.shots === '') return;
    await this.page.screenshot({ path: path.join(this.shots, `${name.replace(/[^\w-]+/g, '-')}.png`), animations: 'disabled' });
  }

  /** The claim itself broke the policy, to see it hold. */
  forgiveViolations() {
    this.mayViolate = true;
  }

  /** Sum of all shifts of the layout that nobody's click explains. */
  async shift() {
    return this.page.evaluate(() => /** @type {any} */ (window).seen.shift);
  }

  /** Ends the visit; what went wrong beside the claim itself is returned. */
  async end() {
    for (const page of this.context.pages()) {
      const found = await page
        .evaluate((mayViolate) => {
          const { seen, strangerRan } = /** @type {any} */ (window);
          const violations = (mayViolate ? [] : (seen?.violations ?? [])).map((/** @type {string} */ one) => `violates the policy: ${one}`);
          return strangerRan ? [...violations, 'a script of a stranger ran'] : violations;
        }, this.mayViolate)
        .catch(() => []);
      this.problems.push(...found);
    }
    await this.context.close();
    return this.problems;
  }
}
