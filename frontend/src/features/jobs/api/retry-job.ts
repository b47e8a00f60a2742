import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';

export type RetryStarted = Wire['RetryStarted'];

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
