import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { pollAfter } from '@/lib/api-error';
import type { Wire } from '@/lib/wire';

export type FailedImage = Wire['FailedImage'];

export type FailurePage = Wire['FailurePage'];

const PER_PAGE = 25;
const WHILE_RUNNING_MS = 4_000;

export function failuresQuery(id: string, page: number, isRunning: boolean) {
  return queryOptions({
    queryKey: ['jobs', 'failures', id, page, isRunning],
    queryFn: ({ signal }) =>
      request<FailurePage>(`/import/jobs/${encodeURIComponent(id)}/failures`, { query: { page, per_page: PER_PAGE }, signal }),
    refetchInterval: ({ state }) => (isRunning ? pollAfter(WHILE_RUNNING_MS, state.error) : false),
    placeholderData: keepPreviousData,
  });
}

/** A page of what failed, asked for anew while the job runs and once when it has ended. */
export function useFailures(id: string, page: number, isRunning: boolean) {
  return useQuery(failuresQuery(id, page, isRunning));
}
