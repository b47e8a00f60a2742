// @ts-check
/** One image over everything else, and fingers to move it. */

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{x: number, y: number}} Point */

/**
 * The lightbox with this image.
 *
 * @param {Page} page
 * @param {string} name
 */
export const lightbox = (page, name) => page.getByRole('dialog', { name, exact: true });

/**
 * The scale at which its image is drawn, 1 where it is whole.
 *
 * @param {Page} page
 * @param {string} name
 */
export async function scaleOf(page, name) {
  const picture = lightbox(page, name).locator('[style*="scale("]').first();
  return picture.evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a);
}

/**
 * Moves fingers from where they begin to where they end.
 *
 * @param {Page} page
 * @param {[Point, Point][]} fingers
 */
export async function touch(page, fingers) {
  const session = await page.context().newCDPSession(page);
  const steps = 8;
  const at = (/** @type {number} */ step) =>
    fingers.map(([from, to], id) => ({ id, x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps }));
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
  for (let step = 1; step <= steps; step += 1) {
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(step) });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}
