import { Link } from 'wouter';
import { Icon } from '@/components/icon';
import { Name } from '@/components/name';
import { ProgressBar } from '@/components/progress-bar';
import { formatNumber } from '@/lib/format';
import { hasEnded, progressOf, type Job } from '../api/job';
import { bytesWords, imagesWords, jobName, timeWords } from '../words';
import { JobState } from './job-state';
import styles from './job-row.module.css';

/** One job in a list. All of it leads to the job's page. */
export function JobRow({ job }: { job: Job }) {
  const facts = [imagesWords(job), bytesWords(job), job.failed > 0 ? `${formatNumber(job.failed)} failed` : ''];
  return (
    <li className={styles.row}>
      <Icon name={job.retry_of === null ? 'folder' : 'retry'} size={24} />
      <div className={styles.body}>
        <div className={styles.head}>
          <Link href={`/jobs/${encodeURIComponent(job.job_id)}`} className={styles.name}>
            <Name lines={2}>{jobName(job)}</Name>
            {job.retry_of !== null && <span className="visually-hidden"> (retry)</span>}
          </Link>
          <JobState job={job} />
        </div>
        {!hasEnded(job) && <ProgressBar label={`Progress of ${jobName(job)}`} value={progressOf(job)} text={imagesWords(job)} />}
        <p className={styles.facts}>{facts.filter((fact) => fact !== '').join(' · ')}</p>
        <p className={styles.facts}>{timeWords(job)}</p>
      </div>
    </li>
  );
}
