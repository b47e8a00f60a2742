/**
 * A list of up to a million images as blocks of a hundred, of which only those near the reader are held. Pure.
 *
 * Lists in the order of import whose length is known are read by page (`pages`): any block can be had at once. Others
 * are read one page after the other (`chain`), each by the cursor of the one before, and keep what they have.
 *
 * A list stays as it was when it was opened: images that arrive later are only counted, and images that are deleted here
 * leave their block, so that a place (block and item) never comes to mean something else.
 */

import type { Image } from '@/lib/image';
import type { ImagePage } from './api/list-images';
import type { Selected } from './selection';
import type { Filters } from './url-state';

/** Images of a block. */
export const BLOCK = 100;
/** Blocks that the document holds at once: browsers end at some 17 million pixels. */
const WINDOW = 400;
/** So near to an end of the window, it moves on. */
const MARGIN = 60;
/** Blocks on each side of the reader that keep their images. */
const KEPT = 30;

/** An image by where it stands. */
export interface Place {
  block: number;
  item: number;
}

export interface Blocks {
  mode: 'pages' | 'chain';
  /** New images come at the beginning of the list. */
  isNewestFirst: boolean;
  /** Images when the list was opened; null where nobody has counted. */
  nominal: number | null;
  /** Images that came since. */
  arrived: number;
  /** Blocks of the list; of a chain, as far as it is known. */
  count: number;
  loaded: ReadonlyMap<number, readonly Image[]>;
  /** How many images each block has lost. */
  removed: ReadonlyMap<number, number>;
  /** Where a chain goes on; null at its end. */
  next: string | null;
  /** The window: the blocks from `first` to before `last` are in the document. */
  first: number;
  last: number;
}

export type BlocksAction =
  | { type: 'loaded'; block: number; images: Image[] }
  | { type: 'appended'; images: Image[]; next: string | null }
  | { type: 'removed'; images: readonly Selected[] }
  | { type: 'counted'; total: number }
  | { type: 'centred'; block: number };

/** The list whose first page this is. */
export function openBlocks(page: ImagePage, filters: Filters): Blocks {
  const isByPage = filters.sort === 'imported' && filters.q === '' && page.total !== null;
  const empty: Blocks = {
    mode: isByPage ? 'pages' : 'chain',
    isNewestFirst: filters.sort === 'imported' && filters.order === 'desc',
    nominal: page.total,
    arrived: 0,
    count: isByPage ? Math.ceil((page.total ?? 0) / BLOCK) : 0,
    loaded: new Map(),
    removed: new Map(),
    next: null,
    first: 0,
    last: 0,
  };
  if (!isByPage) return append(empty, page.images, page.next_cursor ?? null);
  return { ...empty, loaded: new Map([[0, page.images]]), last: Math.min(empty.count, WINDOW) };
}

export function reduceBlocks(state: Blocks, action: BlocksAction): Blocks {
  switch (action.type) {
    case 'loaded':
      return load(state, action.block, action.images);
    case 'appended':
      return append(state, action.images, action.next);
    case 'removed':
      return remove(state, action.images);
    case 'counted': {
      const arrived = Math.max(0, action.total - (totalOf(state) ?? action.total));
      return arrived === state.arrived ? state : { ...state, arrived };
    }
    case 'centred':
      return centre(state, action.block);
  }
}

function load(state: Blocks, block: number, images: Image[]): Blocks {
  const near = [block - 1, block + 1].flatMap((other) => state.loaded.get(other) ?? []);
  const known = new Set(near.map((image) => image.id));
  const fresh = images.filter((image) => !known.has(image.id));
  return { ...state, loaded: new Map(state.loaded).set(block, fresh) };
}

function append(state: Blocks, images: readonly Image[], next: string | null): Blocks {
  const loaded = new Map(state.loaded);
  let block = Math.max(0, state.count - 1);
  const near = [...(loaded.get(block) ?? []), ...(loaded.get(block - 1) ?? [])];
  const known = new Set(near.map((image) => image.id));
  for (const image of images) {
    if (known.has(image.id)) continue;
    const held = loaded.get(block) ?? [];
    if (held.length + (state.removed.get(block) ?? 0) >= BLOCK) block += 1;
    loaded.set(block, [...(loaded.get(block) ?? []), image]);
  }
  const tail = (loaded.get(block)?.length ?? 0) + (state.removed.get(block) ?? 0);
  let count = loaded.has(block) ? block + 1 : block;
  // a block of which nothing is known yet stands for the rest
  if (next !== null && (tail >= BLOCK || !loaded.has(block))) count += 1;
  const isAtEnd = state.last === state.count;
  const last = isAtEnd ? Math.min(count, Math.max(state.last, state.first + WINDOW)) : state.last;
  return { ...state, loaded, next, count, last };
}

