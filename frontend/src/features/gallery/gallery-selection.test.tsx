import { act, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
import { makeGallery } from '@/testing/gallery';
import { fakeScreen, showGallery, tile } from '@/testing/gallery-page';
import { API, server } from '@/testing/server';

beforeEach(fakeScreen);

test('a range is selected with Shift, deleted after a question, and the gap closes', async () => {
  const gallery = makeGallery(20);
  const user = showGallery(gallery);
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
  const user = showGallery(gallery);
  const first = await tile(12);
  act(() => first.focus());
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
  const user = showGallery(gallery);
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
