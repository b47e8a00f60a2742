// @ts-check
import { until } from '../harness/deadline.mjs';
import { names, showsTiles, tile } from '../harness/gallery-page.mjs';
import { newest, showsEnd, showsProgress } from '../harness/job-page.mjs';
import { lightbox } from '../harness/lightbox.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';
import { giveToken, prompt, signedUntil } from '../harness/token.mjs';
import { TOKEN } from '../harness/worlds.mjs';

/** @typedef {import('playwright-core').Page} Page */

const REFUSED = [/status of 401/];
/** Long ago. */
const EXPIRED = 1_700_000_000;
/** In a few years: what the page may believe for as long as it is not refused. */
const LATER = 4_000_000_000;

/**
 * Opens six images that lie behind the token.
 * @param {import('../harness/visit.mjs').Visit} visit
 */
async function openAlbum(visit) {
  const { job_id: id } = await visit.world.imported('locked');
  return visit.open(`/?job=${id}`);
}

/**
 * Waits until the picture of a tile is there, and returns its address.
 *
 * @param {Page} page
 * @param {string} name
 */
async function pictureOf(page, name) {
  const drawn = tile(page, name).locator('img');
  return until(`the picture of ${name}`, () =>
    drawn.evaluate((img) => {
      const { naturalWidth, currentSrc } = /** @type {HTMLImageElement} */ (img);
      return naturalWidth > 0 && currentSrc;
    }),
  );
}

/**
 * The list of the gallery with other addresses; one image asked for by itself has the right ones.
 *
 * @param {import('../harness/visit.mjs').Visit} visit
 * @param {(address: string) => string} change
 */
async function giveOtherAddresses(visit, change) {
  await visit.context.route(/\/api\/images\?/, async (route) => {
    const answer = await route.fetch();
    const page = await answer.json();
    for (const image of page.images ?? []) {
      image.content_url = change(image.content_url);
      image.thumbnail_url = image.content_url.replace('?', '/thumbnail?');
    }
    await route.fulfill({ response: answer, json: page });
  });
}

/** @param {string} address */
const expiryOf = (address) => Number(new URL(address).searchParams.get('expires'));

claim('a locked system asks for its token, tells a wrong one, and with the right one shows everything', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  const page = await openAlbum(visit);
  await prompt(page).waitFor();
  await visit.shot('locked-prompt');
  must(!(await page.locator('body').innerText()).includes('locked 0'), 'names are shown without the token');
  await giveToken(page, 'not the token');
  await prompt(page).getByText('The token that was kept is not accepted.').waitFor();
  await giveToken(page);
  await prompt(page).waitFor({ state: 'detached' });
  await showsTiles(page, 6);
  for (const name of await names(page)) await pictureOf(page, name);
  await visit.shot('locked-gallery');
  const kept = await page.evaluate(() => ({ cookie: document.cookie, url: location.href, all: Object.keys(localStorage) }));
  must(!JSON.stringify(kept).includes(TOKEN), `the token is where it should not be: ${JSON.stringify(kept)}`);
  await page.reload();
  await showsTiles(page, 6);
  mustEqual(await prompt(page).count(), 0, 'questions for a token that is known');
  for (const [at, words] of /** @type {const} */ ([['/jobs', 'Behind a token'], ['/stats', 'By type'], ['/import', 'Recent imports']])) {
    await visit.open(at);
    await page.getByText(words).first().waitFor();
  }
});

claim('behind a token, originals open and are saved without it', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  const page = await openAlbum(visit);
  await giveToken(page);
  await showsTiles(page, 6);
  const [name = ''] = await names(page);
  await tile(page, name).click();
  const box = lightbox(page, name);
  await box.waitFor();
  await page.keyboard.press('i');
  const details = box.getByRole('complementary', { name: 'Details' });
  const [original] = await Promise.all([page.waitForEvent('popup'), details.getByRole('link', { name: 'Open original' }).click()]);
  await original.waitForLoadState();
  mustEqual(await original.evaluate(() => document.contentType), 'image/png', 'type of the original');
  must(!original.url().includes(TOKEN), 'the token is in the address of the original');
  await original.close();
  const [download] = await Promise.all([page.waitForEvent('download'), details.getByRole('link', { name: 'Download' }).click()]);
  mustEqual([download.suggestedFilename(), await download.failure()], [name, null], 'the download');
});

