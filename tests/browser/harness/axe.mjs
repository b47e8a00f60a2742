// @ts-check
/** What axe finds against WCAG 2.2 AA and good practice. */

import { AxeBuilder } from '@axe-core/playwright';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function problemsOf(page) {
  // colours on their way from one to another have no contrast to speak of
  await page.evaluate(() => {
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
    return Promise.all(ending.map((animation) => animation.finished.catch(() => undefined)));
  });
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  return violations.map(({ id, help, nodes }) => `${id} (${help}) at ${nodes.slice(0, 3).map(({ target }) => target.join(' ')).join(', ')}`);
}
