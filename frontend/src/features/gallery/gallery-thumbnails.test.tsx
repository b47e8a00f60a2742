import { fireEvent, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';
import { makeGallery } from '@/testing/gallery';
import { fakeScreen, showGallery, tile } from '@/testing/gallery-page';
import { API, server } from '@/testing/server';

beforeEach(fakeScreen);

test('a thumbnail that is not ready is asked for again', async () => {
  let asked = 0;
  server.use(
    http.get(`${API}/objects/o1/thumbnail`, () => {
      asked += 1;
      if (asked < 3) return new HttpResponse(null, { status: 503, headers: { 'Retry-After': '0' } });
      return new HttpResponse(new Uint8Array([1]), { headers: { 'Content-Type': 'image/webp' } });
    }),
  );
  showGallery(makeGallery(1));
  const link = await tile(1);
  fireEvent.error(link.querySelector('img') ?? link);
  await waitFor(() => expect(link.querySelector('img')).toHaveAttribute('src', 'blob:thumbnail'));
  expect(asked).toBe(3);
});

test('what will never have a thumbnail is called what it is, and not asked for again', async () => {
  let asked = 0;
  const refuse = () => {
    asked += 1;
    return HttpResponse.json({ error: 'no', code: 'unsupported-image' }, { status: 415 });
  };
  server.use(http.get(`${API}/objects/o2/thumbnail`, refuse));
  showGallery(makeGallery(2, (id) => (id === 2 ? { content_type: 'image/heic' } : { mime_type: 'image/svg+xml' })));
  const heic = await tile(2);
  fireEvent.error(heic.querySelector('img') ?? heic);
  expect(await within(heic).findByText('HEIC')).toBeVisible();
  expect(heic).toHaveAccessibleName('photo-2.jpg HEIC');
  expect(asked).toBe(1);
  const svg = await tile(1);
  expect(within(svg).getByText('SVG')).toBeVisible();
  expect(svg.querySelector('img')).toBeNull();
});

test('a small original stands in where only the browser knows its type', async () => {
  server.use(http.get(`${API}/objects/o1/thumbnail`, () => HttpResponse.json({ error: 'no', code: 'unsupported-image' }, { status: 415 })));
  showGallery(makeGallery(1, () => ({ content_type: 'image/avif', content_url: '/api/objects/o1' })));
  const link = await tile(1);
  fireEvent.error(link.querySelector('img') ?? link);
  await waitFor(() => expect(link.querySelector('img')).toHaveAttribute('src', `${API}/objects/o1`));
  fireEvent.error(link.querySelector('img') ?? link);
  expect(await within(link).findByText('AVIF')).toBeVisible();
});

const SOON = Math.floor(Date.now() / 1000) + 7200;
const signed = (expires: number, signature: string) => `expires=${expires}&signature=${signature}`;
const addresses = (query: string) => ({ content_url: `/api/objects/o1?${query}`, thumbnail_url: `/api/objects/o1/thumbnail?${query}` });

/** The list has one address, and the image that is asked for by itself another one. */
function showSigned(inList: string, byItself: string) {
  const gallery = makeGallery(1, () => addresses(inList));
  const asked = vi.fn();
  showGallery(gallery);
  server.use(
    http.get(`${API}/images/1`, () => {
      asked();
      return HttpResponse.json({ ...gallery.images[0], ...addresses(byItself) });
    }),
    http.get(`${API}/objects/o1/thumbnail`, () => HttpResponse.json({ error: 'no' }, { status: 401 })),
  );
  return asked;
}

test('an address that has expired is not asked for, but renewed', async () => {
  const asked = showSigned(signed(1_700_000_000, 'a1'), signed(SOON, 'a2'));
  const link = await tile(1);
  await waitFor(() => expect(link.querySelector('img')?.getAttribute('src')).toContain('signature=a2'));
  expect(asked).toHaveBeenCalledOnce();
});

test('an address that is refused is renewed once; when that is refused too, it is over', async () => {
  const asked = showSigned(signed(SOON, 'b1'), signed(SOON, 'b2'));
  const link = await tile(1);
  fireEvent.error(link.querySelector('img') ?? link);
  await waitFor(() => expect(link.querySelector('img')?.getAttribute('src')).toContain('signature=b2'));
  fireEvent.error(link.querySelector('img') ?? link);
  expect(await within(link).findByText('Needs the token')).toBeVisible();
  expect(asked).toHaveBeenCalledOnce();
});
