import { fireEvent, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
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
