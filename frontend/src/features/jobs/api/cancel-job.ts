import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { ApiError } from '@/lib/api-error';

async function cancelJob(id: string): Promise<void> {
  try {
    await request(`/import/jobs/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
  } catch (error) {
    // it came to its end in the meantime, so there is nothing to stop
    if (!(error instanceof ApiError && error.code === 'job-ended')) throw error;
  }
}

/** Stops a job. What is stored stays. */
export function useCancelJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => cancelJob(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  });
}
