/** Where the blocks of the window stand in the document, and what is seen of them. Pure. */

import type { Image } from '@/lib/image';
import { sizeOf, type Blocks, type Place } from './blocks';
import { estimateHeight, layoutBlock, ratioOf, type BlockLayout, type Frame, type Row } from './layout';

export interface Geometry {
  state: Blocks;
  frame: Frame;
  /** Top of each block of the window, and at the end the height of all. */
  tops: number[];
}

/** A place that the eye keeps: so many pixels below the top of an item, which may be a fraction while nobody knows the rows. */
export interface Anchor extends Place {
  below: number;
}

export interface PlacedTile extends Place {
  image: Image;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface PlacedGap {
  block: number;
  top: number;
  height: number;
}

const layouts = new WeakMap<readonly Image[], { frame: Frame; isOpen: boolean; layout: BlockLayout }>();

/** The rows of a block; null while its images are not there. */
export function layoutOf(state: Blocks, block: number, frame: Frame): BlockLayout | null {
  const images = state.loaded.get(block);
  if (!images) return null;
  const isOpen = block === state.count - 1;
  const known = layouts.get(images);
  if (known?.frame === frame && known.isOpen === isOpen) return known.layout;
  const layout = layoutBlock(images.map(ratioOf), frame, isOpen);
  layouts.set(images, { frame, isOpen, layout });
  return layout;
}

/** `heights`: those of blocks that were seen in this frame; filled here. */
export function measure(state: Blocks, frame: Frame, heights: Map<number, number>): Geometry {
  const tops = [0];
  let top = 0;
  for (let block = state.first; block < state.last; block += 1) {
    const layout = layoutOf(state, block, frame);
    if (layout) heights.set(block, layout.height);
    top += layout?.height ?? heights.get(block) ?? estimateHeight(sizeOf(state, block), frame);
    tops.push(top);
  }
  return { state, frame, tops };
}

export function heightOf({ tops }: Geometry): number {
  return tops.at(-1) ?? 0;
}

/** The block at `y`; the nearest one outside of the window. */
export function blockAt({ state, tops }: Geometry, y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return state.first + low;
}

export function topOf({ state, tops }: Geometry, block: number): number {
  return tops[block - state.first] ?? 0;
}

/** What stands at `y`. */
export function anchorAt(geometry: Geometry, y: number): Anchor {
  const { state, frame } = geometry;
  const block = blockAt(geometry, y);
  const top = topOf(geometry, block);
  const layout = layoutOf(state, block, frame);
  if (layout) {
    const row = rowAt(layout, y - top);
    return { block, item: row?.from ?? 0, below: y - top - (row?.top ?? 0) };
  }
  const height = Math.max(1, topOf(geometry, block + 1) - top);
  return { block, item: Math.max(0, ((y - top) / height) * sizeOf(state, block)), below: Math.min(0, y - top) };
}

/** Where that stands now. */
export function positionOf(geometry: Geometry, { block, item, below }: Anchor): number {
  const { state, frame } = geometry;
  const top = topOf(geometry, block);
  const layout = layoutOf(state, block, frame);
  if (layout) {
    const row = rowOf(layout, item);
    return top + (row?.top ?? 0) + (row ? Math.min(below, row.height) : below);
  }
  const height = topOf(geometry, block + 1) - top;
  return top + (item / Math.max(1, sizeOf(state, block))) * height + below;
}

function rowAt(layout: BlockLayout, y: number): Row | undefined {
  return layout.rows.findLast((row) => row.top <= y) ?? layout.rows[0];
}

/** The row that an item is in. */
export function rowOf(layout: BlockLayout, item: number): Row | undefined {
  return layout.rows.findLast((row) => row.from <= item);
}

/** The tiles between `from` and `to`, in their order, and the blocks there that are not loaded. */
export function seen(geometry: Geometry, from: number, to: number): { tiles: PlacedTile[]; gaps: PlacedGap[] } {
  const { state, frame } = geometry;
  const tiles: PlacedTile[] = [];
  const gaps: PlacedGap[] = [];
  for (const block of blocksBetween(geometry, from, to)) {
    const top = topOf(geometry, block);
    const layout = layoutOf(state, block, frame);
    if (!layout) {
      gaps.push({ block, top, height: topOf(geometry, block + 1) - top });
      continue;
    }
    for (const row of layout.rows) {
      if (top + row.top + row.height < from || top + row.top > to) continue;
      tiles.push(...tilesOf(state, block, top, row));
    }
  }
  return { tiles, gaps };
}

function tilesOf(state: Blocks, block: number, top: number, row: Row): PlacedTile[] {
  const images = state.loaded.get(block) ?? [];
  return row.cells.flatMap((cell, index) => {
    const item = row.from + index;
    const image = images[item];
    return image ? [{ block, item, image, left: cell.left, top: top + row.top, width: cell.width, height: row.height }] : [];
  });
}

/** Where one tile stands, if its block is loaded and in the window. */
export function tileAt(geometry: Geometry, place: Place): PlacedTile | undefined {
  const { state, frame } = geometry;
  if (place.block < state.first || place.block >= state.last) return undefined;
  const layout = layoutOf(state, place.block, frame);
  const row = layout ? rowOf(layout, place.item) : undefined;
  if (!row) return undefined;
  return tilesOf(state, place.block, topOf(geometry, place.block), row).find((tile) => tile.item === place.item);
}

export function blocksBetween(geometry: Geometry, from: number, to: number): number[] {
  const { state, tops, frame } = geometry;
  // before anything was measured there is nothing to see
  if (tops.length < 2 || frame.width === 0) return [];
  const blocks: number[] = [];
  for (let block = blockAt(geometry, from); block < state.last && topOf(geometry, block) <= to; block += 1) blocks.push(block);
  return blocks;
}

/** The place a row up or down whose middle is nearest. */
export function rowStep(geometry: Geometry, place: Place, step: 1 | -1): Place | null {
  const tile = tileAt(geometry, place);
  if (!tile) return null;
  const y = step === 1 ? tile.top + tile.height + geometry.frame.gap + 1 : tile.top - geometry.frame.gap - 1;
  if (y < 0 || y >= heightOf(geometry)) return null;
  const middle = tile.left + tile.width / 2;
  const { tiles, gaps } = seen(geometry, y, y);
  const away = (other: PlacedTile) => Math.abs(other.left + other.width / 2 - middle);
  const nearest = tiles.reduce<PlacedTile | null>((best, other) => (best && away(best) <= away(other) ? best : other), null);
  if (nearest) return { block: nearest.block, item: nearest.item };
  const gap = gaps[0];
  if (!gap) return null;
  return { block: gap.block, item: step === 1 ? 0 : Math.max(0, sizeOf(geometry.state, gap.block) - 1) };
}
