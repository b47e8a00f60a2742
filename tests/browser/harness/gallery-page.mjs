// @ts-check
/** What is on the page of the gallery. */

import { until } from './deadline.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
export const grid = (page) => page.getByRole('list', { name: 'Images' });

/** @param {Page} page */
export const tiles = (page) => grid(page).getByRole('link');

/**
 * The tile of an image.
 *
 * @param {Page} page
 * @param {string} name
 */
export const tile = (page, name) => tiles(page).and(page.getByTitle(name, { exact: true }));

/**
 * Names of the tiles that the document holds, by their place in the list.
 *
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function names(page) {
  return grid(page).locator('li[aria-posinset]').evaluateAll((items) =>
    items
      .map((item) => ({ at: Number(item.getAttribute('aria-posinset')), name: item.querySelector('a')?.getAttribute('title') ?? '' }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name),
  );
}

/**
 * Waits until the list shows so many images, all of them near the screen.
 *
 * @param {Page} page
 * @param {number} count
 */
export async function showsTiles(page, count) {
  await until(`${count} tiles`, async () => {
    const shown = await names(page);
    if (shown.length === count) return true;
    throw new Error(`${shown.length}: ${shown.slice(0, 5).join(', ')}`);
  });
}

/** @param {Page} page */
export const searchBox = (page) => page.getByRole('searchbox', { name: 'Search by name' });

/**
 * Waits for the number in the headline.
 *
 * @param {Page} page
 * @param {RegExp} words
 */
export async function showsHeadline(page, words) {
  await page.getByRole('heading', { level: 1, name: words }).waitFor();
}

/**
 * Waits until so many images are selected.
 *
 * @param {Page} page
 * @param {number} count
 */
export async function showsSelected(page, count) {
  await page.getByRole('toolbar', { name: 'Selection' }).getByText(new RegExp(`^${count}( images?)? selected$`)).waitFor();
}
