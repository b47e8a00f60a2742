import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { filterQuery, type Filters } from '../url-state';

/** How many images there are, and of which types. */
export interface ImageCounts {
  total: number;
  /** False where there may be more. */
  total_is_exact: boolean;
  /** Absent where they are not known. */
  bytes?: unknown;
  /** By the type that Drive announced, most images first. */
  by_type: { mime_type: string; images: number }[];
}

const EVERY_MS = 15_000;

/** Asked again from time to time, for images may arrive while somebody looks. */
export function imageCounts(filters: Pick<Filters, 'q' | 'type' | 'job'>) {
  const { q, type, job } = filters;
  return queryOptions({
    queryKey: ['gallery', 'counts', q, type, job],
    queryFn: ({ signal }) => request<ImageCounts>('/images/counts', { query: filterQuery({ ...(filters as Filters) }), signal }),
    refetchInterval: EVERY_MS,
    staleTime: EVERY_MS / 2,
  });
}
