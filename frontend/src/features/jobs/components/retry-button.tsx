import { useRef } from 'react';
import { useLocation } from 'wouter';
import { Button } from '@/components/button';
import { ErrorNote, Note } from '@/components/note';
import { useRetryJob } from '../api/retry-job';
import type { Job } from '../api/job';

/** Imports again what failed or was stopped, as a new job with its own page. */
export function RetryButton({ job }: { job: Job }) {
  const [, navigate] = useLocation();
  const retry = useRetryJob(job.job_id);
  const isUnderWay = useRef(false);
  const start = () => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    retry.mutate(undefined, {
      onSuccess: ({ job_id: id }) => {
        isUnderWay.current = id !== undefined;
        if (id !== undefined) navigate(`/jobs/${encodeURIComponent(id)}`);
      },
      onError: () => {
        isUnderWay.current = false;
      },
    });
  };
  return (
    <>
      <Button kind="primary" icon="retry" aria-disabled={retry.isPending} onClick={start}>
        {labelOf(job)}
      </Button>
      {retry.error && <ErrorNote error={retry.error} />}
      {retry.data?.job_id === undefined && retry.data !== undefined && (
        <Note>
          <p>{retry.data.message}</p>
          {retry.data.hint !== undefined && <p>{retry.data.hint}</p>}
        </Note>
      )}
    </>
  );
}

function labelOf(job: Job): string {
  if (job.cancelled === 0) return 'Retry all failed';
  return job.failed === 0 ? 'Import the rest' : 'Retry failed and the rest';
}
