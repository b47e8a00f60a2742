import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { announce } from '@/components/announcer';
import { Icon } from '@/components/icon';
import { countOf, formatBytes } from '@/lib/format';
import { isTotalExact, type ImageCounts } from '../api/count-images';
import { jobFolder } from '../api/job-folder';
import { isFiltered, type Filters } from '../url-state';
import styles from './headline.module.css';

interface HeadlineProps {
  filters: Filters;
  counts: ImageCounts | undefined;
  onChange: (change: Partial<Filters>) => void;
}

/** How many images there are, and of which job. */
export function Headline({ filters, counts, onChange }: HeadlineProps) {
  const words = counts ? countWords(counts, isFiltered(filters)) : '';
  useEffect(() => {
    if (words !== '') announce(words);
  }, [words]);
  return (
    <div className={styles.line}>
      <h1 className={styles.title}>{words === '' ? 'Gallery' : words}</h1>
      {filters.job !== '' && <JobChip job={filters.job} onRemove={() => onChange({ job: '' })} />}
    </div>
  );
}

/** `1,234 images · 5 GB`; of a search what is known of it. */
export function countWords(counts: ImageCounts, isSearch: boolean): string {
  const number = countOf(counts.total, isSearch ? 'result' : 'image');
  const bytes = counts.bytes ?? Number.NaN;
  if (!isTotalExact(counts)) return `At least ${number}`;
  return Number.isNaN(bytes) || counts.total === 0 ? number : `${number} · ${formatBytes(bytes)}`;
}

function JobChip({ job, onRemove }: { job: string; onRemove: () => void }) {
  const { data } = useQuery(jobFolder(job));
  const name = data ?? `Import ${job.slice(0, 8)}`;
  return (
    <button type="button" className={styles.chip} aria-label={`Only from ${name}. Show all images`} title="Show all images" onClick={onRemove}>
      <Icon name="folder" size={16} />
      <bdi className={styles.name}>{name}</bdi>
      <Icon name="close" size={16} />
    </button>
  );
}
