/** Fetches one block of a list. */

import type { QueryClient } from '@tanstack/react-query';
import { imagePage, type ImagePage, type PageStart } from './api/list-images';
import type { BlockStore } from './block-store';
import { BLOCK, rangeOf, sizeOf } from './blocks';

/** So often a block is asked for anew because images came or went meanwhile. */
const TRIES = 4;

/** Keeps what comes in the store. */
export async function askBlock(client: QueryClient, store: BlockStore, block: number, signal: AbortSignal): Promise<void> {
  if (store.get().mode === 'pages') await askByPage(client, store, block, signal);
  else await askNext(client, store, signal);
}

async function askNext(client: QueryClient, store: BlockStore, signal: AbortSignal): Promise<void> {
  const state = store.get();
  if (state.next === null) return;
  const tail = state.count - 1;
  const held = state.loaded.has(tail) ? sizeOf(state, tail) + (state.removed.get(tail) ?? 0) : 0;
  const page = await fetchPage(client, store, { cursor: state.next }, Math.max(1, BLOCK - held), signal);
  store.dispatch({ type: 'appended', images: page.images, next: page.next_cursor ?? null });
}

/** Pages are of one size, so a block that new images have pushed along lies on two of them. */
async function askByPage(client: QueryClient, store: BlockStore, block: number, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { start, size } = rangeOf(store.get(), block);
    const first = Math.floor(start / BLOCK);
    const last = Math.floor((start + Math.max(1, size) - 1) / BLOCK);
    const numbers = first === last ? [first] : [first, last];
    const pages = await Promise.all(numbers.map((number) => fetchPage(client, store, { page: number + 1 }, BLOCK, signal)));
    const total = pages.at(-1)?.total ?? null;
    if (total !== null) store.dispatch({ type: 'counted', total });
    const now = rangeOf(store.get(), block);
    const isSame = now.start === start && now.size === size && pages.every((page) => page.total === total);
    if (!isSame && attempt < TRIES) continue;
    const images = pages.flatMap((page) => page.images).slice(start - first * BLOCK, start - first * BLOCK + size);
    store.dispatch({ type: 'loaded', block, images });
    return;
  }
}

async function fetchPage(
  client: QueryClient,
  store: BlockStore,
  start: PageStart,
  perPage: number,
  signal: AbortSignal,
): Promise<ImagePage> {
  signal.throwIfAborted();
  const options = imagePage(store.filters, start, perPage);
  const cancel = () => void client.cancelQueries({ queryKey: options.queryKey, exact: true });
  signal.addEventListener('abort', cancel);
  try {
    const page = await client.query(options);
    signal.throwIfAborted();
    return page;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
