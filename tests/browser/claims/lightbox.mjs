// @ts-check
import { until } from '../harness/deadline.mjs';
import { names, showsTiles, tile } from '../harness/gallery-page.mjs';
import { lightbox, scaleOf, touch } from '../harness/lightbox.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';

const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

claim('a click opens an image, the address names it, and going back closes it', {}, async (visit) => {
  const page = await visit.open('/');
  await tile(page, 'photo.jpg').click();
  const box = lightbox(page, 'photo.jpg');
  await box.waitFor();
  const row = (await visit.world.images()).find(({ name }) => name === 'photo.jpg');
  mustEqual(new URL(page.url()).searchParams.get('image'), String(row.id), 'the image in the address');
  await until('the picture', () => box.locator('img').first().evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0));
  await visit.shot('lightbox');
  await page.goBack();
  await box.waitFor({ state: 'detached' });
  mustEqual(page.url(), `${visit.world.url}/`, 'the address after going back');
  await page.goForward();
  await box.waitFor();
  await box.getByRole('button', { name: 'Close' }).click();
  await box.waitFor({ state: 'detached' });
});

claim('a link to an image opens it, wherever it is, and beside it are its neighbours', {}, async (visit) => {
  const rows = await visit.world.images();
  const last = rows.at(-1);
  const page = await visit.open(`/?image=${last.id}`);
  await lightbox(page, last.name).waitFor();
  await page.keyboard.press('ArrowLeft');
  await lightbox(page, rows.at(-2).name).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await showsTiles(page, 24);
});

claim('a link to an image that is gone says so', { mayLog: [/404/] }, async (visit) => {
  const page = await visit.open('/?image=999999');
  await page.getByRole('dialog').getByText('There is no such image.').waitFor();
  await page.keyboard.press('Escape');
  await showsTiles(page, 24);
});

claim('keys lead through the images, and the focus returns to where it was', {}, async (visit) => {
  const page = await visit.open('/');
  await showsTiles(page, 24);
  const [first = '', second = '', third = ''] = await names(page);
  await tile(page, first).focus();
  await page.keyboard.press('ArrowRight');
  await until('the focus on the second', () => tile(page, second).evaluate((link) => link === document.activeElement));
  await page.keyboard.press('Enter');
  await lightbox(page, second).waitFor();
  await page.keyboard.press('ArrowRight');
  await lightbox(page, third).waitFor();
  mustEqual(await lightbox(page, third).getByText('3 of 24').count(), 1, 'the place in the list');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await lightbox(page, first).waitFor();
  mustEqual(await page.getByRole('button', { name: 'Previous image' }).count(), 0, 'ways to what is before the first');
  await page.keyboard.press('ArrowLeft');
  await lightbox(page, first).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await until('the focus on the image that was open', () => tile(page, first).evaluate((link) => link === document.activeElement));
});

claim('keys, wheel and double click zoom, and back', {}, async (visit) => {
  const page = await visit.open('/');
  await tile(page, 'photo.jpg').click();
  await lightbox(page, 'photo.jpg').waitFor();
  const scale = () => scaleOf(page, 'photo.jpg');
  mustEqual(await scale(), 1, 'scale at first');
  await page.keyboard.press('+');
  await until('zoom by key', async () => (await scale()) > 1.2);
  await page.keyboard.press('0');
  await until('the whole', async () => (await scale()) === 1);
  await page.mouse.move(640, 420);
  await page.mouse.wheel(0, -300);
  await until('zoom by wheel', async () => (await scale()) > 1.2);
  await page.keyboard.press('0');
  await until('the whole', async () => (await scale()) === 1);
  await page.mouse.dblclick(640, 420);
  await until('zoom by double click', async () => (await scale()) > 1.2);
});

