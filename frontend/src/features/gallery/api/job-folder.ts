import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';

type JobFolder = Pick<Wire['Job'], 'folder_name'>;

/** Name of the folder that a job imported; null where it has none, or is forgotten. */
export function jobFolder(jobId: string) {
  return queryOptions({
    queryKey: ['gallery', 'job-folder', jobId],
    queryFn: async ({ signal }) => {
      const job = await request<JobFolder>(`/import/jobs/${encodeURIComponent(jobId)}`, { signal });
      return job.folder_name ?? null;
    },
    enabled: jobId !== '',
    staleTime: 300_000,
    retry: false,
  });
}
