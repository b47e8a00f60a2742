import { useEffect, useEffectEvent, useState } from 'react';
import { onTokenChange } from '@/lib/token';
import { probeThumbnail, type Verdict } from './api/probe-thumbnail';

/** So often a thumbnail is asked for before it counts as failed. */
const TRIES = 6;
/** So often where the server only says that there are too many requests. */
const BUSY_TRIES = 30;
const FIRST_PAUSE_MS = 800;
/** Failure of a picture that the API does not show to us. */
const REFUSED = 'unauthorized';

export interface Thumbnail {
  /** Address of bytes that were fetched beside the `<img>`; null where its own address does. */
  blobUrl: string | null;
  /** Why there is none: the API's name of the reason, or `failed`. */
  failure: string | null;
  /** To be called when the `<img>` could not load. */
  onError: () => void;
}

interface State {
  path: string;
  hasFailed: boolean;
  blobUrl: string | null;
  failure: string | null;
}

const untried = (path: string): State => ({ path, hasFailed: false, blobUrl: null, failure: null });

/**
 * Tries again what may come later, and finds out what never will. `path` is the thumbnail's path on the API's origin;
 * `renew` asks for another one where it is refused, and says whether there is one.
 */
export function useThumbnail(path: string, renew: () => Promise<boolean>): Thumbnail {
  const [kept, setState] = useState(() => untried(path));
  const state = kept.path === path ? kept : untried(path);
  const { hasFailed, blobUrl, failure } = state;
  const askForAnother = useEffectEvent(renew);

  useEffect(() => {
    if (!hasFailed) return undefined;
    const request = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let made: string | null = null;
    const isOver = () => request.signal.aborted;
    const know = (part: Partial<State>) => setState({ ...untried(path), hasFailed: true, ...part });
    const attempt = async (tries: number, busy: number): Promise<void> => {
      const verdict = await probeThumbnail(path, request.signal).catch((): Verdict => ({ kind: 'later', afterMs: null, isBusy: false }));
      if (isOver()) return;
      if (verdict.kind === 'picture') {
        made = URL.createObjectURL(verdict.blob);
        know({ blobUrl: made });
      } else if (verdict.kind === 'never') {
        know({ failure: verdict.code });
      } else if (verdict.kind === 'refused') {
        const isRenewed = await askForAnother();
        if (!isOver() && !isRenewed) know({ failure: REFUSED });
      } else if (tries >= TRIES || busy >= BUSY_TRIES) {
        know({ failure: 'failed' });
      } else {
        const pause = verdict.afterMs ?? FIRST_PAUSE_MS * 2 ** (tries - 1);
        const next = verdict.isBusy ? ([tries, busy + 1] as const) : ([tries + 1, busy] as const);
        // not all pictures of a screen at once
        timer = setTimeout(() => void attempt(...next), pause * (1 + Math.random() / 4));
      }
    };
    void attempt(1, 0);
    return () => {
      request.abort();
      clearTimeout(timer);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [hasFailed, path]);

  useEffect(() => (failure === REFUSED ? onTokenChange(() => setState(untried(path))) : undefined), [failure, path]);

  const onError = () => {
    // bytes that came and are no picture will not become one
    setState({ ...state, ...(blobUrl === null ? { hasFailed: true } : { failure: 'broken-image' }) });
  };
  return { blobUrl, failure, onError };
}