function remove(state: Blocks, images: readonly Selected[]): Blocks {
  const removed = new Map(state.removed);
  const loaded = new Map(state.loaded);
  const gone = new Map<number, Set<number>>();
  for (const { id, block } of images) {
    const ids = gone.get(block) ?? new Set();
    gone.set(block, ids.add(id));
  }
  for (const [block, ids] of gone) {
    removed.set(block, (removed.get(block) ?? 0) + ids.size);
    const held = loaded.get(block);
    if (held) loaded.set(block, held.filter((image) => !ids.has(image.id)));
  }
  return { ...state, loaded, removed };
}

function centre(state: Blocks, block: number): Blocks {
  const isFine =
    (block - MARGIN >= state.first || state.first === 0) && (block + MARGIN < state.last || state.last === state.count);
  const far = state.mode === 'chain' ? [] : [...state.loaded.keys()].filter((other) => Math.abs(other - block) > KEPT);
  if (isFine && block >= state.first && block < state.last && far.length === 0) return state;
  const first = isFine ? state.first : Math.max(0, Math.min(block - WINDOW / 2, state.count - WINDOW));
  const last = isFine ? state.last : Math.min(state.count, first + WINDOW);
  const loaded = new Map(state.loaded);
  for (const other of far) loaded.delete(other);
  return { ...state, first, last, loaded };
}

/** Images of the list now; null where nobody has counted. */
export function totalOf(state: Blocks): number | null {
  if (state.nominal === null) return state.mode === 'chain' && state.next === null ? heldBy(state) : null;
  let total = state.nominal;
  for (const lost of state.removed.values()) total -= lost;
  return Math.max(0, total);
}

/** Images that are held. */
export function heldBy(state: Blocks): number {
  let held = 0;
  for (const images of state.loaded.values()) held += images.length;
  return held;
}

/** Images of a block, also of one that is not there yet. */
export function sizeOf(state: Blocks, block: number): number {
  const held = state.loaded.get(block);
  if (held) return held.length;
  const nominal = state.mode === 'pages' ? Math.min(BLOCK, (state.nominal ?? 0) - block * BLOCK) : BLOCK;
  return Math.max(0, nominal - (state.removed.get(block) ?? 0));
}

/** How many images of the list come before a place. */
export function offsetOf(state: Blocks, { block, item }: Place): number {
  let offset = block * BLOCK + item;
  for (const [other, lost] of state.removed) if (other < block) offset -= lost;
  return offset;
}

/** The place that has so many images before it. */
export function placeAt(state: Blocks, offset: number): Place {
  let block = Math.max(0, Math.min(state.count - 1, Math.floor(offset / BLOCK)));
  while (block < state.count - 1 && offset >= offsetOf(state, { block: block + 1, item: 0 })) block += 1;
  const item = offset - offsetOf(state, { block, item: 0 });
  return { block, item: Math.max(0, Math.min(item, sizeOf(state, block) - 1)) };
}

/** Which images of the API's list now a block stands for: so many from `start` on. */
export function rangeOf(state: Blocks, block: number): { start: number; size: number } {
  const shift = state.isNewestFirst ? state.arrived : 0;
  const nominal = Math.min(BLOCK, (state.nominal ?? 0) - block * BLOCK);
  const size = Math.max(0, nominal - (state.removed.get(block) ?? 0));
  return { start: offsetOf(state, { block, item: 0 }) + shift, size };
}

/** True where there is something to be asked for. */
export function isMissing(state: Blocks, block: number): boolean {
  if (state.mode === 'pages') return block >= 0 && block < state.count && !state.loaded.has(block);
  return state.next !== null && block === state.count - 1;
}

export function imageAt(state: Blocks, { block, item }: Place): Image | undefined {
  return state.loaded.get(block)?.[item];
}

/** Where the image of this number stands, if it is held. */
export function placeOf(state: Blocks, id: number): Place | null {
  for (const [block, images] of state.loaded) {
    const item = images.findIndex((image) => image.id === id);
    if (item >= 0) return { block, item };
  }
  return null;
}

/** The place next to this one, in the list's direction or against it; null at the ends. */
export function besides(state: Blocks, place: Place, step: 1 | -1): Place | null {
  const item = place.item + step;
  if (item >= 0 && item < sizeOf(state, place.block)) return { block: place.block, item };
  for (let block = place.block + step; block >= 0 && block < state.count; block += step) {
    const size = sizeOf(state, block);
    if (size > 0) return { block, item: step === 1 ? 0 : size - 1 };
  }
  return null;
}
