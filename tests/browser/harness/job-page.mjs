// @ts-check
/** What the page of a job says. */

/**
 * Waits until the page says that so many images are there, in words and by its bar.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} done
 * @param {number} total
 */
export async function showsProgress(page, done, total) {
  await page.getByText(new RegExp(`^${done} of ${total}( images)?$`)).first().waitFor();
  await page.locator(`[role=progressbar][aria-valuetext^="${done} of ${total}"]`).waitFor();
}

/**
 * Waits until the page says that the job has ended well.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} patienceMs
 */
export async function showsEnd(page, patienceMs = 60_000) {
  await page.getByRole('region', { name: 'Progress' }).getByText(/^Completed/).waitFor({ timeout: patienceMs });
}

/**
 * The newest images of the job.
 * @param {import('playwright-core').Page} page
 */
export const newest = (page) => page.getByRole('region', { name: 'Newest images' }).getByRole('listitem');
