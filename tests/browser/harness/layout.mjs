// @ts-check
/** How a page lies in its window. */

import { must, mustEqual } from './registry.mjs';

/**
 * Nothing makes the page wider than its window, and nothing that can be pressed is partly beyond it.
 * @param {import('playwright-core').Page} page
 */
export async function mustFit(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  must(over <= 0, `the page is ${over} px too wide`);
  mustEqual(await page.evaluate(controlsBeyond), [], 'what is cut off');
}

/** Runs in the page: what can be pressed and is partly beyond its sides. */
function controlsBeyond() {
  const all = [...document.querySelectorAll('button, a[href], input, select')];
  const beyond = all.filter((element) => {
    const box = element.getBoundingClientRect();
    const isHidden = box.width === 0 || getComputedStyle(element).opacity === '0' || box.bottom < 0;
    return !isHidden && (box.left < -1 || box.right > window.innerWidth + 1);
  });
  return beyond.map((element) => element.outerHTML.slice(0, 120));
}
