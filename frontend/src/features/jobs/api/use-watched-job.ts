import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { attention } from '@/lib/attention';
import type { Image } from '@/lib/image';
import { jobQuery, useJob } from './get-job';
import type { Job } from './job';
import type { ArrivedImage } from './job-events';
import { NEWEST } from './list-newest';
import { isRefusal, watchJob } from './watch-job';

export interface WatchedJob {
  /** As it was last heard of. */
  job: Job | undefined;
  /** Newest first. */
  images: ArrivedImage[];
  /** Why nothing is heard of it just now. */
  trouble: Error | null;
  /** Why there is no job. */
  error: Error | null;
  reload: () => void;
}

/** A job, live until its end, for as long as it is shown. */
export function useWatchedJob(id: string): WatchedJob {
  const client = useQueryClient();
  const { data: job, error, refetch } = useJob(id);
  const [images, setImages] = useState<ArrivedImage[]>([]);
  const [trouble, setTrouble] = useState<Error | null>(null);
  const isRefused = isRefusal(error);
  const canWatch = job !== undefined && !isRefused;

  useEffect(() => {
    if (!canWatch) return;
    const stop = new AbortController();
    const { queryKey } = jobQuery(id);
    let newest = 0;
    const watch = {
      id,
      // of thousands that came before, only the last are shown
      after: () => Math.max(newest, (client.getQueryData(queryKey)?.processed ?? 0) - NEWEST),
      onJob: (now: Job) => {
        if (!stop.signal.aborted) client.setQueryData(queryKey, now);
      },
      onImages: (arrived: ArrivedImage[]) => {
        newest = Math.max(newest, ...arrived.map(({ number }) => number));
        setImages((before) => newestOf(before, arrived));
      },
      onListed: (listed: Image[]) => {
        const count = client.getQueryData(queryKey)?.processed ?? listed.length;
        setImages((before) => newestOf(before, listed.map((image, place) => ({ number: count - place, image, isKnown: false }))));
      },
      onTrouble: setTrouble,
      onRefused: () => void client.invalidateQueries({ queryKey }),
    };
    void watchJob(watch, attention(stop.signal), stop.signal);
    return () => stop.abort();
  }, [client, id, canWatch]);

  return { job, images, trouble, error: isRefused || !job ? error : null, reload: () => void refetch() };
}

/** Images that are told again are the same. What is listed has no number of its own, so it goes by its row. */
function newestOf(before: ArrivedImage[], arrived: ArrivedImage[]): ArrivedImage[] {
  const byRow = new Map([...before, ...arrived].map((told) => [told.image.id, told]));
  return [...byRow.values()].sort((a, b) => b.number - a.number).slice(0, NEWEST);
}
