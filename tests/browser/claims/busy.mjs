// @ts-check
import { until } from '../harness/deadline.mjs';
import { linkTo } from '../harness/folders.mjs';
import { names, showsTiles, tile } from '../harness/gallery-page.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

const LINK = 'Link of a Google Drive folder';

/**
 * @param {number} seconds
 * @param {object} body
 */
const busy = (seconds, body) => ({ status: 429, headers: { 'Retry-After': String(seconds) }, json: body });
const LIMITED = { error: 'Too many requests from your address.', code: 'rate-limited' };

claim('who asks too much is told for how long to wait, and only then may ask again', { mayLog: [/429/] }, async (visit) => {
  let asked = 0;
  let isBusy = true;
  await visit.context.route('**/api/stats', (route) => {
    asked += 1;
    return isBusy ? route.fulfill(busy(4, LIMITED)) : route.continue();
  });
  const page = await visit.open('/stats');
  await page.getByText('Too many requests from your address.').waitFor();
  await page.getByText(/^It can be tried again in \d s\.$/).waitFor();
  await visit.shot('busy-stats');
  const again = page.getByRole('button', { name: 'Try again' });
  mustEqual(await again.getAttribute('aria-disabled'), 'true', 'whether the button waits too');
  await again.click({ force: true });
  mustEqual(asked, 1, 'questions before the pause is over');
  isBusy = false;
  await page.getByText(/^It can be tried again/).waitFor({ state: 'detached' });
  await again.click();
  await page.getByRole('heading', { name: 'By type' }).waitFor();
});

claim('a preview that is refused for a while is asked for only once, and says how long', { world: 'import', mayLog: [/429/] }, async (visit) => {
  let asked = 0;
  await visit.context.route('**/api/import/preview', (route) => {
    asked += 1;
    return route.fulfill(busy(40, { error: 'Too many imports from your address: try again in 40 s.', code: 'rate-limited' }));
  });
  const page = await visit.open('/import');
  await page.getByLabel(LINK).fill(linkTo('album'));
  await page.getByText('Too many imports from your address').waitFor();
  const left = page.getByText(/^It can be tried again in \d+ s\.$/);
  const before = await left.textContent();
  await until('the countdown', async () => (await left.textContent()) !== before);
  await visit.shot('busy-preview');
  mustEqual(asked, 1, 'previews that were asked for');
});

for (const [status, code, error] of /** @type {const} */ ([
  [429, 'too-many-jobs', '2 imports are running, and no more may at once: start this one when one of them has ended.'],
  [400, 'too-many-images', 'There are more than 100 images in this folder, and no more may be imported at once.'],
])) {
  claim(`an import that is refused as ${code} says why, and leads to the job if there is one`, { world: 'import', mayLog: [/429|400/] }, async (visit) => {
    const { job_id: id } = await visit.world.imported('keys');
    await visit.context.route('**/api/import/google-drive', (route) =>
      route.fulfill({ status, headers: { 'Retry-After': '30' }, json: { error, code, job_id: id } }),
    );
    const page = await visit.open(`/import?link=${encodeURIComponent(linkTo('keys'))}`);
    await page.getByRole('link', { name: 'With keys only' }).first().waitFor();
    await page.getByRole('button', { name: 'Start import' }).click();
    await page.getByText(error).waitFor();
    await visit.shot(`refused-${code}`);
    await page.getByRole('link', { name: 'Show the import' }).click();
    await page.waitForURL(`${visit.world.url}/jobs/${id}`);
  });
}

claim('pictures that are too many at once come one after the other', { mayLog: [/429/] }, async (visit) => {
  const most = 3;
  let running = 0;
  let refused = 0;
  await visit.context.route(/\/thumbnail\?/, async (route) => {
    if (running >= most) {
      refused += 1;
      return route.fulfill(busy(1, LIMITED));
    }
    running += 1;
    // it is this that makes them too many
    const answer = await route.fetch();
    await new Promise((resolve) => setTimeout(resolve, 200));
    running -= 1;
    return route.fulfill({ response: answer });
  });
  const page = await visit.open('/?q=orientation');
  await showsTiles(page, 8);
  for (const name of await names(page)) {
    await until(`the picture of ${name}`, () =>
      tile(page, name).locator('img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0),
    );
  }
  must(refused > 0, 'nothing was refused');
  must(refused < 40, `${refused} questions were refused`);
});

claim('a job that may not be asked about for a while says so, and is not asked about', { world: 'import', mayLog: [/429/] }, async (visit) => {
  const { gate } = /** @type {import('../harness/worlds.mjs').ImportWorld} */ (visit.world);
  gate.hold('pause-', 1);
  const id = await visit.world.start('pause');
  let isBusy = false;
  /** @type {number[]} */
  const times = [];
  await visit.context.route(/\/api\/import\/(jobs|events)\/[^/?]+$/, (route) => {
    const isEvents = route.request().url().includes('/events/');
    if (isEvents && !isBusy) return route.abort();
    if (!isBusy) return route.continue();
    times.push(Date.now());
    return route.fulfill(busy(6, LIMITED));
  });
  visit.mayLog.push(/ERR_FAILED/);
  const page = await visit.open(`/jobs/${id}`);
  await page.getByRole('region', { name: 'Progress' }).waitFor();
  isBusy = true;
  await page.getByText('The server has too much to do just now.').waitFor();
  await page.getByText(/^It is asked again in \d s\.$/).waitFor();
  await visit.shot('busy-job');
  await until('three refusals', () => times.length >= 3);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  must(gaps.every((gap) => gap >= 4_000), `it was asked again after ${gaps.join(', ')} ms`);
  isBusy = false;
  await page.getByText('The server has too much to do just now.').waitFor({ state: 'detached' });
  gate.release('pause-');
  await page.getByRole('region', { name: 'Progress' }).getByText(/^Completed/).waitFor({ timeout: 60_000 });
});
