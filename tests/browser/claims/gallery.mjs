// @ts-check
import { until } from '../harness/deadline.mjs';
import { ALBUM_SIZE } from '../harness/folders.mjs';
import { grid, names, searchBox, showsHeadline, showsTiles, tile, tiles } from '../harness/gallery-page.mjs';
import { dayOf, MILLION, nameOf, serveMillion } from '../harness/million.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

/** Browsers draw nothing below. */
const HIGHEST_PAGE = 16_000_000;

/** @param {import('playwright-core').Page} page */
const boxes = (page) =>
  grid(page).locator('li[aria-posinset]').evaluateAll((items) =>
    items.map((item) => {
      const { x, y, width, height } = item.getBoundingClientRect();
      return [x, y, width, height].map(Math.round);
    }),
  );

claim('the grid stands before the first pixel arrives, and nothing moves afterwards', {}, async (visit) => {
  /** @type {(value?: unknown) => void} */
  let release = () => undefined;
  const mayGo = new Promise((resolve) => (release = resolve));
  await visit.context.route('**/thumbnail?*', async (route) => {
    await mayGo;
    await route.continue();
  });
  const page = await visit.open('/');
  await showsTiles(page, 24);
  await showsHeadline(page, /^24 images/);
  const before = await boxes(page);
  const rows = await visit.world.images();
  const turned = rows.find((/** @type {any} */ row) => row.name === 'photo.jpg');
  const at = await tile(page, 'photo.jpg').boundingBox();
  const ratio = (at?.width ?? 0) / (at?.height ?? 1);
  must(Math.abs(ratio / (turned.width / turned.height) - 1) < 0.1, `the tile of ${turned.width}×${turned.height} has the ratio ${ratio}`);
  release();
  await until('all pictures', () => grid(page).locator('img').evaluateAll((all) => all.length >= 20 && all.every((one) => /** @type {HTMLImageElement} */ (one).complete)));
  mustEqual(await boxes(page), before, 'places of the tiles when the pictures are there');
  const shift = await visit.shift();
  must(shift < 0.05, `the layout shifted by ${shift}`);
  await visit.shot('gallery');
});

claim('only thumbnails are asked for, of the sizes that there are', {}, async (visit) => {
  /** @type {string[]} */
  const asked = [];
  visit.context.on('request', (request) => {
    if (request.url().includes('/api/objects/')) asked.push(request.url());
  });
  const page = await visit.open('/');
  await showsTiles(page, 24);
  await page.waitForLoadState('networkidle');
  must(asked.length >= 20, `only ${asked.length} pictures`);
  const other = asked.filter((url) => !/\/thumbnail\?size=(160|320|640|1280)$/.test(url));
  mustEqual(other, [], 'requests that are no thumbnails');
});

claim('a search finds parts of names in any script while it is typed, and going back ends it', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  for (const [text, found] of /** @type {const} */ ([['PHOT', 'photo.jpg'], ['תמונה', 'صورة من العطلة — תמונה.jpg'], ['👩‍🚀', '🌈 rainbow 🎉👩‍🚀.png'], ['#1 +', '100% #1 + a&b=c?.jpg']])) {
    await searchBox(page).fill(text);
    await until(`what is found for ${text}`, async () => (await names(page)).join() === found);
    mustEqual(new URL(page.url()).searchParams.get('q'), text, 'the search in the address');
  }
  await visit.shot('gallery-search');
  await page.reload();
  await showsTiles(page, 1);
  mustEqual(await searchBox(page).inputValue(), '#1 +', 'the field after a reload');
  await page.goBack();
  await showsTiles(page, 24);
  mustEqual(await searchBox(page).inputValue(), '', 'the field after going back');
  await searchBox(page).fill('no image has this name');
  await page.getByText(/^(No |Nothing)/).first().waitFor();
  await visit.shot('gallery-nothing-found');
});

