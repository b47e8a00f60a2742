import { useEffect, useRef } from 'react';
import { announce } from '@/components/announcer';
import type { Job } from './api/job';
import { milestone } from './words';

/** Tells screen readers the milestones of a job, not every tick. */
export function useMilestones(job: Job): void {
  const last = useRef(job);
  useEffect(() => {
    const words = milestone(last.current, job);
    last.current = job;
    if (words !== null) announce(words);
  }, [job]);
}
