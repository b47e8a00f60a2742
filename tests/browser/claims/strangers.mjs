// @ts-check
import { until } from '../harness/deadline.mjs';
import { ENDLESS_NAME, HOSTILE_NAMES, linkTo } from '../harness/folders.mjs';
import { grid, names, searchBox, showsTiles, tile } from '../harness/gallery-page.mjs';
import { mustFit } from '../harness/layout.mjs';
import { lightbox } from '../harness/lightbox.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/** @param {string[]} all */
const sorted = (all) => [...all].sort();

claim('hostile names are text, wherever they are shown', { world: 'import' }, async (visit) => {
  const job = await visit.world.imported('hostile');
  mustEqual([job.processed, job.failed], [HOSTILE_NAMES.length, 0], 'the import');
  const page = await visit.open(`/?job=${job.job_id}`);
  await showsTiles(page, HOSTILE_NAMES.length);
  const stored = (await visit.world.images(`&job_id=${job.job_id}`)).map(({ name }) => name);
  mustEqual(sorted(stored), sorted(HOSTILE_NAMES), 'names that the API has');
  mustEqual(sorted(await names(page)), sorted(HOSTILE_NAMES), 'names of the tiles');
  await page.getByRole('button', { name: 'Only from <b>Hostile</b> "names". Show all images' }).waitFor();
  await visit.shot('hostile-names');
  for (const name of HOSTILE_NAMES) {
    await tile(page, name).click();
    await lightbox(page, name).waitFor();
    must((await page.title()).startsWith(name.slice(0, 7)), `the title is ${await page.title()}`);
    await page.keyboard.press('i');
    await lightbox(page, name).getByRole('definition').filter({ hasText: name.slice(0, 12) }).first().waitFor();
    await page.keyboard.press('i');
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    must(over <= 0, `${name} makes the page ${over} px too wide`);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await searchBox(page).fill('<img src=x');
  await showsTiles(page, 1);
  mustEqual(await names(page), [HOSTILE_NAMES[0]], 'what a search for markup finds');

  await visit.open(`/jobs/${job.job_id}`);
  await page.getByRole('heading', { level: 1, name: '<b>Hostile</b> "names"' }).waitFor();
  await page.getByRole('region', { name: 'Newest images' }).getByRole('listitem').nth(HOSTILE_NAMES.length - 1).waitFor();
  await visit.open('/jobs');
  await page.getByText('<b>Hostile</b> "names"').first().waitFor();
  const strange = await page.evaluate(() => document.querySelectorAll('main b, main script, main svg[onload], main [onerror], main [onmouseover]').length);
  mustEqual(strange, 0, 'elements of strangers');
});

for (const [width, height] of /** @type {const} */ ([[320, 640], [1280, 800]])) {
  claim(`a name of more than a thousand characters breaks no page, ${width} px`, { world: 'import', browser: { viewport: { width, height } } }, async (visit) => {
    const job = await visit.world.imported('endless');
    mustEqual([job.processed, job.failed], [2, 1], 'the import');
    const row = (await visit.world.images(`&job_id=${job.job_id}`)).find(({ mime_type: type }) => type === 'image/png');
    const { page } = visit;
    const start = ENDLESS_NAME.slice(0, 30);
    /** @param {string} what */
    const mustHold = async (what) => {
      await page.getByText(start).first().waitFor();
      await visit.shot(`endless-${width}-${what}`);
      await until(`${what} fits`, async () => {
        await mustFit(page);
        const tall = await page.evaluate(tallest, start);
        must(tall <= 330, `a name is ${tall} px high`);
        mustEqual(await page.evaluate(turned), [], 'texts that a name has turned');
        return true;
      });
    };
    for (const [what, at] of /** @type {const} */ ([
      ['job', `/jobs/${job.job_id}`],
      ['jobs', '/jobs'],
      ['import', `/import?link=${encodeURIComponent(linkTo('endless'))}`],
      ['gallery', `/?job=${job.job_id}`],
    ])) {
      await visit.open(at);
      await page.waitForLoadState('networkidle');
      await mustHold(what);
    }
    await visit.open(`/?job=${job.job_id}&image=${row.id}`);
    await lightbox(page, row.name).waitFor();
    await mustHold('lightbox');
    await page.keyboard.press('i');
    await page.getByRole('complementary', { name: 'Details' }).getByRole('link', { name: start }).waitFor();
    await mustHold('details');
    await page.keyboard.press('i');
    await lightbox(page, row.name).getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete' }).getByText('This cannot be undone.').waitFor();
    await mustHold('question');
    mustEqual(/[\u202a-\u202e\u2066-\u2069]/.test(await page.title()), false, 'whether the title turns direction');
  });
}

/**
 * Runs in the page: the height in pixels of the tallest text that begins so.
 * @param {string} start
 */
function tallest(start) {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let most = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent?.includes(start) || !element || element.closest('.visually-hidden, [role=status]')) continue;
    most = Math.max(most, element.getBoundingClientRect().height);
  }
  return most;
}

