import type { Job } from '../api/job';
import { JobRow } from './job-row';
import styles from './job-list.module.css';

/** Jobs in the order given. `label` says which. */
export function JobList({ jobs, label }: { jobs: Job[]; label: string }) {
  return (
    <ul className={styles.list} role="list" aria-label={label}>
      {jobs.map((job) => (
        <JobRow key={job.job_id} job={job} />
      ))}
    </ul>
  );
}
