import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';
import { galleryHandlers, makeGallery, type FakeGallery } from '@/testing/gallery';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { GalleryPage } from './gallery-page';

// the lightbox is a chunk of its own, and machines are busy
configure({ asyncUtilTimeout: 5000 });

beforeEach(() => {
  // what jsdom does not do: everything is 1000 pixels wide, and at the top of a page that scrolls
  let y = 0;
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000);
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(() => new DOMRect(0, -y, 1000, 0));
  vi.spyOn(window, 'scrollY', 'get').mockImplementation(() => y);
  const scrollTo = (options?: ScrollToOptions | number) => {
    y = Math.max(0, typeof options === 'object' ? (options.top ?? 0) : 0);
    window.dispatchEvent(new Event('scroll'));
  };
  vi.spyOn(window, 'scrollTo').mockImplementation(scrollTo);
  window.scrollBy = (by?: ScrollToOptions | number) => scrollTo({ top: y + (typeof by === 'object' ? (by.top ?? 0) : 0) });
  URL.createObjectURL = () => 'blob:thumbnail';
  URL.revokeObjectURL = () => undefined;
});

function show(gallery: FakeGallery, path = '/', searchStep?: number) {
  server.use(...galleryHandlers(gallery, searchStep));
  renderAt(path, <GalleryPage />);
  return userEvent.setup();
}

const tile = (id: number) => screen.findByRole('link', { name: new RegExp(`^photo-${id}.jpg`) });

test('the newest images come first, with their number and bytes', async () => {
  show(makeGallery(250));
  expect(await screen.findByRole('heading', { name: '250 images · 250 kB' })).toBeVisible();
  const links = within(await screen.findByRole('list', { name: 'Images' })).getAllByRole('link');
  expect(links[0]).toHaveAccessibleName('photo-250.jpg');
  expect(links.length).toBeLessThan(60);
  expect(screen.getAllByRole('listitem')[0]).toHaveAttribute('aria-setsize', '250');
});

test('names are text, whatever is in them', async () => {
  show(makeGallery(1, () => ({ name: '<img src=x onerror=alert(1)>.jpg' })));
  expect(await screen.findByRole('link', { name: '<img src=x onerror=alert(1)>.jpg' })).toBeVisible();
  expect(document.querySelector('img[src="x"]')).toBeNull();
});

test('an empty system shows the import form, and fills by itself', async () => {
  show(makeGallery(0));
  expect(await screen.findByRole('heading', { name: 'Your gallery is empty' })).toBeVisible();
  expect(await screen.findByLabelText('Link of a Google Drive folder')).toBeVisible();
});

test('a search finds parts of names, also when its pages come short, and is in the address', async () => {
  const user = show(makeGallery(40, (id) => (id % 10 === 0 ? { name: `Quokka ${id}.jpg` } : {})), '/', 1);
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
  const user = show(makeGallery(5), '/?q=nothing');
  expect(await screen.findByText('No name has “nothing” in it.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Show all images' }));
  expect(await tile(5)).toBeVisible();
});

test('types are chosen with their numbers, orders by name', async () => {
  const gallery = makeGallery(9, (id) => (id % 3 === 0 ? { mime_type: 'image/png' } : {}));
  const user = show(gallery);
  await screen.findByRole('option', { name: 'PNG (3)' });
  await user.selectOptions(screen.getByLabelText('Type'), 'PNG (3)');
  expect(await screen.findByRole('heading', { name: /^3 results/ })).toBeVisible();
  await user.selectOptions(screen.getByLabelText('Order'), 'Name A to Z');
  await waitFor(() => expect(location.search).toBe('?type=image%2Fpng&sort=name'));
  await waitFor(() => expect(screen.getAllByRole('link')[0]).toHaveAccessibleName('photo-3.jpg'));
  expect(gallery.asked.at(-1)?.get('order')).toBe('asc');
});

test('one job can be shown, by the name of its folder, and left again', async () => {
  const user = show(makeGallery(6, (id) => (id > 2 ? { job_id: 'j2' } : {})), '/?job=j1');
  await user.click(await screen.findByRole('button', { name: 'Only from Holiday. Show all images' }));
  expect(await screen.findByRole('heading', { name: /^6 images/ })).toBeVisible();
});

