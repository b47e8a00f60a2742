import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { filterQuery, type Filters } from '../url-state';

export interface ImageHistogram {
  /** Newest first; without a day: images without a time. */
  buckets: { day: string | null; images: number }[];
  /** False where there may be more. */
  total_is_exact: boolean;
}

/** How many images each day has. */
export function imageHistogram(filters: Filters) {
  const { type, job } = filters;
  return queryOptions({
    queryKey: ['gallery', 'histogram', type, job],
    queryFn: ({ signal }) =>
      request<ImageHistogram>('/images/histogram', { query: { ...filterQuery(filters), by: 'day' }, signal }),
    staleTime: 60_000,
  });
}
