/** What the API says of imports. */

import type { Wire } from '@/lib/wire';

/** Where a job is. The last three are final. */
export type JobState = Wire['JobState'];

export type Job = Wire['Job'];

/** True where nothing follows. */
export function hasEnded(job: Job): boolean {
  return job.state === 'completed' || job.state === 'cancelled' || job.state === 'failed';
}

/** Images that have come to an end, good or bad. */
export function imagesDone(job: Job): number {
  return job.processed + job.failed + job.cancelled;
}

/** From 0 to 1; null while nobody can tell, because images are still being found. */
export function progressOf(job: Job): number | null {
  if (job.state === 'completed') return 1;
  if (!hasEnded(job) && job.listing === 'in_progress') return null;
  if (job.total === 0) return hasEnded(job) ? 0 : null;
  // what was stopped has come no further
  const done = hasEnded(job) ? job.processed + job.failed : imagesDone(job);
  return Math.min(1, done / job.total);
}
