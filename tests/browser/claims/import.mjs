// @ts-check
import { until } from '../harness/deadline.mjs';
import { ALBUM_SIZE, idOf, linkTo } from '../harness/folders.mjs';
import { names } from '../harness/gallery-page.mjs';
import { showsEnd } from '../harness/job-page.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/** @param {import('playwright-core').Page} page */
const linkField = (page) => page.getByRole('textbox', { name: 'Link of a Google Drive folder' });

/** @param {import('playwright-core').Page} page */
const start = (page) => page.getByRole('button', { name: 'Start import' });

/**
 * Puts text into the field at once, as a paste does.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} text
 */
async function paste(page, text) {
  await linkField(page).fill('');
  await linkField(page).focus();
  await page.keyboard.insertText(text);
}

claim('a pasted link is previewed, imported, watched to its end, and seen in the gallery', { world: 'import' }, async (visit) => {
  const page = await visit.open('/');
  await paste(page, `  ${linkTo('album')} `);
  await page.getByText('This is a folder link').waitFor();
  await page.getByRole('link', { name: 'The big album' }).waitFor();
  await page.getByText(`${ALBUM_SIZE} images`).first().waitFor();
  await page.getByText('All of them are new.').waitFor();
  await visit.shot('import-preview');
  await start(page).dblclick();
  await page.waitForURL(/\/jobs\/[\w-]{36}$/);
  await showsEnd(page);
  mustEqual((await visit.world.api('/import/jobs')).total, 1, 'jobs after a double click');
  await visit.shot('job-completed');
  await page.getByRole('link', { name: 'Show in gallery' }).click();
  await page.waitForURL(/[?&]job=/);
  await until('images of the album', async () => /^album \d+\.png$/.test((await names(page))[0] ?? ''));
});

claim('what is here already is told before an import', { world: 'import' }, async (visit) => {
  await visit.world.imported('other');
  const page = await visit.open('/import');
  await paste(page, linkTo('other'));
  await page.getByText(/here already/).waitFor();
});

/** What people paste in place of a folder's link, and what they are told. */
const WRONG = /** @type {const} */ ([
  ['https://photos.google.com/share/AF1QipN', /Google Photos/],
  ['https://drive.google.com/file/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345/view', /file/],
  ['https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345/edit', /document/i],
  ['https://example.com/drive/folders/1AbCdEfGhIjKlMnOpQrStUvWxYz012345', /not .*Google Drive/],
  ['https://drive.google.com/drive/my-drive', /My Drive/],
  ['no link at all, just words', /Google Drive/],
]);

claim('a wrong link is told as such at once, and starts nothing', { world: 'import', mayLog: [/api\/import\//] }, async (visit) => {
  const page = await visit.open('/import');
  await start(page).click();
  await page.getByRole('alert').getByText('Paste the link of a folder first.').waitFor();
  must(await linkField(page).evaluate((field) => field === document.activeElement), 'the focus is not in the field');
  const before = (await visit.world.api('/import/jobs')).total;
  for (const [text, words] of WRONG) {
    await paste(page, text);
    await page.getByRole('alert').getByText(words).waitFor();
    await start(page).click();
    await page.getByRole('alert').getByText(words).waitFor();
    mustEqual(await linkField(page).getAttribute('aria-invalid'), 'true', `aria-invalid for ${text}`);
  }
  await visit.shot('import-wrong-link');
  must(page.url().endsWith('/import'), `a wrong link led to ${page.url()}`);
  mustEqual((await visit.world.api('/import/jobs')).total, before, 'jobs after wrong links');
  await paste(page, linkTo('other'));
  await page.getByRole('link', { name: 'For another origin' }).waitFor();
  mustEqual(await linkField(page).getAttribute('aria-invalid'), 'false', 'aria-invalid after the link was mended');
});

claim('a folder without images, and one that is not shared, are told with what to do', { world: 'import', mayLog: [/import\//] }, async (visit) => {
  const page = await visit.open('/import');
  await paste(page, linkTo('none'));
  await page.getByText('No images').first().waitFor();
  await start(page).click();
  await page.getByText('No images found in the folder').waitFor();
  await paste(page, linkTo('closed'));
  await page.getByText(/Anyone with the link.*|not shared|cannot be (seen|read|opened)/).nth(1).waitFor();
  await visit.shot('import-closed');
});

claim('subfolders are left out unless asked for', { world: 'import' }, async (visit) => {
  const page = await visit.open(`/import?link=${encodeURIComponent(idOf('nested'))}`);
  await page.getByText('1 subfolder is left out.').waitFor();
  await page.getByRole('checkbox', { name: 'Include subfolders' }).check();
  await page.getByText('2 images').first().waitFor();
  await start(page).click();
  await page.waitForURL(/\/jobs\//);
  await showsEnd(page);
  const job = await visit.world.api(`/import/jobs/${page.url().split('/').at(-1)}`);
  mustEqual([job.total, job.processed, job.recursive], [2, 2, true], 'the job');
});
