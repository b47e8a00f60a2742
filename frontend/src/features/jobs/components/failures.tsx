import { Button } from '@/components/button';
import { ErrorNote } from '@/components/note';
import { Pager } from '@/components/pager';
import { Spinner } from '@/components/spinner';
import { formatNumber } from '@/lib/format';
import { useFocusKept } from '@/lib/use-arrival';
import { useDownloadFailures } from '../api/download-failures';
import { hasEnded, type Job } from '../api/job';
import { useFailures } from '../api/list-failures';
import { FailuresTable } from './failures-table';
import styles from './failures.module.css';

interface FailuresProps {
  job: Job;
  page: number;
}

/** What failed, why, and what to do: page by page, and as a file. */
export function Failures({ job, page }: FailuresProps) {
  const { data, error, refetch } = useFailures(job.job_id, page, !hasEnded(job));
  const download = useDownloadFailures(job.job_id);
  // at the end of the job they move up the page
  useFocusKept();
  return (
    <section className={styles.section} aria-labelledby="failures">
      <div className={styles.head}>
        <h2 id="failures">Failed images ({formatNumber(job.failed)})</h2>
        <Button icon="download" aria-disabled={download.isPending} onClick={() => !download.isPending && download.mutate()}>
          Download as CSV
        </Button>
      </div>
      {download.error && <ErrorNote error={download.error} />}
      {error && <ErrorNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Spinner label="Loading what failed" />}
      {data && data.failures.length > 0 && <FailuresTable failures={data.failures} />}
      {data && (
        <Pager
          label="Pages of failed images"
          page={page}
          pages={data.total_pages}
          href={(to) => `/jobs/${encodeURIComponent(job.job_id)}${to === 1 ? '' : `?failures=${to}`}`}
        />
      )}
    </section>
  );
}
