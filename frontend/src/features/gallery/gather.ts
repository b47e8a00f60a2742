/** Images by where they stand, also where they are not held yet. */

import type { QueryClient } from '@tanstack/react-query';
import { imagePage } from './api/list-images';
import { askBlock } from './ask-block';
import type { BlockStore } from './block-store';
import { totalOf, type Place } from './blocks';
import type { Selected } from './selection';
import type { Image } from '@/lib/image';

/** So many images may be selected in one go. */
export const MOST_AT_ONCE = 10_000;

/** All images from one place to another, both included. Blocks that are not held are asked for. */
export async function imagesBetween(client: QueryClient, store: BlockStore, one: Place, other: Place): Promise<Selected[]> {
  const isForward = one.block < other.block || (one.block === other.block && one.item <= other.item);
  const [from, to] = isForward ? [one, other] : [other, one];
  const images: Selected[] = [];
  for (let block = from.block; block <= to.block; block += 1) {
    if (!store.get().loaded.has(block)) await askBlock(client, store, block, new AbortController().signal);
    const held = store.get().loaded.get(block) ?? [];
    const start = block === from.block ? from.item : 0;
    const end = block === to.block ? to.item + 1 : held.length;
    images.push(...held.slice(start, end).map(({ id }) => ({ id, block })));
  }
  return images;
}

/** How many images stand before this one in a list by time of import. Some twenty small questions, whatever its length. */
export async function offsetOfImage(client: QueryClient, store: BlockStore, image: Image): Promise<number | null> {
  const state = store.get();
  if (state.mode !== 'pages') return null;
  let low = 0;
  let high = (totalOf(state) ?? 0) + state.arrived;
  while (low < high) {
    const middle = (low + high) >> 1;
    const page = await client.query(imagePage(store.filters, { page: middle + 1 }, 1));
    const other = page.images[0];
    if (other?.id === image.id) return Math.max(0, middle - (state.isNewestFirst ? state.arrived : 0));
    const isBefore = other !== undefined && comesBefore(other, image, state.isNewestFirst);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return null;
}

/** Images without a time are the oldest. */
function comesBefore(one: Image, other: Image, isNewestFirst: boolean): boolean {
  const [a, b] = [one.created_at ?? '', other.created_at ?? ''];
  const isOlder = a < b || (a === b && one.id < other.id);
  return isOlder !== isNewestFirst;
}
