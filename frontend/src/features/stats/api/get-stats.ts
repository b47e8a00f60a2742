import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { pollAfter } from '@/lib/api-error';
import type { Wire } from '@/lib/wire';

/** Services of the original say bytes as text where their database does. */
type Counted<Row> = Omit<Row, 'bytes'> & { bytes: unknown };

/** Of what is told of them, services of the original leave out the lists. */
export type Stats = Pick<Wire['Stats'], 'total_images' | 'aws_images'> & {
  total_size_bytes: unknown;
  by_provider?: Counted<Wire['ProviderStats']>[];
  by_type?: Counted<Wire['TypeStats']>[];
};

const AGAIN_AFTER_MS = 15_000;

export function statsQuery() {
  return queryOptions({
    queryKey: ['stats'],
    queryFn: ({ signal }) => request<Stats>('/stats', { signal }),
    refetchInterval: ({ state }) => pollAfter(AGAIN_AFTER_MS, state.error),
  });
}

export function useStats() {
  return useQuery(statsQuery());
}
