// @ts-check
import { problemsOf } from '../harness/axe.mjs';
import { until } from '../harness/deadline.mjs';
import { linkTo } from '../harness/folders.mjs';
import { grid, names, searchBox, showsSelected, showsTiles, tile } from '../harness/gallery-page.mjs';
import { showsEnd, showsProgress } from '../harness/job-page.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/** @typedef {import('../harness/visit.mjs').Visit} Visit */

/**
 * @param {Visit} visit
 * @param {string} what
 */
async function mustBeAccessible(visit, what) {
  const problems = await problemsOf(visit.page);
  must(problems.length === 0, `${what}: ${problems.join('; ')}`);
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  claim(`no page has a violation that axe finds, ${colorScheme}`, { browser: { colorScheme } }, async (visit) => {
    const { jobs } = await visit.world.api('/import/jobs');
    const { page } = visit;
    for (const at of ['/import', '/jobs', '/stats', '/no-such-page', `/jobs/${jobs[0].job_id}`]) {
      await visit.open(at);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      await mustBeAccessible(visit, at);
    }
    if (colorScheme === 'dark') return;
    // colours were looked at; what is placed elsewhere on a phone has no colours of its own
    await page.setViewportSize({ width: 375, height: 812 });
    for (const at of ['/import', '/jobs', '/stats']) {
      await visit.open(at);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      await mustBeAccessible(visit, `${at} on a phone`);
    }
  });

  claim(`neither the gallery nor what opens in it has a violation that axe finds, ${colorScheme}`, { browser: { colorScheme } }, async (visit) => {
    const page = await visit.open('/');
    await showsTiles(page, 24);
    await page.waitForLoadState('networkidle');
    await mustBeAccessible(visit, 'the gallery');
    await tile(page, 'photo.jpg').focus();
    await page.keyboard.press('x');
    await showsSelected(page, 1);
    await mustBeAccessible(visit, 'a selection');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: /^Delete/ }).waitFor();
    await mustBeAccessible(visit, 'the question before a deletion');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await tile(page, 'photo.jpg').click();
    await page.getByRole('dialog', { name: 'photo.jpg' }).waitFor();
    await page.keyboard.press('i');
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
    await visit.shot(`lightbox-details-${colorScheme}`);
    await mustBeAccessible(visit, 'an open image with details');
    await page.setViewportSize({ width: 375, height: 812 });
    await visit.shot(`lightbox-details-phone-${colorScheme}`);
    await mustBeAccessible(visit, 'an open image with details on a phone');
    await visit.open('/?q=vector');
    await showsTiles(page, 1);
    await mustBeAccessible(visit, 'the gallery on a phone');
    await page.getByRole('button', { name: 'Filter and sort' }).click();
    await page.getByRole('dialog', { name: 'Filter and sort' }).waitFor();
    await visit.shot(`filter-phone-${colorScheme}`);
    await mustBeAccessible(visit, 'filter and sort on a phone');
  });

  claim(`no import, failure or question has a violation that axe finds, ${colorScheme}`, { world: 'import', browser: { colorScheme }, mayLog: [/import\/preview/] }, async (visit) => {
    const { gate } = /** @type {import('../harness/worlds.mjs').ImportWorld} */ (visit.world);
    const { page } = visit;
    await visit.open(`/jobs/${(await visit.world.imported('faulty')).job_id}`);
    await page.getByRole('table').waitFor();
    await mustBeAccessible(visit, 'a job with failures');
    await visit.open(`/import?link=${encodeURIComponent(linkTo('nested'))}`);
    await page.getByText('1 subfolder is left out.').waitFor();
    await mustBeAccessible(visit, 'a preview');
    await visit.open('/import?link=https%3A%2F%2Fexample.com%2Fphotos');
    await page.getByRole('alert').first().waitFor();
    await mustBeAccessible(visit, 'a wrong link');
    const word = `axe${colorScheme}`;
    gate.hold(`${word}-`, 1);
    await visit.open(`/jobs/${await visit.world.start(word)}`);
    await showsProgress(page, 1, 3);
    await mustBeAccessible(visit, 'a job that runs');
    await page.getByRole('button', { name: 'Cancel import' }).click();
    await page.getByRole('dialog').waitFor();
    await mustBeAccessible(visit, 'the question before a job is cancelled');
  });
}

claim('an import needs no mouse, and what has the focus is always seen', { world: 'import' }, async (visit) => {
  const page = await visit.open('/import');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await until('the way past the navigation, at the first stop', () =>
    skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().top >= 0),
  );
  await page.keyboard.press('Enter');
  mustEqual(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus after the navigation was skipped');
  await tabTo(page, page.getByRole('textbox', { name: 'Link of a Google Drive folder' }));
  await page.keyboard.insertText(linkTo('keys'));
  await page.getByRole('link', { name: 'With keys only' }).waitFor();
  await tabTo(page, page.getByRole('checkbox', { name: 'Include subfolders' }));
  await page.keyboard.press('Space');
  await page.getByRole('link', { name: 'With keys only' }).waitFor();
  await tabTo(page, page.getByRole('button', { name: 'Start import' }));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/jobs\//);
  await showsEnd(page);
  await tabTo(page, page.getByRole('link', { name: 'Show in gallery' }));
});