/** Runs in the page: elements of names that do not keep their direction to themselves, which only boxes of their own do. */
function turned() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent?.includes('\u202e') || !element || element.closest('.visually-hidden, [role=status], title')) continue;
    // in the midst of a text, a name that opens an isolate and does not close it would leave its own
    if (getComputedStyle(element).display === 'inline' && [...(element.parentElement?.childNodes ?? [])].length > 1) found.push(element.outerHTML.slice(0, 80));
    else if (!element.closest('bdi')) found.push(element.outerHTML.slice(0, 80));
  }
  return found;
}

claim('what browsers cannot show is called what it is', { world: 'import', mayLog: [/thumbnail\?size=\d+/, /api\/objects/] }, async (visit) => {
  const job = await visit.world.imported('strange');
  const page = await visit.open(`/?job=${job.job_id}`);
  await showsTiles(page, 5);
  for (const [name, words] of /** @type {const} */ ([['phone.heic', /HEI[CF]/], ['camera.cr2', /CR2|RAW/], ['script.svg', /SVG/], ['broken.jpg', /Damaged/]])) {
    await tile(page, name).getByText(words).first().waitFor();
    await tile(page, name).click();
    await lightbox(page, name).getByText(words).first().waitFor();
    await lightbox(page, name).getByRole('link', { name: 'Download' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await until('the picture that is fine', () =>
    tile(page, 'fine.png').locator('img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0),
  );
  await visit.shot('strange-formats');
  mustEqual(await grid(page).locator('img[src*="svg"]').count(), 0, 'pictures made of markup');
});

claim('an SVG with a script is saved, never run, by whatever way it is opened', { world: 'import', mayLog: [/./] }, async (visit) => {
  const job = await visit.world.imported('strange');
  const svg = (await visit.world.images(`&job_id=${job.job_id}`)).find(({ name }) => name === 'script.svg');
  const page = await visit.open('/stats');
  const [download] = await Promise.all([page.waitForEvent('download'), page.goto(`${visit.world.url}${svg.content_url}`).catch(() => null)]);
  must(download.suggestedFilename().endsWith('.svg'), `name of the file: ${download.suggestedFilename()}`);
  for (const element of ['iframe', 'object', 'embed', 'img']) {
    await page.evaluate(async ({ element, url }) => {
      const guest = document.createElement(element);
      const done = new Promise((resolve) => ['load', 'error', 'securitypolicyviolation'].forEach((event) => guest.addEventListener(event, resolve)));
      guest.setAttribute(element === 'object' ? 'data' : 'src', url);
      document.body.append(guest);
      // some of them tell nothing about what they refuse
      await Promise.race([done, fetch(url).then((answer) => answer.blob())]);
    }, { element, url: svg.content_url });
  }
  const marks = await page.evaluate(() => localStorage.getItem('stranger'));
  mustEqual(marks, null, 'the mark of the script in this origin');
  for (const frame of page.frames()) {
    const ran = await frame.evaluate(() => document.documentElement.getAttribute('data-ran')).catch(() => null);
    mustEqual(ran, null, `the mark of the script in ${frame.url()}`);
  }
  const answer = await fetch(`${visit.world.url}${svg.content_url}`);
  must(/^attachment/.test(answer.headers.get('content-disposition') ?? ''), `content-disposition: ${answer.headers.get('content-disposition')}`);
  must(/sandbox/.test(answer.headers.get('content-security-policy') ?? ''), `policy: ${answer.headers.get('content-security-policy')}`);
  visit.forgiveViolations();
});
