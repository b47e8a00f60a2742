import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';

export interface RetryStarted {
  message: string;
  /** The new job, absent when there is nothing to retry. */
  job_id?: string;
  total_images: number;
  /** What a retry cannot bring. */
  hint?: string;
}

function retryJob(id: string): Promise<RetryStarted> {
  return request<RetryStarted>(`/import/jobs/${encodeURIComponent(id)}/retry`, { method: 'POST' });
}

/** Starts a new job of what failed or was stopped. Asked for twice, the answer is the same job. */
export function useRetryJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => retryJob(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs', 'list'] }),
  });
}
