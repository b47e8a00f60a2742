import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { pollAfter } from '@/lib/api-error';
import type { Wire } from '@/lib/wire';
import { hasEnded } from './job';

export type JobPage = Wire['JobPage'];

const WHILE_RUNNING_MS = 3_000;
/** Others start jobs too. */
const AT_REST_MS = 30_000;

export function jobsQuery(page: number, perPage: number) {
  return queryOptions({
    queryKey: ['jobs', 'list', page, perPage],
    queryFn: ({ signal }) => request<JobPage>('/import/jobs', { query: { page, per_page: perPage }, signal }),
    refetchInterval: ({ state }) => pollAfter(state.data?.jobs.every(hasEnded) ? AT_REST_MS : WHILE_RUNNING_MS, state.error),
    placeholderData: keepPreviousData,
  });
}

/** A page of jobs, asked for anew while any of them runs. */
export function useJobs(page: number, perPage: number) {
  return useQuery(jobsQuery(page, perPage));
}
