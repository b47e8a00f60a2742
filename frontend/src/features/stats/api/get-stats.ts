import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';

interface Counted {
  images: number;
  /** A number, or text where the database says it so. */
  bytes: unknown;
}

export interface Stats {
  total_images: number;
  aws_images: number;
  /** A number, or text where the database says it so. */
  total_size_bytes: unknown;
  /** Most images first. Absent from services of the original. */
  by_provider?: ({ storage_provider: string } & Counted)[];
  by_type?: ({ mime_type: string } & Counted)[];
}

const AGAIN_AFTER_MS = 15_000;

export function statsQuery() {
  return queryOptions({
    queryKey: ['stats'],
    queryFn: ({ signal }) => request<Stats>('/stats', { signal }),
    refetchInterval: AGAIN_AFTER_MS,
  });
}

export function useStats() {
  return useQuery(statsQuery());
}
