import { expect, test } from 'vitest';
import type { Image } from '@/lib/image';
import {
  besides,
  BLOCK,
  imageAt,
  isMissing,
  offsetOf,
  openBlocks,
  placeAt,
  placeOf,
  rangeOf,
  reduceBlocks,
  sizeOf,
  totalOf,
  type Blocks,
  type BlocksAction,
} from './blocks';
import { NO_FILTERS } from './url-state';

/** Images with these numbers. */
function images(from: number, count: number): Image[] {
  return Array.from({ length: count }, (_, index) => ({ id: from + index }) as Image);
}

function byPage(total: number, order: 'asc' | 'desc' = 'desc'): Blocks {
  return openBlocks({ images: images(1, Math.min(BLOCK, total)), total }, { ...NO_FILTERS, order });
}

function after(state: Blocks, ...actions: BlocksAction[]): Blocks {
  return actions.reduce(reduceBlocks, state);
}

const found = (first: Image[], next: string | null) =>
  openBlocks({ images: first, total: null, next_cursor: next }, { ...NO_FILTERS, q: 'x' });
const idsOf = (state: Blocks) => [...state.loaded].sort(([a], [b]) => a - b).flatMap(([, held]) => held.map((image) => image.id));

test('only a list by time of import whose length is known is read by page', () => {
  expect(byPage(1000).mode).toBe('pages');
  expect(found([], null).mode).toBe('chain');
  expect(openBlocks({ images: [], total: 5 }, { ...NO_FILTERS, sort: 'name' }).mode).toBe('chain');
  expect(openBlocks({ images: [], total: null }, NO_FILTERS).mode).toBe('chain');
});

test('a million images are ten thousand blocks, of which the document holds some hundred', () => {
  const state = byPage(1_000_000);
  expect(state.count).toBe(10_000);
  expect(state.last - state.first).toBeLessThanOrEqual(400);
  const far = after(state, { type: 'centred', block: 9_999 });
  expect([far.first <= 9_999, far.last]).toEqual([true, 10_000]);
  expect(far.last - far.first).toBeLessThanOrEqual(400);
});

test('the window moves on before its end is reached, and not before', () => {
  const state = byPage(1_000_000);
  expect(after(state, { type: 'centred', block: 20 })).toBe(state);
  expect(after(state, { type: 'centred', block: 339 }).first).toBe(0);
  const moved = after(state, { type: 'centred', block: 350 });
  expect(moved.first).toBe(150);
  expect(after(moved, { type: 'centred', block: 351 })).toBe(moved);
});

test('blocks far away give their images back, those nearby keep them', () => {
  const state = after(byPage(100_000), { type: 'loaded', block: 10, images: images(1001, 100) }, { type: 'centred', block: 35 });
  expect([...state.loaded.keys()]).toEqual([10]);
});

test('deleted images leave their block: places stay, numbers close up', () => {
  const start = after(byPage(1000), { type: 'loaded', block: 1, images: images(101, 100) });
  const state = after(start, { type: 'removed', images: [{ id: 3, block: 0 }, { id: 150, block: 1 }, { id: 950, block: 9 }] });
  expect(totalOf(state)).toBe(997);
  expect([sizeOf(state, 0), sizeOf(state, 1), sizeOf(state, 9)]).toEqual([99, 99, 99]);
  expect(placeOf(state, 3)).toBeNull();
  expect(imageAt(state, { block: 0, item: 2 })?.id).toBe(4);
  expect(offsetOf(state, { block: 2, item: 5 })).toBe(203);
  expect(placeAt(state, 203)).toEqual({ block: 2, item: 5 });
  expect(rangeOf(state, 2)).toEqual({ start: 198, size: 100 });
  expect(rangeOf(state, 9)).toEqual({ start: 898, size: 99 });
});

test('images that arrive are counted, push along what is asked for, and move nothing', () => {
  const state = after(byPage(1000), { type: 'counted', total: 1037 });
  expect(state.arrived).toBe(37);
  expect(rangeOf(state, 2)).toEqual({ start: 237, size: 100 });
  expect(totalOf(state)).toBe(1000);
  const oldestFirst = after(byPage(1000, 'asc'), { type: 'counted', total: 1037 });
  expect(rangeOf(oldestFirst, 2).start).toBe(200);
});

test('fewer images than expected are not a negative number of new ones', () => {
  expect(after(byPage(1000), { type: 'counted', total: 990 }).arrived).toBe(0);
});

test('an image that came twice is shown once', () => {
  const state = after(byPage(1000), { type: 'loaded', block: 1, images: images(98, 100) });
  expect(idsOf(state)).toEqual([...Array(197).keys()].map((index) => index + 1));
});

test('a chain grows by what comes, however short its pages are', () => {
  const start = found([], 'a');
  expect([start.count, isMissing(start, 0), totalOf(start)]).toEqual([1, true, null]);
  const state = after(
    start,
    { type: 'appended', images: [], next: 'b' },
    { type: 'appended', images: images(1, 2), next: 'c' },
    { type: 'appended', images: images(3, 98), next: 'd' },
  );
  expect([state.count, state.last, isMissing(state, 0), isMissing(state, 1)]).toEqual([2, 2, false, true]);
  const end = after(state, { type: 'appended', images: images(101, 1), next: null });
  expect([end.count, totalOf(end), isMissing(end, 1)]).toEqual([2, 101, false]);
  expect(idsOf(end)).toEqual([...Array(101).keys()].map((index) => index + 1));
});

test('a chain that ends with a full block has no block more', () => {
  const state = after(found(images(1, 100), 'a'), { type: 'appended', images: [], next: null });
  expect([state.count, state.last]).toEqual([1, 1]);
});

test('the places beside lead over the borders of blocks, and end at the ends', () => {
  const state = byPage(150);
  expect(besides(state, { block: 0, item: 99 }, 1)).toEqual({ block: 1, item: 0 });
  expect(besides(state, { block: 1, item: 0 }, -1)).toEqual({ block: 0, item: 99 });
  expect(besides(state, { block: 1, item: 49 }, 1)).toBeNull();
  expect(besides(state, { block: 0, item: 0 }, -1)).toBeNull();
});