test('the address opens an image, also one that the first page does not have', async () => {
  const user = show(makeGallery(450), '/?image=7');
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
  const user = show(makeGallery(1, () => part));
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
  show(makeGallery(3), '/?image=99');
  expect(await screen.findByText(/There is no such image/)).toBeVisible();
});

test('a range is selected with Shift, deleted after a question, and the gap closes', async () => {
  const gallery = makeGallery(20);
  const user = show(gallery);
  await tile(20);
  await user.click(screen.getByRole('checkbox', { name: 'Select photo-19.jpg' }));
  await user.keyboard('{Shift>}');
  await user.click(screen.getByRole('checkbox', { name: 'Select photo-16.jpg' }));
  await user.keyboard('{/Shift}');
  expect(await screen.findByText('4 selected')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete 4 images?' });
  expect(dialog).toHaveTextContent('cannot be undone');
  expect(gallery.deleted).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(gallery.deleted).toEqual([[19, 18, 17, 16]]));
  await waitFor(() => expect(screen.getAllByRole('link').map((link) => link.title).slice(0, 2)).toEqual(['photo-20.jpg', 'photo-15.jpg']));
  expect(await screen.findByRole('heading', { name: /^16 images/ })).toBeVisible();
  expect(screen.queryByRole('toolbar')).toBeNull();
});

test('the keyboard moves, selects and deletes', async () => {
  const gallery = makeGallery(12);
  const user = show(gallery);
  (await tile(12)).focus();
  await user.keyboard('{ArrowRight}');
  await waitFor(async () => expect(await tile(11)).toHaveFocus());
  await user.keyboard('x');
  expect(screen.getByRole('checkbox', { name: 'Select photo-11.jpg' })).toBeChecked();
  await user.keyboard('{Escape}');
  expect(screen.getByRole('checkbox', { name: 'Select photo-11.jpg' })).not.toBeChecked();
  await user.keyboard('{Delete}');
  expect(await screen.findByRole('dialog', { name: 'Delete 1 image?' })).toBeVisible();
});

test('deleting many goes call by call, and says what is left when one fails', async () => {
  const gallery = makeGallery(1500);
  let calls = 0;
  server.use(...galleryHandlers(gallery));
  server.use(
    http.post(`${API}/images/delete`, async ({ request }) => {
      calls += 1;
      const { ids } = (await request.json()) as { ids: number[] };
      if (calls === 2) return HttpResponse.json({ error: 'The database is away.' }, { status: 503 });
      gallery.images = gallery.images.filter(({ id }) => !ids.includes(id));
      gallery.deleted.push(ids);
      return HttpResponse.json({ message: '', deleted: ids, not_found: [] });
    }),
  );
  renderAt('/', <GalleryPage />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Select images' }));
  await user.click(await screen.findByRole('button', { name: 'Select all images' }));
  expect(await screen.findByText('1,500 selected')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete 1,500 images?' });
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  expect(await within(dialog).findByText('The database is away.')).toBeVisible();
  expect(dialog).toHaveTextContent('1,000 images of 1,500 deleted');
  await user.click(within(dialog).getByRole('button', { name: 'Try again with 500' }));
  await waitFor(() => expect(gallery.deleted.map((ids) => ids.length)).toEqual([1000, 500]));
});

test('a thumbnail that is not ready is asked for again', async () => {
  let asked = 0;
  server.use(
    http.get(`${API}/objects/o1/thumbnail`, () => {
      asked += 1;
      if (asked < 3) return new HttpResponse(null, { status: 503, headers: { 'Retry-After': '0' } });
      return new HttpResponse(new Uint8Array([1]), { headers: { 'Content-Type': 'image/webp' } });
    }),
  );
  show(makeGallery(1));
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
  show(makeGallery(2, (id) => (id === 2 ? { content_type: 'image/heic' } : { mime_type: 'image/svg+xml' })));
  const heic = await tile(2);
  fireEvent.error(heic.querySelector('img') ?? heic);
  expect(await within(heic).findByText('HEIC')).toBeVisible();
  expect(heic).toHaveAccessibleName('photo-2.jpg HEIC');
  expect(asked).toBe(1);
  const svg = await tile(1);
  expect(within(svg).getByText('SVG')).toBeVisible();
  expect(svg.querySelector('img')).toBeNull();
});

test('images that arrive are announced, and shown when somebody wants them', async () => {
  const gallery = makeGallery(10);
  const more = makeGallery(12).images;
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    show(gallery);
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
