// @ts-check
/** What browsers tell about how quick a page is. */

/**
 * @typedef {object} Profile
 * @property {string} name
 * @property {import('playwright-core').BrowserContextOptions} browser
 * @property {number} slowdown of the processor
 * @property {{latency: number, downloadThroughput: number, uploadThroughput: number} | null} network milliseconds, bytes per second
 */

/** @type {Profile[]} */
export const PROFILES = [
  { name: 'desktop', browser: { viewport: { width: 1350, height: 940 } }, slowdown: 1, network: null },
  {
    name: 'phone',
    browser: { viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, hasTouch: true, isMobile: false },
    slowdown: 4,
    // "slow 4G", as the usual tools have it
    network: { latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 },
  },
];

/**
 * @param {import('playwright-core').Page} page
 * @param {Profile} profile
 */
export async function slowDown(page, { slowdown, network }) {
  const session = await page.context().newCDPSession(page);
  if (slowdown > 1) await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  if (network) {
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', { offline: false, ...network });
  }
}

/** Runs in the page before everything else, and keeps what it sees in `window.vitals`. */
export function observe() {
  let first = NaN;
  let largest = NaN;
  let shift = 0;
  /** @type {Map<number, number>} */
  const interactions = new Map();
  /** @type {number[]} */
  const frames = [];
  let isCounting = false;

  /**
   * @param {PerformanceObserverInit & {durationThreshold?: number}} options
   * @param {(entry: any) => void} each
   */
  const on = (options, each) => {
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ buffered: true, ...options });
  };
  on({ type: 'paint' }, (entry) => {
    if (entry.name === 'first-contentful-paint') first = entry.startTime;
  });
  on({ type: 'largest-contentful-paint' }, (entry) => {
    largest = entry.startTime;
  });
  on({ type: 'layout-shift' }, (entry) => {
    if (!entry.hadRecentInput) shift += entry.value;
  });
  on({ type: 'event', durationThreshold: 16 }, ({ interactionId, duration }) => {
    if (interactionId) interactions.set(interactionId, Math.max(duration, interactions.get(interactionId) ?? 0));
  });

  Object.assign(window, {
    vitals: {
      paints: () => ({ first_paint_ms: first, largest_paint_ms: largest }),
      shift: () => shift,
      worstInteraction: () => Math.max(0, ...interactions.values()),
      startFrames: () => {
        isCounting = true;
        let last = performance.now();
        const count = (/** @type {number} */ now) => {
          frames.push(now - last);
          last = now;
          if (isCounting) requestAnimationFrame(count);
        };
        requestAnimationFrame(count);
      },
      endFrames: () => {
        isCounting = false;
        const sorted = frames.toSorted((a, b) => a - b);
        return { frame_p95_ms: sorted[Math.floor(sorted.length * 0.95)] ?? NaN, frame_worst_ms: sorted.at(-1) ?? NaN };
      },
    },
  });
}
