/** Jobs in plain words. Pure. */

import { countOf, formatBytes, formatClock, formatDateTime, formatDuration, formatNumber, parseTime } from '@/lib/format';
import { hasEnded, progressOf, type Job } from './api/job';

/** The folder's name, or what else tells it apart. */
export function jobName(job: Job): string {
  return job.folder_name ?? `Folder ${job.folder_id}`;
}

/** `Importing`, `Waiting for Google's quota until 14:05`, `Completed, 3 failed`. */
export function stateWords(job: Job, now = new Date()): string {
  switch (job.state) {
    case 'listing':
      return 'Reading the folder…';
    case 'running':
      return 'Importing…';
    case 'waiting':
      return waitingWords(job, now);
    case 'completed':
      return job.failed > 0 ? `Completed, ${formatNumber(job.failed)} failed` : 'Completed';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
  }
}

function waitingWords(job: Job, now: Date): string {
  const isQuota = job.waiting_reason?.includes('no more calls') ?? false;
  const what = isQuota ? 'Waiting for Google’s quota' : 'Waiting';
  return job.waiting_until === null ? what : `${what} until ${formatClock(job.waiting_until, now)}`;
}

/** Whole percents that are behind it; null while nobody can tell. Rounded down: 100 is the end. */
export function percentOf(job: Job): number | null {
  const progress = progressOf(job);
  return progress === null ? null : Math.floor(progress * 100);
}

/** What the tab says: `42 % · Holiday`. */
export function tabTitle(job: Job): string {
  const percent = percentOf(job);
  if (job.state === 'cancelled' || job.state === 'failed') return `${stateWords(job)} · ${jobName(job)}`;
  if (hasEnded(job)) return `Done · ${jobName(job)}`;
  return percent === null ? `Reading · ${jobName(job)}` : `${percent} % · ${jobName(job)}`;
}

/** `420 of 1,000`, `420 imported, 1,000 found so far`. */
export function countWords(job: Job): string {
  const [done, all] = [formatNumber(job.processed), formatNumber(job.total)];
  if (!hasEnded(job) && job.listing === 'in_progress') return `${done} imported, ${all} found so far`;
  return job.processed === job.total ? all : `${done} of ${all}`;
}

/** `420 of 1,000 images`, `420 images imported, 1,000 found so far`. */
export function imagesWords(job: Job): string {
  if (!hasEnded(job) && job.listing === 'in_progress') {
    return `${countOf(job.processed, 'image')} imported, ${formatNumber(job.total)} found so far`;
  }
  return `${countWords(job)} ${job.total === 1 ? 'image' : 'images'}`;
}

/** `1.2 GB of 3 GB`; empty where nothing is known. */
export function bytesWords(job: Job): string {
  if (job.bytes_total === 0 && job.bytes_done === 0) return '';
  const isAll = job.bytes_done >= job.bytes_total || (!hasEnded(job) && job.listing === 'in_progress');
  return isAll ? formatBytes(job.bytes_done) : `${formatBytes(job.bytes_done)} of ${formatBytes(job.bytes_total)}`;
}

/** `12.5 images/s, 3 MB/s`; empty where there is no rate. */
export function rateWords(job: Job): string {
  const rates: string[] = [];
  if (job.images_per_second !== null) rates.push(`${rounded(job.images_per_second)} images/s`);
  if (job.bytes_per_second !== null) rates.push(`${formatBytes(job.bytes_per_second)}/s`);
  // each stays in one line
  return rates.map((rate) => rate.replace(' ', '\u00a0')).join(', ');
}

function rounded(rate: number): string {
  return new Intl.NumberFormat(undefined, { maximumSignificantDigits: rate < 1 ? 1 : 3 }).format(rate);
}

/** `23 Nov 2026, 14:05`; with what it took where it has ended. */
export function timeWords(job: Job): string {
  if (job.created_at === null) return '';
  const started = formatDateTime(job.created_at);
  if (job.ended_at === null) return `Started ${started}`;
  const seconds = (parseTime(job.ended_at).getTime() - parseTime(job.created_at).getTime()) / 1000;
  return `${started}, took ${seconds < 1 ? 'less than 1 s' : formatDuration(seconds)}`;
}

/** What a job came to, in one sentence. */
export function endWords(job: Job): string {
  const parts = [`${countOf(job.processed, 'image')} imported`];
  if (job.failed > 0) parts.push(`${formatNumber(job.failed)} failed`);
  if (job.cancelled > 0) parts.push(`${formatNumber(job.cancelled)} not imported`);
  const state = job.state === 'completed' ? 'Completed' : stateWords(job);
  return `${state}: ${parts.join(', ')}.`;
}

const STEPS = [25, 50, 75];

/** What somebody who does not see the page should hear of the way from `before` to `now`; null for nothing. */
export function milestone(before: Job, now: Job): string | null {
  if (hasEnded(now)) return hasEnded(before) ? null : endWords(now);
  if (now.state === 'waiting' && before.state !== 'waiting') return `${stateWords(now)}.`;
  const [was, is] = [percentOf(before), percentOf(now)];
  if (is === null) return null;
  const step = STEPS.findLast((percent) => is >= percent && (was ?? 0) < percent);
  return step === undefined ? null : `${step} percent: ${imagesWords(now)}.`;
}