claim('the gallery needs no mouse: one stop for the grid, arrows inside it, and every stop is seen', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  const [first = '', second = ''] = await names(page);
  await tabTo(page, searchBox(page));
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('/');
  must(await searchBox(page).evaluate((field) => field === document.activeElement), 'the slash does not lead to the search');
  await tabTo(page, page.getByLabel('Order'));
  await tabTo(page, tile(page, first));
  mustEqual(await grid(page).locator('[tabindex="0"]').count(), 1, 'stops in the grid');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((name) => document.activeElement?.getAttribute('title') === name, second);
  await page.keyboard.press('End');
  const last = (await visit.world.images()).at(-1).name;
  await page.waitForFunction((name) => document.activeElement?.getAttribute('title') === name, last);
  const box = await tile(page, last).boundingBox();
  must(box && box.y > 0 && box.y + box.height <= 800, `the last image is not on the screen: ${JSON.stringify(box)}`);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: last });
  await dialog.waitFor();
  for (const button of ['Close', 'Delete', 'Details', 'Previous image']) await tabTo(page, dialog.getByRole('button', { name: button, exact: true }));
  await tabTo(page, dialog.getByRole('button', { name: 'Close', exact: true }));
});

claim('on a phone no bar covers what has the focus', { browser: { viewport: { width: 375, height: 667 } } }, async (visit) => {
  const { jobs } = await visit.world.api('/import/jobs');
  const page = await visit.open(`/jobs/${jobs[0].job_id}`);
  const images = page.getByRole('region', { name: 'Newest images' }).getByRole('link');
  await images.first().waitFor();
  await tabTo(page, images.last());
  await visit.open('/import');
  const all = page.getByRole('link', { name: 'All jobs' });
  await all.waitFor();
  await tabTo(page, page.getByRole('list', { name: /^Recent imports/ }).getByRole('link').last());
});

claim('a search tells its result to those who do not see it', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  await searchBox(page).fill('orientation');
  await page.getByRole('status').filter({ hasText: /^8 results/ }).waitFor({ state: 'attached' });
});

for (const reducedMotion of /** @type {const} */ (['reduce', 'no-preference'])) {
  const isStill = reducedMotion === 'reduce';
  claim(isStill ? 'nothing moves for those who asked for less motion' : 'the others see movement', { browser: { reducedMotion } }, async (visit) => {
    const page = await visit.open('/');
    await showsTiles(page, 24);
    await tile(page, 'photo.jpg').click();
    await page.getByRole('dialog', { name: 'photo.jpg' }).waitFor();
    const longest = await page.evaluate(() => {
      const seconds = (/** @type {string} */ list) => Math.max(...list.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1)));
      const all = [...document.querySelectorAll('*')].map((element) => getComputedStyle(element));
      return Math.max(...all.map((style) => Math.max(seconds(style.transitionDuration), style.animationName === 'none' ? 0 : seconds(style.animationDuration))));
    });
    must(isStill ? longest < 0.001 : longest > 0.05, `the longest movement takes ${longest} s`);
  });
}

/**
 * Presses the tabulator until `target` has the focus. Whatever has it on the way must be seen, and be marked.
 *
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').Locator} target
 */
export async function tabTo(page, target) {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(async () => {
      // what is shown, or scrolled to, for the focus is drawn with the next frames: until nothing moves any more
      let seen = '';
      for (let still = 0, frames = 0; still < 2 && frames < 600; frames += 1) {
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify(document.activeElement?.getBoundingClientRect());
        still = now === seen ? still + 1 : 0;
        seen = now;
      }
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const box = element.getBoundingClientRect();
      const isMarked = [getComputedStyle(element), getComputedStyle(element, '::after')].some(
        ({ outlineStyle, outlineWidth, boxShadow }) => (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none',
      );
      // the field of a visually hidden box is drawn by what surrounds it
      const drawn = element.closest('label') ?? element;
      const { x, y, width, height } = drawn.getBoundingClientRect();
      const top = document.elementFromPoint(x + width / 2, y + height / 2);
      const isSeen = box.width > 0 && (drawn.contains(top) || top?.contains(drawn) === true);
      return { isMarked, isSeen, what: element.outerHTML.slice(0, 120) };
    });
    if (focus) {
      must(focus.isSeen, `the focus is out of sight, or covered: ${focus.what}`);
      must(focus.isMarked, `the focus is not marked: ${focus.what}`);
    }
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`60 stops do not lead to ${target}`);
}
