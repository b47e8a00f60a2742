import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Job } from './job';

export function getJob(id: string, signal?: AbortSignal): Promise<Job> {
  return request<Job>(`/import/jobs/${encodeURIComponent(id)}`, signal ? { signal } : {});
}

export function jobQuery(id: string) {
  // who shows it watches it, so nothing is gained by asking when its window comes to the front
  return queryOptions({
    queryKey: ['jobs', 'one', id],
    queryFn: ({ signal }) => getJob(id, signal),
    refetchOnWindowFocus: false,
  });
}

export function useJob(id: string) {
  return useQuery(jobQuery(id));
}