claim('type, order and job choose what is shown, and the address says so', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  await page.getByLabel('Type').selectOption('image/png');
  const pngs = (await visit.world.images('&mime_type=image/png')).map(({ name }) => name);
  await showsTiles(page, pngs.length);
  mustEqual((await names(page)).sort(), pngs.sort(), 'what is shown of PNG');
  await page.getByLabel('Order').selectOption({ label: 'Name A to Z' });
  await page.waitForURL(/type=image%2Fpng.*sort=name/);
  const inOrder = (await visit.world.images('&mime_type=image/png&sort=name&order=asc')).map(({ name }) => name);
  await until('the order', async () => JSON.stringify(await names(page)) === JSON.stringify(inOrder));
  await page.reload();
  await showsTiles(page, pngs.length);
  mustEqual(await names(page), inOrder, 'what is shown after a reload');
  await page.goBack();
  await page.goBack();
  await showsTiles(page, 24);

  const { jobs } = await visit.world.api('/import/jobs');
  const job = jobs.find((/** @type {any} */ one) => one.folder_name === 'Awkward names');
  await visit.open(`/?job=${job.job_id}`);
  await showsTiles(page, 9);
  await page.getByRole('button', { name: /^Only from Awkward names/ }).click();
  await showsTiles(page, 24);
});

claim('the largest are first where sizes are the order', {}, async (visit) => {
  const page = await visit.open('/?sort=size');
  await showsTiles(page, 24);
  const inOrder = (await visit.world.images('&sort=size&order=desc')).map(({ name }) => name);
  mustEqual(await names(page), inOrder, 'the order');
});

claim('scrolling reaches every image, and the document holds only those near', { world: 'import' }, async (visit) => {
  const { job_id: id } = await visit.world.imported('album');
  const page = await visit.open(`/?job=${id}`);
  await showsHeadline(page, new RegExp(`^${ALBUM_SIZE} results`));
  /** @type {Set<string>} */
  const seen = new Set();
  await page.mouse.move(600, 500);
  await until('every image', async () => {
    const now = await names(page);
    must(now.length < 110, `the document holds ${now.length} tiles`);
    for (const name of now) seen.add(name);
    await page.mouse.wheel(0, 400);
    return seen.size === ALBUM_SIZE;
  });
  await tile(page, 'album 000.png').waitFor();
  must(await page.evaluate(() => window.scrollY > 500), 'nothing was scrolled');
  const shift = await visit.shift();
  must(shift < 0.1, `the layout shifted by ${shift}`);
});

claim('a million images: any day is one step away, and the document stays within what browsers can draw', {}, async (visit) => {
  await serveMillion(visit.context);
  const page = await visit.open('/');
  await showsHeadline(page, /^1,000,000 images/);
  await tile(page, nameOf(MILLION - 1)).waitFor();
  const date = page.getByRole('slider', { name: 'Date' });
  await date.waitFor();
  await visit.shot('gallery-million');
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  must((await height()) < HIGHEST_PAGE, `the document is ${await height()} px high`);

  await date.focus();
  await page.keyboard.press('End');
  await tile(page, nameOf(0)).waitFor();
  must((await date.getAttribute('aria-valuetext'))?.includes('2020'), `the day at the end: ${await date.getAttribute('aria-valuetext')}`);
  must((await height()) < HIGHEST_PAGE, `the document is ${await height()} px high at the end`);
  await page.keyboard.press('Home');
  await tile(page, nameOf(MILLION - 1)).waitFor();

  const box = await date.locator('xpath=..').boundingBox();
  must(box, 'the dates have no place');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  const day = await until('images of the middle', async () => {
    const shown = await names(page);
    const number = Number(/\d+/.exec(shown[Math.floor(shown.length / 2)] ?? '')?.[0]);
    return Math.abs(number - MILLION / 2) < MILLION / 50 && dayOf(number);
  });
  const told = await date.getAttribute('aria-valuetext');
  must(told?.includes(day.slice(0, 4)), `images of ${day}, and the date says ${told}`);
  await page.mouse.move(400, 400);
  const before = await names(page);
  await page.mouse.wheel(0, 5000);
  await until('other images after scrolling on', async () => {
    const shown = await names(page);
    return shown.length > 10 && !shown.includes(before[0] ?? '');
  });
  must((await tiles(page).count()) < 300, `the document holds ${await tiles(page).count()} tiles`);
});

claim('going back to the gallery leads to where one was', { browser: { viewport: { width: 375, height: 812 } } }, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  const kept = () => page.evaluate(() => /** @type {{ at?: number } | null} */ (history.state)?.at ?? 0);
  await until('the place is kept', async () => (await kept()) > 0);
  const place = await kept();
  await page.getByRole('link', { name: 'Stats', exact: true }).click();
  await page.getByRole('heading', { name: 'Stats' }).waitFor();
  await page.goBack();
  // the row that was seen first is at the top again, wherever in it one was
  await until('the page is scrolled again', () => page.evaluate(() => window.scrollY > 60));
  mustEqual(await kept(), place, 'the place after going back');
});
