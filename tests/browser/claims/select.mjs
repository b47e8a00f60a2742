// @ts-check
import { barrier, until } from '../harness/deadline.mjs';
import { grid, names, showsSelected, showsTiles, tile } from '../harness/gallery-page.mjs';
import { lightbox } from '../harness/lightbox.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
const mark = (page, name) => grid(page).getByRole('checkbox', { name: `Select ${name}`, exact: true });

claim('a selection grows by shift-click, is deleted after a question, and is gone from everywhere', { world: 'import' }, async (visit) => {
  const { job_id: id } = await visit.world.imported('gone');
  const rows = await visit.world.images(`&job_id=${id}`);
  const page = await visit.open(`/?job=${id}`);
  await showsTiles(page, 8);
  const shown = await names(page);
  await tile(page, shown[1] ?? '').hover();
  await mark(page, shown[1] ?? '').click();
  await showsSelected(page, 1);
  await tile(page, shown[4] ?? '').click({ modifiers: ['Shift'] });
  await showsSelected(page, 4);
  await mark(page, shown[2] ?? '').click();
  await showsSelected(page, 3);
  await visit.shot('gallery-selection');

  const bar = page.getByRole('toolbar', { name: 'Selection' });
  await bar.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete 3 images?' });
  await question.getByText('This cannot be undone.').waitFor();
  await visit.shot('delete-question');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  mustEqual((await visit.world.images(`&job_id=${id}`)).length, 8, 'images after the question was answered with no');
  await bar.getByRole('button', { name: 'Delete' }).click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await question.waitFor({ state: 'detached' });

  const left = shown.filter((_, at) => ![1, 3, 4].includes(at));
  await showsTiles(page, 5);
  mustEqual(await names(page), left, 'what is shown after the deletion');
  mustEqual((await visit.world.images(`&job_id=${id}`)).map(({ name }) => name), left, 'what the API has after the deletion');
  const gone = rows.filter(({ name }) => !left.includes(name));
  mustEqual(gone.length, 3, 'images that were deleted');
  for (const { content_url: url } of gone) {
    await until(`the end of ${url}`, async () => (await fetch(`${visit.world.url}${url}`)).status === 404);
  }
  await page.reload();
  await showsTiles(page, 5);
});

claim('an open image is deleted after a question, and its neighbour takes its place', { world: 'import' }, async (visit) => {
  const { job_id: id } = await visit.world.imported('single');
  const page = await visit.open(`/?job=${id}`);
  await showsTiles(page, 3);
  const [first = '', second = '', third = ''] = await names(page);
  const row = (await visit.world.images(`&job_id=${id}`)).find(({ name }) => name === second);
  // its pictures are on their way for so long that there is nothing left to be had
  const gone = barrier();
  /** @type {import('playwright-core').Request[]} */
  const asked = [];
  await visit.context.route((url) => url.pathname.startsWith(row.content_url), async (route) => {
    asked.push(route.request());
    await gone.isOpen;
    await route.continue().catch(() => undefined);
  });
  await tile(page, second).click();
  await lightbox(page, second).getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete this image?' });
  await question.getByText(second, { exact: true }).waitFor();
  await question.getByRole('button', { name: 'Delete' }).click();
  await until('a neighbour', async () => (await lightbox(page, first).count()) + (await lightbox(page, third).count()) === 1);
  await page.keyboard.press('Escape');
  await showsTiles(page, 2);
  mustEqual(await names(page), [first, third], 'what is shown after the deletion');
  await until('the end of the object', async () => (await fetch(`${visit.world.url}${row.content_url}`)).status === 404);
  gone.open();
  must(asked.length > 0, 'no picture of the image was asked for');
  await until('that the page gave up its pictures', () => asked.every((request) => request.failure() !== null));
});

claim('a deletion that the server refuses is told, and nothing seems gone', { world: 'import', mayLog: [/503/] }, async (visit) => {
  const { job_id: id } = await visit.world.imported('gone');
  await visit.context.route('**/api/images/delete', (route) => route.fulfill({ status: 503, json: { error: 'Metadata service unavailable' } }));
  const page = await visit.open(`/?job=${id}`);
  await until('tiles', async () => (await names(page)).length > 0);
  const before = await names(page);
  await tile(page, before[0] ?? '').focus();
  await page.keyboard.press('x');
  await showsSelected(page, 1);
  await page.keyboard.press('Delete');
  const question = page.getByRole('dialog');
  await question.getByRole('button', { name: 'Delete' }).click();
  await question.getByText('Metadata service unavailable').waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  mustEqual(await names(page), before, 'what is shown after the refusal');
});

claim('a selection by keys alone: marked, widened, and taken back by Escape', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  const [first = ''] = await names(page);
  await tile(page, first).focus();
  await page.keyboard.press('x');
  await showsSelected(page, 1);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+Space');
  await showsSelected(page, 3);
  must((await grid(page).getByRole('checkbox', { checked: true }).count()) === 3, 'marks of the selection');
  await page.keyboard.press('Escape');
  await page.getByRole('toolbar', { name: 'Selection' }).waitFor({ state: 'detached' });
});

claim('on a phone a long press begins a selection, and taps widen it', { browser: { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true } }, async (visit) => {
  const page = await visit.open('/');
  await until('tiles', async () => (await names(page)).length > 5);
  const [first = '', second = ''] = await names(page);
  const box = await tile(page, first).boundingBox();
  must(box, 'the first tile has no place');
  const session = await visit.context.newCDPSession(page);
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await showsSelected(page, 1);
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await tile(page, second).tap();
  await showsSelected(page, 2);
  const ends = await page.getByRole('toolbar', { name: 'Selection' }).getByRole('button').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
  must(Math.max(...ends) <= 375, `a button ends at ${Math.max(...ends)} px of 375`);
  await visit.shot('gallery-selection-phone');
});
