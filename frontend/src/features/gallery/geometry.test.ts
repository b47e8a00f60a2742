import { expect, test } from 'vitest';
import type { Image } from '@/lib/image';
import { BLOCK, openBlocks, reduceBlocks, type Blocks } from './blocks';
import { anchorAt, heightOf, measure, positionOf, rowStep, seen, tileAt, type Geometry } from './geometry';
import { frameOf } from './layout';
import { NO_FILTERS } from './url-state';

/** Portraits, so that real heights differ from the estimate. */
function images(block: number): Image[] {
  return Array.from({ length: BLOCK }, (_, item) => ({ id: block * BLOCK + item, width: 300, height: 400 + (item % 7) * 40 }) as Image);
}

function list(...loaded: number[]): Blocks {
  const state = openBlocks({ images: images(0), total: 100_000 }, NO_FILTERS);
  return loaded.reduce((known, block) => reduceBlocks(known, { type: 'loaded', block, images: images(block) }), state);
}

const wide = frameOf(1280);
const geometryOf = (state: Blocks, frame = wide): Geometry => measure(state, frame, new Map());

test('what the eye is on stays when blocks above get their real heights', () => {
  const before = geometryOf(list(5));
  const state = list(5, 2, 3);
  const now = geometryOf(state);
  const y = (before.tops[5] ?? 0) + 777;
  const anchor = anchorAt(before, y);
  expect(heightOf(now)).not.toBe(heightOf(before));
  const tile = tileAt(before, anchor);
  const moved = tileAt(now, anchor);
  expect(positionOf(now, anchor) - (moved?.top ?? 0)).toBe(y - (tile?.top ?? 0));
});

test('a place in a block that nobody knows comes back to the pixel', () => {
  const geometry = geometryOf(list());
  for (const y of [0, 1, 12_345, 300_000.5]) expect(positionOf(geometry, anchorAt(geometry, y))).toBeCloseTo(y, 6);
});

test('the window moves on without moving what is seen', () => {
  const before = list(350);
  const geometry = geometryOf(before);
  const anchor = anchorAt(geometry, (geometry.tops[350] ?? 0) + 50);
  const state = reduceBlocks(before, { type: 'centred', block: 350 });
  const now = geometryOf(state);
  expect(state.first).toBeGreaterThan(0);
  expect(anchorAt(now, positionOf(now, anchor))).toEqual(anchor);
});

test('only what is near the screen is drawn', () => {
  const geometry = geometryOf(list(1, 2, 3));
  const { tiles, gaps } = seen(geometry, 2000, 4000);
  expect(tiles.length).toBeLessThan(120);
  expect(tiles.every((tile) => tile.top < 4000 && tile.top + tile.height > 2000)).toBe(true);
  expect(gaps).toEqual([]);
  expect(seen(geometry, geometry.tops[10] ?? 0, (geometry.tops[10] ?? 0) + 10).gaps.map((gap) => gap.block)).toContain(10);
});

test('arrows lead to the nearest tile of the row above or below, over the borders of blocks', () => {
  const geometry = geometryOf(list(1));
  let place = { block: 0, item: 0 };
  for (let rows = 0; rows < 30; rows += 1) {
    const below = rowStep(geometry, place, 1);
    if (!below || below.block > 1) break;
    const [from, to] = [tileAt(geometry, place), tileAt(geometry, below)];
    expect(to?.top).toBeGreaterThan(from?.top ?? 0);
    expect(to?.left).toBeLessThanOrEqual((from?.left ?? 0) + (from?.width ?? 0));
    place = below;
  }
  expect(place.block).toBe(1);
  expect(rowStep(geometry, { block: 0, item: 0 }, -1)).toBeNull();
});
