// @ts-check
import { barrier, until } from '../harness/deadline.mjs';
import { names, searchBox, showsTiles, tile } from '../harness/gallery-page.mjs';
import { showsEnd, showsProgress } from '../harness/job-page.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

const API = '**/api/**';

for (const at of ['/', '/jobs', '/stats']) {
  claim(`without an answer of the server, ${at} says so, and recovers`, { mayLog: [/ERR_(FAILED|INTERNET_DISCONNECTED|CONNECTION)/] }, async (visit) => {
    let isDown = true;
    await visit.context.route(API, (route) => (isDown ? route.abort() : route.continue()));
    const page = await visit.open(at);
    await page.getByText(/The server cannot be reached/).first().waitFor();
    await visit.shot(`offline-${at}`);
    isDown = false;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText(/The server cannot be reached/).waitFor({ state: 'detached' });
  });
}

claim('a server that is busy for a moment is asked again without a word', { mayLog: [/503/] }, async (visit) => {
  let refusals = 2;
  await visit.context.route('**/api/stats', (route) => {
    refusals -= 1;
    return refusals >= 0 ? route.fulfill({ status: 503, json: { error: 'Metadata service unavailable' } }) : route.continue();
  });
  const page = await visit.open('/stats');
  await page.getByRole('heading', { name: 'By type' }).waitFor();
});

claim('while the server is slow, it is said that something is on its way, and everything else works', {}, async (visit) => {
  const slow = barrier();
  await visit.context.route('**/api/stats', async (route) => {
    await slow.isOpen;
    await route.continue();
  });
  const page = await visit.open('/stats');
  await page.getByRole('status').filter({ hasText: 'Counting' }).waitFor();
  await visit.shot('slow-stats');
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('list', { name: /^Jobs/ }).waitFor();
  await page.goBack();
  slow.open();
  await page.getByRole('heading', { name: 'By type' }).waitFor();
  mustEqual(await page.getByText('Counting').count(), 0, 'spinners at the end');
});

claim('while a list of images is slow, that is said, and another one can be asked for', {}, async (visit) => {
  const slow = barrier();
  await visit.context.route('**/api/images?*', async (route) => {
    if (!route.request().url().includes('q=')) await slow.isOpen;
    await route.continue();
  });
  const page = await visit.open('/');
  await page.getByRole('main').getByRole('status').filter({ hasText: /Loading/ }).waitFor();
  await visit.shot('slow-gallery');
  await searchBox(page).fill('photo');
  await until('the search', async () => (await names(page)).join() === 'photo.jpg');
  await searchBox(page).fill('');
  slow.open();
  await showsTiles(page, 24);
});

claim('a system with a token asks for it, tells a wrong one, and keeps the right one', { mayLog: [/401/] }, async (visit) => {
  await visit.context.route(API, (route) => {
    const isAllowed = route.request().headers().authorization === 'Bearer right';
    return isAllowed ? route.continue() : route.fulfill({ status: 401, json: { error: 'A token is needed.', code: 'unauthorized' } });
  });
  const page = await visit.open('/stats');
  const dialog = page.getByRole('dialog', { name: 'This system asks for a token' });
  await dialog.waitFor();
  await visit.shot('token-prompt');
  await dialog.getByLabel('Token').fill('wrong');
  await page.keyboard.press('Enter');
  await dialog.getByText('The token that was kept is not accepted.').waitFor();
  await dialog.getByLabel('Token').fill('right');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'By type' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'By type' }).waitFor();
  mustEqual(await dialog.count(), 0, 'questions for a token that is known');
  await visit.open('/');
  await until('pictures that need the token', () =>
    tile(page, 'photo.jpg').locator('img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0),
  );
  const kept = await page.evaluate(() => ({ cookie: document.cookie, url: location.href }));
  must(!JSON.stringify(kept).includes('right'), `the token is where it should not be: ${JSON.stringify(kept)}`);
});

claim('an import survives the death of the server, and so does the page that shows it', { world: 'import', mayLog: [/./] }, async (visit) => {
  const world = /** @type {import('../harness/worlds.mjs').ImportWorld} */ (visit.world);
  world.gate.hold('cut-', 3);
  const page = await visit.open(`/jobs/${await world.start('cut')}`);
  await showsProgress(page, 3, 12);
  await world.kill();
  await page.getByText('Connection lost').waitFor();
  await visit.shot('job-connection-lost');
  world.gate.release('cut-');
  await world.up();
  await showsEnd(page);
  mustEqual(await page.getByText('Connection lost').count(), 0, 'notes of a lost connection');
});

claim('what an import waits for is said in plain words, and it can still be stopped', { world: 'import' }, async (visit) => {
  const id = await visit.world.start('quota');
  const page = await visit.open(`/jobs/${id}`);
  await page.getByText(/^Waiting .*until \d\d:\d\d/).first().waitFor();
  await page.getByText('there is nothing to do').waitFor();
  await visit.shot('job-waiting');
  await page.getByRole('button', { name: 'Cancel import' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel import' }).click();
  await page.getByText('Cancelled').first().waitFor();
});
