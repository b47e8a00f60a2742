import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';
import { galleryHandlers, makeGallery } from '@/testing/gallery';
import { fakeScreen, showGallery, tile } from '@/testing/gallery-page';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { GalleryPage } from './gallery-page';

beforeEach(fakeScreen);

test('the newest images come first, with their number and bytes', async () => {
  showGallery(makeGallery(250));
  expect(await screen.findByRole('heading', { name: '250 images · 250 kB' })).toBeVisible();
  const links = within(await screen.findByRole('list', { name: 'Images' })).getAllByRole('link');
  expect(links[0]).toHaveAccessibleName('photo-250.jpg');
  expect(links.length).toBeLessThan(60);
  expect(screen.getAllByRole('listitem')[0]).toHaveAttribute('aria-setsize', '250');
});

test('names are text, whatever is in them', async () => {
  showGallery(makeGallery(1, () => ({ name: '<img src=x onerror=alert(1)>.jpg' })));
  expect(await screen.findByRole('link', { name: '<img src=x onerror=alert(1)>.jpg' })).toBeVisible();
  expect(document.querySelector('img[src="x"]')).toBeNull();
});

test('an empty system shows the import form, and fills by itself', async () => {
  showGallery(makeGallery(0));
  expect(await screen.findByRole('heading', { name: 'Your gallery is empty' })).toBeVisible();
  expect(await screen.findByLabelText('Link of a Google Drive folder')).toBeVisible();
});

test('a search finds parts of names, also when its pages come short, and is in the address', async () => {
  const user = showGallery(makeGallery(40, (id) => (id % 10 === 0 ? { name: `Quokka ${id}.jpg` } : {})), '/', 1);
  await tile(39);
  await user.type(screen.getByRole('searchbox'), 'quokka');
  await waitFor(() => expect(location.search).toBe('?q=quokka'));
  await waitFor(() => expect(screen.queryByRole('link', { name: /^photo/ })).toBeNull());
  await waitFor(() => expect(screen.getAllByRole('link', { name: /^Quokka/ })).toHaveLength(4));
  expect(await screen.findByRole('heading', { name: /^4 results/ })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Clear the search' }));
  expect(await tile(39)).toBeVisible();
  expect(location.search).toBe('');
});

test('a search without results says so, and leads back to all', async () => {
  const user = showGallery(makeGallery(5), '/?q=nothing');
  expect(await screen.findByText('No name has “nothing” in it.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Show all images' }));
  expect(await tile(5)).toBeVisible();
});

test('types are chosen with their numbers, orders by name', async () => {
  const gallery = makeGallery(9, (id) => (id % 3 === 0 ? { mime_type: 'image/png' } : {}));
  const user = showGallery(gallery);
  await screen.findByRole('option', { name: 'PNG (3)' });
  await user.selectOptions(screen.getByLabelText('Type'), 'PNG (3)');
  expect(await screen.findByRole('heading', { name: /^3 results/ })).toBeVisible();
  await user.selectOptions(screen.getByLabelText('Order'), 'Name A to Z');
  await waitFor(() => expect(location.search).toBe('?type=image%2Fpng&sort=name'));
  await waitFor(() => expect(screen.getAllByRole('link')[0]).toHaveAccessibleName('photo-3.jpg'));
  expect(gallery.asked.at(-1)?.get('order')).toBe('asc');
});

test('one job can be shown, by the name of its folder, and left again', async () => {
  const user = showGallery(makeGallery(6, (id) => (id > 2 ? { job_id: 'j2' } : {})), '/?job=j1');
  await user.click(await screen.findByRole('button', { name: 'Only from Holiday. Show all images' }));
  expect(await screen.findByRole('heading', { name: /^6 images/ })).toBeVisible();
});

test('the address opens an image, also one that the first page does not have', async () => {
  const user = showGallery(makeGallery(450), '/?image=7');
  const lightbox = await screen.findByRole('dialog', { name: 'photo-7.jpg' });
  expect(await within(lightbox).findByText('444 of 450')).toBeVisible();
  await waitFor(() => expect(within(lightbox).getByRole('button', { name: 'Next image' })).toBeVisible());
  await user.keyboard('{ArrowRight}');
  expect(await screen.findByRole('dialog', { name: 'photo-6.jpg' })).toBeVisible();
  expect(location.search).toBe('?image=6');
  await user.click(within(lightbox).getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(location.search).toBe('');
});

test('the details name what the bytes are where Drive is wrong, and lead on safely', async () => {
  const part = { content_type: 'image/png', drive_url: 'https://drive.google.com/file/d/d1/view', content_url: '/api/objects/o1' };
  const user = showGallery(makeGallery(1, () => part));
  await user.click(await tile(1));
  const lightbox = await screen.findByRole('dialog', { name: 'photo-1.jpg' });
  await user.keyboard('i');
  const details = within(await within(lightbox).findByRole('complementary', { name: 'Details' }));
  expect(details.getByText('Google Drive calls it JPEG')).toBeVisible();
  expect(details.getByText('400 × 300 pixels')).toBeVisible();
  const drive = details.getByRole('link', { name: 'Google Drive' });
  expect(drive).toHaveAttribute('rel', 'noopener noreferrer');
  expect(details.getByRole('link', { name: 'Download' })).toHaveAttribute('href', expect.stringContaining('/api/objects/o1?download=1'));
  expect(await details.findByRole('link', { name: 'Holiday' })).toHaveAttribute('href', '/jobs/j1');
});

test('an image that is not there is said to be not there', async () => {
  showGallery(makeGallery(3), '/?image=99');
  expect(await screen.findByText(/There is no such image/)).toBeVisible();
});

test('images that arrive are announced, and shown when somebody wants them', async () => {
  const gallery = makeGallery(10);
  const more = makeGallery(12).images;
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    showGallery(gallery);
    await tile(10);
    gallery.images = more;
    vi.advanceTimersByTime(16_000);
    const pill = await screen.findByRole('button', { name: '2 new images' });
    expect(screen.queryByRole('link', { name: 'photo-12.jpg' })).toBeNull();
    fireEvent.click(pill);
    expect(await tile(12)).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('button', { name: '2 new images' })).toBeNull());
  } finally {
    vi.useRealTimers();
  }
});

test('an API that is away says so, and can be asked again', async () => {
  const gallery = makeGallery(3);
  server.use(...galleryHandlers(gallery));
  server.use(http.get(`${API}/images`, () => HttpResponse.error()));
  renderAt('/', <GalleryPage />);
  expect(await screen.findByText(/The server cannot be reached/)).toBeVisible();
  server.use(...galleryHandlers(gallery));
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await tile(3)).toBeVisible();
});
