import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';
import { filterQuery, type Filters } from '../url-state';

export type ImageHistogram = Pick<Wire['ImageHistogram'], 'total_is_exact'> & {
  /** Newest first; without a day: images without a time. */
  buckets: Pick<Wire['ImageDay'], 'day' | 'images'>[];
};

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
