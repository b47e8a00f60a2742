// @ts-check
import { readFile } from 'node:fs/promises';
import { newest, showsEnd, showsProgress } from '../harness/job-page.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/** @typedef {import('../harness/visit.mjs').Visit} Visit */
/** @typedef {import('../harness/worlds.mjs').ImportWorld} ImportWorld */

/** @param {Visit} visit */
const worldOf = (visit) => /** @type {ImportWorld} */ (visit.world);

claim('a job is live: its bar moves and its images appear without a reload', { world: 'import' }, async (visit) => {
  const { gate } = worldOf(visit);
  gate.hold('live-', 4);
  const id = await visit.world.start('live');
  const page = await visit.open(`/jobs/${id}`);
  await page.getByRole('heading', { level: 1, name: 'Live and slow' }).waitFor();
  await showsProgress(page, 4, 12);
  await newest(page).nth(3).waitFor();
  mustEqual(await newest(page).count(), 4, 'images that have appeared');
  await visit.shot('job-running');
  await page.evaluate(() => Object.assign(window, { isSamePage: true }));
  gate.release('live-');
  await showsEnd(page);
  await newest(page).nth(11).waitFor();
  const drawn = await newest(page).locator('img').evaluateAll(async (images) => {
    const all = /** @type {HTMLImageElement[]} */ (images);
    await Promise.all(all.map((image) => image.decode()));
    return all.every((image) => image.naturalWidth > 0);
  });
  must(drawn, 'not every image is drawn');
  must(await page.evaluate(() => 'isSamePage' in window), 'the page was loaded anew');
  mustEqual(await page.getByRole('button', { name: 'Cancel import' }).count(), 0, 'buttons to cancel what has ended');
});

claim('a job survives a reload, and can be closed and opened again by its address', { world: 'import' }, async (visit) => {
  const { gate } = worldOf(visit);
  gate.hold('again-', 5);
  const page = await visit.open(`/jobs/${await visit.world.start('again')}`);
  await showsProgress(page, 5, 12);
  await page.reload();
  await showsProgress(page, 5, 12);
  await newest(page).nth(4).waitFor();
  const address = page.url();
  await page.close();
  const later = await visit.context.newPage();
  visit.page = later;
  await later.goto(address);
  await showsProgress(later, 5, 12);
  gate.release('again-');
  await showsEnd(later);
});

claim('a job goes on being shown where no events come through', { world: 'import', mayLog: [/import\/events/] }, async (visit) => {
  const { gate } = worldOf(visit);
  await visit.context.route('**/api/import/events/**', (route) => route.abort());
  gate.hold('polled-', 3);
  const page = await visit.open(`/jobs/${await visit.world.start('polled')}`);
  await showsProgress(page, 3, 12);
  gate.release('polled-');
  await showsEnd(page);
});

claim('failures are told with reason and advice, saved as CSV, and tried again', { world: 'import' }, async (visit) => {
  const page = await visit.open(`/jobs/${(await visit.world.imported('faulty')).job_id}`);
  const table = page.getByRole('region', { name: /^Failed images/ }).getByRole('table');
  await table.waitFor();
  const cells = await table.getByRole('row').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  mustEqual(cells.length, 3, 'rows of the table, with its head');
  const quota = cells.find(([name]) => name?.includes('faulty 001.png'));
  must(quota !== undefined && quota[1] && quota[2], `no reason and advice for the quota: ${JSON.stringify(cells)}`);
  must(/download-quota-exceeded/.test(quota[1]), `not the reason: ${quota[1]}`);
  await visit.shot('job-failures');

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()]);
  must(download.suggestedFilename().endsWith('.csv'), `name of the file: ${download.suggestedFilename()}`);
  const csv = await readFile((await download.path()) ?? '', 'utf8');
  must(csv.includes('faulty 001.png') && csv.includes('faulty 003.png'), `the file lacks a failure: ${csv}`);

  const before = page.url();
  await page.getByRole('button', { name: 'Retry all failed' }).click();
  await page.waitForURL((at) => /\/jobs\/[\w-]+$/.test(at.href) && at.href !== before);
  await showsEnd(page);
  await newest(page).nth(1).waitFor();
  mustEqual(await newest(page).count(), 2, 'images of the second try');
  await page.getByRole('link', { name: 'an earlier job' }).click();
  await page.waitForURL(before);
});

claim('a job is cancelled after a question, and what is stored stays', { world: 'import' }, async (visit) => {
  const { gate } = worldOf(visit);
  gate.hold('stop-', 2);
  const id = await visit.world.start('stop');
  const page = await visit.open(`/jobs/${id}`);
  await showsProgress(page, 2, 12);
  await page.getByRole('button', { name: 'Cancel import' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go on importing' }).click();
  mustEqual((await visit.world.api(`/import/jobs/${id}`)).state, 'running', 'state after the question was answered with no');
  await page.getByRole('button', { name: 'Cancel import' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel import' }).click();
  await page.getByText('Cancelled').first().waitFor();
  gate.release('stop-');
  mustEqual((await visit.world.ended(id)).state, 'cancelled', 'state at the end');
  mustEqual((await visit.world.images(`&job_id=${id}`)).length, 2, 'images that are stored');
});

claim('the list of jobs leads to each, newest first', { world: 'import' }, async (visit) => {
  await visit.world.imported('other');
  const told = (await visit.world.api('/import/jobs')).jobs;
  const page = await visit.open('/jobs');
  const items = page.getByRole('list', { name: /^Jobs/ }).locator(':scope > li');
  await items.first().waitFor();
  mustEqual(await items.count(), Math.min(20, told.length), 'jobs in the list');
  const first = items.first();
  must((await first.textContent())?.includes(told[0].folder_name), `the first is not ${told[0].folder_name}`);
  await visit.shot('jobs');
  await first.getByRole('link').first().click();
  await page.waitForURL(`${visit.world.url}/jobs/${told[0].job_id}`);
  await page.goBack();
  await items.first().waitFor();
});

claim('a job that does not exist says so', { world: 'import', mayLog: [/404/] }, async (visit) => {
  const page = await visit.open('/jobs/00000000-0000-4000-8000-000000000000');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('link', { name: 'All jobs' }).click();
  await page.waitForURL(`${visit.world.url}/jobs`);
});