claim('behind a token, an import is watched as it happens', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  const { gate } = /** @type {import('../harness/worlds.mjs').ImportWorld} */ (visit.world);
  gate.hold('unlocked-', 2);
  const page = await visit.open(`/jobs/${await visit.world.start('unlocked')}`);
  await prompt(page).waitFor();
  const events = page.waitForRequest(/\/api\/import\/events\//);
  await giveToken(page);
  await showsProgress(page, 2, 6);
  mustEqual(await (await events).headerValue('authorization'), `Bearer ${TOKEN}`, 'what is sent for events');
  gate.release('unlocked-');
  await showsEnd(page);
  await until('six pictures', async () => (await newest(page).count()) === 6);
  await until('their pixels', () =>
    newest(page).locator('img').evaluateAll((all) => all.length === 6 && all.every((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0)),
  );
});

claim('addresses of pictures that have expired are renewed, and so are the links to originals', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  await giveOtherAddresses(visit, (address) => signedUntil(address, EXPIRED));
  /** @type {string[]} */
  const refused = [];
  visit.context.on('response', (answer) => {
    if (answer.status() === 401 && answer.url().includes('/objects/')) refused.push(answer.url());
  });
  const page = await openAlbum(visit);
  await giveToken(page);
  await showsTiles(page, 6);
  for (const name of await names(page)) {
    const address = await pictureOf(page, name);
    must(expiryOf(address) > Date.now() / 1000, `${name} is drawn from ${address}`);
  }
  mustEqual(refused, [], 'addresses that were asked for although they say that they have expired');
  const [name = ''] = await names(page);
  await tile(page, name).click();
  await lightbox(page, name).waitFor();
  await page.keyboard.press('i');
  const details = lightbox(page, name).getByRole('complementary', { name: 'Details' });
  const [original] = await Promise.all([page.waitForEvent('popup'), details.getByRole('link', { name: 'Open original' }).click()]);
  await original.waitForLoadState();
  mustEqual(await original.evaluate(() => document.contentType), 'image/png', 'type of the original');
});

claim('an address that is refused is renewed once, and then shown', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  // as one that was signed with the token before this one
  await giveOtherAddresses(visit, (address) => signedUntil(address, LATER).replace(/.$/, (digit) => (digit === '0' ? '1' : '0')));
  const page = await openAlbum(visit);
  await giveToken(page);
  await showsTiles(page, 6);
  for (const name of await names(page)) {
    const address = await pictureOf(page, name);
    must(expiryOf(address) < LATER, `${name} is drawn from ${address}`);
  }
  const [name = ''] = await names(page);
  await tile(page, name).click();
  await until('the large picture', () =>
    lightbox(page, name).locator('img').last().evaluate((img) => {
      const { naturalWidth, currentSrc } = /** @type {HTMLImageElement} */ (img);
      return naturalWidth > 0 && /expires=(?!4000000000)/.test(currentSrc);
    }),
  );
});

claim('a picture that is refused for good is asked for a few times, and then called so', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  /** @type {Map<string, number>} */
  const asked = new Map();
  await visit.context.route('**/api/objects/**', (route) => {
    const { pathname } = new URL(route.request().url());
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
    return route.fulfill({ status: 401, json: { error: 'No.', code: 'address-not-signed' } });
  });
  let rows = 0;
  visit.context.on('request', (request) => {
    if (/\/api\/images\/\d+$/.test(request.url())) rows += 1;
  });
  const page = await openAlbum(visit);
  await giveToken(page);
  await showsTiles(page, 6);
  for (const name of await names(page)) await tile(page, name).getByText('Needs the token').waitFor();
  await visit.shot('locked-refused');
  mustEqual([asked.size, rows], [6, 6], 'pictures, and images that were asked for again');
  must([...asked.values()].every((times) => times <= 2), `refused pictures were asked for so often: ${[...asked.values()].join()}`);
});

claim('a token is forgotten when that is wished, and with it what it has shown', { world: 'locked', mayLog: REFUSED }, async (visit) => {
  const page = await openAlbum(visit);
  await prompt(page).waitFor();
  mustEqual(await page.getByRole('button', { name: 'Token of this system' }).count(), 0, 'ways to forget what is not known');
  await prompt(page).getByRole('checkbox', { name: 'Remember it in this browser' }).check();
  await giveToken(page);
  await showsTiles(page, 6);
  await page.getByRole('button', { name: 'Token of this system' }).click();
  await visit.shot('locked-token');
  await page.getByRole('button', { name: 'Forget token' }).click();
  await prompt(page).waitFor();
  const left = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) + document.body.innerText);
  must(!left.includes(TOKEN) && !left.includes('locked 0'), `this is left: ${left}`);
  await prompt(page).getByRole('button', { name: 'Not now' }).click();
  await page.getByText('shows nothing without it').waitFor();
  await page.reload();
  await prompt(page).waitFor();
});
