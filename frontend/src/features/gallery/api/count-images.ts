import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { pollAfter } from '@/lib/api-error';
import type { Wire } from '@/lib/wire';
import { filterQuery, type Filters } from '../url-state';

/** How many images there are, and of which types. */
export type ImageCounts = Wire['ImageCounts'];

/** True where the total is whole: the API may know how many there are, and their bytes, without knowing their types. */
export function isTotalExact(counts: ImageCounts): boolean {
  return counts.total_is_exact || typeof counts.bytes === 'number';
}

const EVERY_MS = 15_000;

/** Asked again from time to time, for images may arrive while somebody looks. */
export function imageCounts(filters: Pick<Filters, 'q' | 'type' | 'job'>) {
  const { q, type, job } = filters;
  return queryOptions({
    queryKey: ['gallery', 'counts', q, type, job],
    queryFn: ({ signal }) => request<ImageCounts>('/images/counts', { query: filterQuery({ ...(filters as Filters) }), signal }),
    // looking through all names again and again is not worth it
    refetchInterval: ({ state }) => (q === '' ? pollAfter(EVERY_MS, state.error) : false),
    staleTime: EVERY_MS / 2,
  });
}
