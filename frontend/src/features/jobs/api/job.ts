/** What the API says of imports. */

/** Where a job is. The last three are final. */
export type JobState = 'listing' | 'running' | 'waiting' | 'completed' | 'cancelled' | 'failed';

export interface Job {
  job_id: string;
  state: JobState;
  /** How far its listing is: `total` is final only when that is done. `broken` ended early. */
  listing: 'in_progress' | 'done' | 'broken';
  folder_id: string;
  folder_name: string | null;
  /** Opens the folder in Google Drive. */
  folder_url: string;
  recursive: boolean;
  /** The job whose failed and cancelled images it tries again. */
  retry_of: string | null;
  /** UTC. */
  created_at: string | null;
  ended_at: string | null;
  /** Images that are known. */
  total: number;
  /** Images that are stored, newly or since before. */
  processed: number;
  failed: number;
  cancelled: number;
  bytes_done: number;
  bytes_total: number;
  images_per_second: number | null;
  bytes_per_second: number | null;
  seconds_left: number | null;
  /** Why it failed as a whole, and what to do. */
  error: string | null;
  waiting_reason: string | null;
  /** UTC. */
  waiting_until: string | null;
}

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
