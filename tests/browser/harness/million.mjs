// @ts-check
/** An API with a million images that nobody had to import: what the gallery asks for, computed on the fly. */

import { png } from './pictures.mjs';

export const MILLION = 1_000_000;
const FIRST_DAY = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;
const PER_DAY = 500;
const SIDES = /** @type {const} */ ([[4000, 3000], [3000, 4000], [1600, 900], [1000, 1000], [3000, 1000]]);
const PICTURE = png(40, 30, 5);

/** The day of the image number `n`, counted from the oldest. @param {number} n */
export const dayOf = (n) => new Date(FIRST_DAY + Math.floor(n / PER_DAY) * DAY_MS).toISOString().slice(0, 10);

/** Name of the image number `n`, counted from the oldest. @param {number} n */
export const nameOf = (n) => `photo ${n}.jpg`;

/** @param {number} n */
function image(n) {
  const [width, height] = SIDES[n % SIDES.length] ?? SIDES[0];
  return {
    id: n + 1,
    name: nameOf(n),
    google_drive_id: `drive-${n}`,
    size: 1_000_000 + n,
    mime_type: 'image/jpeg',
    content_type: 'image/jpeg',
    storage_path: `https://images.example/${n}`,
    storage_provider: 'aws',
    created_at: `${dayOf(n)}T12:00:00.000000`,
    width,
    height,
    content_url: `/api/objects/million-${n}`,
    thumbnail_url: `/api/objects/million-${n}/thumbnail`,
    drive_url: `https://drive.google.com/file/d/drive-${n}/view`,
  };
}

/** @param {URLSearchParams} query */
function page(query) {
  const perPage = Number(query.get('per_page') ?? 50);
  const from = (Number(query.get('page') ?? 1) - 1) * perPage;
  const isOldestFirst = query.get('order') === 'asc';
  const count = Math.max(0, Math.min(perPage, MILLION - from));
  const images = Array.from({ length: count }, (_, i) => image(isOldestFirst ? from + i : MILLION - 1 - from - i));
  return { images, page: from / perPage + 1, per_page: perPage, total: MILLION, total_pages: Math.ceil(MILLION / perPage), total_is_exact: true };
}

function histogram() {
  const days = Math.ceil(MILLION / PER_DAY);
  const buckets = Array.from({ length: days }, (_, i) => {
    const day = days - 1 - i;
    return { day: dayOf(day * PER_DAY), images: Math.min(PER_DAY, MILLION - day * PER_DAY), cursor: null };
  });
  return { by: 'day', buckets, total_is_exact: true };
}

/**
 * Answers every call of this visit.
 * @param {import('playwright-core').BrowserContext} context
 */
export async function serveMillion(context) {
  await context.route('**/api/**', async (route) => {
    const url = new URL(route.request().url());
    const at = url.pathname.replace(/^\/api/, '');
    const one = /^\/images\/(\d+)$/.exec(at);
    if (at === '/images') await route.fulfill({ json: page(url.searchParams) });
    else if (at === '/images/histogram') await route.fulfill({ json: histogram() });
    else if (one) await route.fulfill({ json: image(Number(one[1]) - 1) });
    else if (at === '/images/counts') {
      const by_type = [{ mime_type: 'image/jpeg', images: MILLION, bytes: 1e12 }];
      await route.fulfill({ json: { total: MILLION, total_is_exact: true, bytes: 1e12, by_type, by_provider: [] } });
    } else if (at.startsWith('/objects/')) await route.fulfill({ body: PICTURE, contentType: 'image/png' });
    else await route.fulfill({ status: 404, json: { error: 'Not found' } });
  });
}
