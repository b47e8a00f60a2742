import { ProgressBar } from '@/components/progress-bar';
import { formatDuration, formatNumber } from '@/lib/format';
import { hasEnded, progressOf, type Job } from '../api/job';
import { bytesWords, countWords, imagesWords, percentOf, rateWords, timeWords } from '../words';
import { JobState } from './job-state';
import styles from './job-numbers.module.css';

/** How far a job is: state, bar, and what there is to count. */
export function JobNumbers({ job }: { job: Job }) {
  const percent = percentOf(job);
  const isRunning = !hasEnded(job);
  return (
    <section className={styles.card} aria-label="Progress">
      <div className={styles.head}>
        <JobState job={job} />
        {isRunning && percent !== null && <span className={styles.percent}>{percent} %</span>}
      </div>
      {isRunning && <ProgressBar label="Images imported" value={progressOf(job)} text={imagesWords(job)} />}
      <dl className={styles.numbers}>
        {factsOf(job).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.times}>{[timeWords(job), job.recursive ? 'with subfolders' : ''].filter(Boolean).join(', ')}</p>
    </section>
  );
}

function factsOf(job: Job): [string, string][] {
  const isRunning = !hasEnded(job);
  const facts: [string, string][] = [['Images', countWords(job)]];
  const add = (name: string, value: string) => {
    if (value !== '') facts.push([name, value]);
  };
  add('Size', bytesWords(job));
  if (job.failed > 0) add('Failed', formatNumber(job.failed));
  if (job.cancelled > 0) add('Not imported', formatNumber(job.cancelled));
  if (job.state !== 'waiting') add(isRunning ? 'Speed' : 'Average speed', rateWords(job));
  if (isRunning && job.seconds_left !== null) add('Time left', `about ${formatDuration(job.seconds_left)}`);
  return facts;
}
