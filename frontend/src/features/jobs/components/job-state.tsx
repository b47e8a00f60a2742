import { Icon, type IconName } from '@/components/icon';
import { stateWords } from '../words';
import type { Job } from '../api/job';
import styles from './job-state.module.css';

type Tone = 'active' | 'waiting' | 'good' | 'bad' | 'plain';

function lookOf(job: Job): { icon: IconName; tone: Tone } {
  switch (job.state) {
    case 'listing':
    case 'running':
      return { icon: 'download', tone: 'active' };
    case 'waiting':
      return { icon: 'clock', tone: 'waiting' };
    case 'completed':
      return job.failed > 0 ? { icon: 'alert', tone: 'waiting' } : { icon: 'check', tone: 'good' };
    case 'cancelled':
      return { icon: 'stop', tone: 'plain' };
    case 'failed':
      return { icon: 'alert', tone: 'bad' };
  }
}

/** Where a job is, in words and colour. */
export function JobState({ job }: { job: Job }) {
  const { icon, tone } = lookOf(job);
  return (
    <span className={`${styles.state} ${styles[tone] ?? ''}`}>
      <Icon name={icon} size={16} />
      {stateWords(job)}
    </span>
  );
}
