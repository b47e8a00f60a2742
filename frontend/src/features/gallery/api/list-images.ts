import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { pollAfter } from '@/lib/api-error';
import type { Wire } from '@/lib/wire';
import { listQuery, type Filters } from '../url-state';

const EMPTY_MS = 5_000;

/** A page of images. It may be short, even empty, while there is a next one. Services of the original say less. */
export type ImagePage = Pick<Wire['ImagePage'], 'images' | 'total'> & Partial<Pick<Wire['ImagePage'], 'total_is_exact' | 'next_cursor'>>;

/** Where a page begins: its number, or behind what another page ended with. */
export type PageStart = { page: number } | { cursor: string };

export function listImages(filters: Filters, start: PageStart, perPage: number, signal: AbortSignal): Promise<ImagePage> {
  return request('/images', { query: { ...listQuery(filters), ...start, per_page: perPage }, signal });
}

/** One page, for whoever keeps it elsewhere. */
export function imagePage(filters: Filters, start: PageStart, perPage: number) {
  return queryOptions({
    queryKey: ['gallery', 'page', filters, start, perPage],
    queryFn: ({ signal }) => listImages(filters, start, perPage, signal),
    staleTime: 0,
    gcTime: 0,
  });
}

/** A list, and its beginning. */
export interface OpenedList {
  filters: Filters;
  page: ImagePage;
  /** Another one for every time that it was asked for. */
  openedAt: number;
}

/** True where the list has no image at all. */
export function isEmptyPage(page: ImagePage): boolean {
  return page.images.length === 0 && (page.next_cursor ?? null) === null;
}

/** The beginning of a list as it was when it was opened: it is not asked again by itself, for nothing must jump. */
export function firstPage(filters: Filters, perPage: number, opening: number) {
  return queryOptions({
    queryKey: ['gallery', 'first', filters, opening],
    queryFn: async ({ signal }): Promise<OpenedList> => {
      const page = await listImages(filters, { page: 1 }, perPage, signal);
      return { filters, page, openedAt: performance.now() };
    },
    // an empty list fills by itself as soon as something is imported
    refetchInterval: ({ state }) => (state.data && isEmptyPage(state.data.page) ? pollAfter(EMPTY_MS, state.error) : false),
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
