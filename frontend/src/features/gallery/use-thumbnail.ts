import { useEffect, useState } from 'react';
import { probeThumbnail } from './api/probe-thumbnail';

/** So often a thumbnail is asked for before it counts as failed. */
const TRIES = 6;
const FIRST_PAUSE_MS = 800;

export interface Thumbnail {
  /** Address of bytes that were fetched beside the `<img>`; null where its own address does. */
  blobUrl: string | null;
  /** Why there is none: the API's name of the reason, or `failed`. */
  failure: string | null;
  /** To be called when the `<img>` could not load. */
  onError: () => void;
}

/**
 * Tries again what may come later, and finds out what never will. `path` is the thumbnail's path on the API's origin.
 */
export function useThumbnail(path: string): Thumbnail {
  const [hasFailed, setHasFailed] = useState(false);
  const [blobUrl, setBlobUrl] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (!hasFailed) return undefined;
    const request = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let made: string | null = null;
    const attempt = async (number: number): Promise<void> => {
      const verdict = await probeThumbnail(path, request.signal).catch(() => ({ kind: 'later' as const, afterMs: null }));
      if (request.signal.aborted) return;
      if (verdict.kind === 'picture') {
        made = URL.createObjectURL(verdict.blob);
        setBlobUrl(made);
      } else if (verdict.kind === 'never') {
        setFailure(verdict.code);
      } else if (number >= TRIES) {
        setFailure('failed');
      } else {
        const pause = verdict.afterMs ?? FIRST_PAUSE_MS * 2 ** (number - 1);
        timer = setTimeout(() => void attempt(number + 1), pause);
      }
    };
    void attempt(1);
    return () => {
      request.abort();
      clearTimeout(timer);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [hasFailed, path]);

  const onError = () => {
    // bytes that came and are no picture will not become one
    if (blobUrl !== null) setFailure('broken-image');
    else setHasFailed(true);
  };
  return { blobUrl, failure, onError };
}
