/** Follows a job to its end: by events, and by asking again and again where those do not come through. */

import type { Attention } from '@/lib/attention';
import { ApiError } from '@/lib/api-error';
import { Rest } from '@/lib/rest';
import type { Image } from '@/lib/image';
import { getJob } from './get-job';
import { hasEnded, type Job } from './job';
import { listNewest } from './list-newest';
import { readJobEvents, type ArrivedImage } from './job-events';

export interface Watch {
  id: string;
  /** The image after which events are wanted. */
  after: () => number;
  onJob: (job: Job) => void;
  onImages: (images: ArrivedImage[]) => void;
  /** The newest images of the job, newest first, where no events tell of them. */
  onListed: (images: Image[]) => void;
  /** What went wrong when neither events nor an answer came; null again as soon as anything is heard. */
  onTrouble: (trouble: Error | null) => void;
  /** The server refuses: there is no such job any more, or it wants a token. */
  onRefused: () => void;
}

export interface Pace {
  /** Before the first attempt to come back; doubles with each. */
  againAfterMs: number;
  againAtMostMs: number;
  /** So many attempts in a row must fail before it is only asked. */
  attempts: number;
  askEveryMs: number;
  /** How often it is asked before events are tried again. */
  asks: number;
  /** Nobody looks: the browser's few connections are for others, but the title of the tab goes on. */
  askAwayEveryMs: number;
}

export const PACE: Pace = {
  againAfterMs: 1_000,
  againAtMostMs: 15_000,
  attempts: 3,
  askEveryMs: 2_000,
  asks: 15,
  askAwayEveryMs: 10_000,
};

/** What the server has asked for: streams may be too many where questions are not. */
interface Rests {
  events: Rest;
  asks: Rest;
}

/** Returns when the job has ended, when the server refuses, and when `signal` fires. Never throws. */
export async function watchJob(watch: Watch, tab: Attention, signal: AbortSignal, pace: Pace = PACE): Promise<void> {
  const rests = { events: new Rest(), asks: new Rest() };
  let failures = 0;
  while (!signal.aborted) {
    if (tab.isAway()) {
      if ((await ask(watch, rests, signal)) === 'over') return;
      const wait = rests.asks.isOn ? signal : AbortSignal.any([signal, tab.back()]);
      await rests.asks.sleep(pace.askAwayEveryMs, wait);
      continue;
    }
    const heard = rests.events.isOn ? false : await follow(watch, tab, rests, signal);
    await rests.asks.sleep(0, signal);
    if (!heard) await list(watch, signal);
    // also after the end: the numbers that came with it may be a moment old
    if ((await ask(watch, rests, signal)) === 'over') return;
    failures = heard ? 0 : failures + 1;
    if (failures < pace.attempts && !rests.events.isOn) {
      await rests.asks.sleep(delayOf(failures, pace), signal);
      continue;
    }
    if (await askOnly(watch, tab, rests, signal, pace)) return;
  }
}

/** True where asking again brings nothing: there is no such job, or a token is wanted. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !error.isTemporary;
}

/** With jitter, so that not everybody comes back at once to a server that has started again. */
function delayOf(failures: number, pace: Pace): number {
  const delay = Math.min(pace.againAtMostMs, pace.againAfterMs * 2 ** Math.max(0, failures - 1));
  return delay * (0.5 + Math.random() / 2);
}

/** Reads events until they end or nobody looks any more. True if anything was heard. */
async function follow(watch: Watch, tab: Attention, rests: Rests, signal: AbortSignal): Promise<boolean> {
  const left = new AbortController();
  const leave = setInterval(() => {
    if (tab.isAway()) left.abort();
  }, 1_000);
  let isHeard = false;
  const reader = {
    onJob: watch.onJob,
    onImages: watch.onImages,
    onSign: () => {
      isHeard = true;
      watch.onTrouble(null);
    },
  };
  try {
    await readJobEvents(watch.id, watch.after(), reader, AbortSignal.any([signal, left.signal]));
  } catch (error) {
    // why does not matter: who is asked next says it, or is silent too
    rests.events.heed(error);
    if (!isOneStreamTooMany(error)) rests.asks.heed(error);
  } finally {
    clearInterval(leave);
  }
  return isHeard;
}

function isOneStreamTooMany(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'too-many-streams';
}

/** Asks for a while, or until a server that was silent answers again. True where nothing follows. */
async function askOnly(watch: Watch, tab: Attention, rests: Rests, signal: AbortSignal, pace: Pace): Promise<boolean> {
  let before: Answer = 'goes on';
  for (let asked = 0; asked < pace.asks && !tab.isAway(); asked += 1) {
    await rests.asks.sleep(pace.askEveryMs, signal);
    const answer = await ask(watch, rests, signal);
    if (answer !== 'silence') await list(watch, signal);
    if (answer === 'over') return true;
    if (answer === 'goes on' && before === 'silence') return false;
    before = answer;
  }
  return false;
}

async function list(watch: Watch, signal: AbortSignal): Promise<void> {
  try {
    const images = await listNewest(watch.id, signal);
    if (!signal.aborted) watch.onListed(images);
  } catch {
    // pictures of what happens, no more: whether there is a server is found out by asking for the job
  }
}

type Answer = 'goes on' | 'over' | 'silence';

/** Asks once. `over` where nothing follows. */
async function ask(watch: Watch, rests: Rests, signal: AbortSignal): Promise<Answer> {
  try {
    if (signal.aborted) return 'over';
    const job = await getJob(watch.id, signal);
    watch.onTrouble(null);
    watch.onJob(job);
    return hasEnded(job) ? 'over' : 'goes on';
  } catch (error) {
    if (signal.aborted) return 'over';
    if (isRefusal(error)) {
      watch.onRefused();
      return 'over';
    }
    rests.asks.heed(error);
    watch.onTrouble(error instanceof Error ? error : new Error(String(error)));
    return 'silence';
  }
}