claim('details tell what is known, and lead to Drive, to the original and to the import', { browser: { permissions: ['clipboard-read', 'clipboard-write'] } }, async (visit) => {
  const page = await visit.open('/');
  await tile(page, 'photo.jpg').click();
  const box = lightbox(page, 'photo.jpg');
  await box.waitFor();
  await page.keyboard.press('i');
  const details = box.getByRole('complementary', { name: 'Details' });
  await details.waitFor();
  const row = (await visit.world.images()).find(({ name }) => name === 'photo.jpg');
  const text = (await details.textContent()) ?? '';
  for (const part of ['photo.jpg', 'JPEG', `${row.size.toLocaleString('en-GB')} bytes`, `${row.width.toLocaleString('en-GB')} × ${row.height.toLocaleString('en-GB')}`]) {
    must(text.includes(part), `the details lack ${part}: ${text}`);
  }
  mustEqual(await details.getByRole('link', { name: 'Google Drive' }).getAttribute('href'), row.drive_url, 'the link to Drive');
  await details.getByRole('link', { name: 'Sample pictures' }).waitFor();
  await visit.shot('lightbox-details');
  await details.getByRole('button', { name: 'Copy link' }).click();
  await details.getByRole('button', { name: 'Copied' }).waitFor();
  mustEqual(await page.evaluate(() => navigator.clipboard.readText()), `${visit.world.url}/?image=${row.id}`, 'the link that was copied');
  const [original] = await Promise.all([page.waitForEvent('popup'), details.getByRole('link', { name: 'Open original' }).click()]);
  await original.waitForLoadState();
  mustEqual(await original.evaluate(() => document.contentType), 'image/jpeg', 'type of the original');
  mustEqual(await original.evaluate(() => window.opener), null, 'the opener of the original');
  await original.close();
  const [download] = await Promise.all([page.waitForEvent('download'), details.getByRole('link', { name: 'Download' }).click()]);
  mustEqual(download.suggestedFilename(), 'photo.jpg', 'name of the download');
  await details.getByRole('link', { name: 'Sample pictures' }).click();
  await page.waitForURL(/\/jobs\//);
});

claim('on a phone a swipe leads on, two fingers zoom, and a pull closes', { browser: PHONE }, async (visit) => {
  const page = await visit.open('/');
  await until('tiles', async () => (await names(page)).length > 5);
  const [first = '', second = ''] = await names(page);
  await tile(page, first).tap();
  await lightbox(page, first).waitFor();
  await visit.shot('lightbox-phone');
  await touch(page, [[{ x: 320, y: 400 }, { x: 60, y: 405 }]]);
  await lightbox(page, second).waitFor();
  await touch(page, [[{ x: 60, y: 400 }, { x: 320, y: 395 }]]);
  await lightbox(page, first).waitFor();
  await touch(page, [[{ x: 170, y: 400 }, { x: 80, y: 300 }], [{ x: 200, y: 420 }, { x: 290, y: 520 }]]);
  await until('zoom by fingers', async () => (await scaleOf(page, first)) > 1.2);
  await page.keyboard.press('0');
  await until('the whole', async () => (await scaleOf(page, first)) === 1);
  await touch(page, [[{ x: 180, y: 300 }, { x: 185, y: 640 }]]);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

claim('turned photos stand upright, in the grid and alone', {}, async (visit) => {
  const page = await visit.open('/?q=orientation');
  await showsTiles(page, 8);
  const rows = await visit.world.images('&q=orientation');
  mustEqual(new Set(rows.map(({ width, height }) => `${width}×${height}`)).size, 1, 'sizes of one picture turned eight ways');
  for (const turn of [1, 6]) {
    const name = `orientation-${turn}.jpg`;
    await tile(page, name).click();
    const drawn = lightbox(page, name).locator('img').first();
    const ratio = await until('the picture', () =>
      drawn.evaluate((img) => {
        const { naturalWidth, naturalHeight } = /** @type {HTMLImageElement} */ (img);
        return naturalWidth > 0 && naturalWidth / naturalHeight;
      }),
    );
    must(Math.abs(ratio / (rows[0].width / rows[0].height) - 1) < 0.02, `${name} is drawn with the ratio ${ratio}`);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
});
