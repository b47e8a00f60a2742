// @ts-check
import { linkTo } from '../harness/folders.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';
import { otherSite } from '../harness/site.mjs';

claim('the calls of the original’s own pages work from another origin', { world: 'import', mayLog: [/400 \(Bad Request\)/] }, async (visit) => {
  const site = await otherSite();
  try {
    visit.hosts.push(new URL(site.origin).host);
    await visit.page.goto(site.origin);
    const seen = await visit.page.evaluate(importAsTheOriginalDoes, { api: visit.world.url, folderUrl: linkTo('other') });
    mustEqual(seen.started.status, 202, 'status of the import');
    mustEqual(seen.started.body.total_images, 4, 'images of the import');
    mustEqual(seen.last.status, 'completed', 'status of the job');
    mustEqual([seen.last.processed, seen.last.failed, seen.last.total], [4, 0, 4], 'counters of the job');
    mustEqual(seen.last.imported.length, 4, 'images of the job');
    mustEqual([seen.list.page, seen.list.per_page], [1, 50], 'page of the list');
    const row = seen.list.images.find((/** @type {any} */ image) => image.name === 'other 000.png');
    must(row?.google_drive_id === 'other-0' && row.storage_path.includes('_'), `the list lacks an image: ${JSON.stringify(row)}`);
    must(seen.stats.total_images >= 4 && Array.isArray(seen.stats.by_provider), `stats: ${JSON.stringify(seen.stats)}`);
    mustEqual(seen.filtered, 0, 'images of another provider');
    mustEqual(seen.refused.status, 400, 'status of an import without a link');
    must(seen.refused.body.error.includes('folder_url'), `words of an import without a link: ${seen.refused.body.error}`);
    mustEqual(seen.deleted, 200, 'status of a deletion');
  } finally {
    await site.close();
  }
});

/**
 * Runs in the page: what the original's pages do, by the same means.
 *
 * @param {{api: string, folderUrl: string}} where
 */
async function importAsTheOriginalDoes({ api, folderUrl }) {
  const json = { 'Content-Type': 'application/json' };
  /** @param {unknown} body */
  const post = async (body) => {
    const answer = await fetch(`${api}/api/import/google-drive`, { method: 'POST', headers: json, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
  /** @param {string} at */
  const get = async (at) => (await fetch(`${api}/api${at}`)).json();

  const started = await post({ folder_url: folderUrl });
  let last;
  do {
    if (last !== undefined) await new Promise((resolve) => setTimeout(resolve, 500));
    last = await get(`/import/status/${started.body.job_id}`);
  } while (last.status === 'processing');
  const list = await get('/images?page=1&per_page=50');
  const mine = list.images.find((/** @type {any} */ image) => image.google_drive_id === 'other-3');
  return {
    started,
    last,
    list,
    stats: await get('/stats'),
    filtered: (await get('/images?page=1&per_page=50&storage_provider=azure')).images.length,
    refused: await post({}),
    deleted: (await fetch(`${api}/api/images/${mine.id}`, { method: 'DELETE' })).status,
  };
}
