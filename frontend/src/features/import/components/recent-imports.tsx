import { Link } from 'wouter';
import { ErrorNote } from '@/components/note';
import { useJobs } from '@/features/jobs/api/list-jobs';
import { JobList } from '@/features/jobs/components/job-list';
import styles from './recent-imports.module.css';

const SHOWN = 5;

/** The newest jobs. Nothing where there are none. */
export function RecentImports() {
  const { data, error, refetch } = useJobs(1, SHOWN);
  if (error && !data) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (!data || data.jobs.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="recent-imports">
      <div className={styles.head}>
        <h2 id="recent-imports">Recent imports</h2>
        <Link href="/jobs" className={styles.all}>
          All jobs
        </Link>
      </div>
      <JobList jobs={data.jobs} label="Recent imports, newest first" />
    </section>
  );
}
