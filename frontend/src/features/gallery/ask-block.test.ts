import { expect, test } from 'vitest';
import { makeQueryClient } from '@/app/query-client';
import { galleryHandlers, makeGallery, type FakeGallery } from '@/testing/gallery';
import { server } from '@/testing/server';
import { askBlock } from './ask-block';
import { BlockStore } from './block-store';
import { BLOCK } from './blocks';
import { imagesBetween, offsetOfImage } from './gather';
import { NO_FILTERS } from './url-state';

function openList(gallery: FakeGallery, filters = NO_FILTERS): BlockStore {
  server.use(...galleryHandlers(gallery));
  const images = filters.order === 'desc' ? gallery.images : [...gallery.images].reverse();
  return new BlockStore({ images: images.slice(0, BLOCK), total: images.length }, filters);
}

const never = new AbortController().signal;
const idsOf = (store: BlockStore, block: number) => (store.get().loaded.get(block) ?? []).map(({ id }) => id);
const down = (from: number, count: number) => Array.from({ length: count }, (_, index) => from - index);

test('a block has the images that it had when the list was opened, also when new ones came', async () => {
  const gallery = makeGallery(1000);
  const store = openList(gallery);
  gallery.images = makeGallery(1037).images;
  await askBlock(makeQueryClient(), store, 5, never);
  expect(idsOf(store, 5)).toEqual(down(500, 100));
  expect(store.get().arrived).toBe(37);
  await askBlock(makeQueryClient(), store, 9, never);
  expect(idsOf(store, 9)).toEqual(down(100, 100));
});

test('after images were deleted here, the blocks behind them begin where they began', async () => {
  const gallery = makeGallery(500);
  const store = openList(gallery);
  gallery.images = gallery.images.filter(({ id }) => id <= 490);
  store.dispatch({ type: 'removed', images: down(500, 10).map((id) => ({ id, block: 0 })) });
  await askBlock(makeQueryClient(), store, 3, never);
  expect(idsOf(store, 3)).toEqual(down(200, 100));
});

test('of a request that was given up nothing is kept', async () => {
  const store = openList(makeGallery(500));
  const request = new AbortController();
  const asking = askBlock(makeQueryClient(), store, 3, request.signal);
  request.abort();
  await expect(asking).rejects.toThrow();
  expect(store.get().loaded.has(3)).toBe(false);
});

test('a range reaches over blocks that were never looked at, in either direction', async () => {
  const store = openList(makeGallery(500));
  const client = makeQueryClient();
  const images = await imagesBetween(client, store, { block: 3, item: 1 }, { block: 0, item: 98 });
  expect(images.map(({ id }) => id)).toEqual(down(402, 204));
  expect(images.at(-1)).toEqual({ id: 199, block: 3 });
});

test('any image is found by its time, in either order, with few questions', async () => {
  const gallery = makeGallery(1000, (id) => ({ created_at: id < 3 ? null : `2026-01-01T00:${String(id % 7 === 0 ? 10 : 20)}:00` }));
  const time = (id: number) => gallery.images.find((image) => image.id === id)?.created_at ?? '';
  gallery.images.sort((a, b) => time(b.id).localeCompare(time(a.id)) || b.id - a.id);
  for (const order of ['desc', 'asc'] as const) {
    const store = openList(gallery, { ...NO_FILTERS, order });
    gallery.asked = [];
    const place = order === 'desc' ? gallery.images : [...gallery.images].reverse();
    for (const index of [0, 1, 500, 998, 999]) {
      const image = place[index];
      expect(image && (await offsetOfImage(makeQueryClient(), store, image))).toBe(index);
    }
    expect(gallery.asked.length).toBeLessThan(60);
  }
});
