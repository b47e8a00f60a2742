import { useEffect, useState } from 'react';
import { pauseAfter } from '@/lib/api-error';

/** Counts down the seconds for which the server wants to be left alone after this error; 0 from then on. */
export function useSecondsLeft(error: unknown): number {
  const pauseMs = pauseAfter(error);
  const [seen, setSeen] = useState({ error, left: secondsOf(pauseMs) });
  useEffect(() => {
    if (pauseMs === 0) return undefined;
    const end = Date.now() + pauseMs;
    const timer = setInterval(() => {
      const left = secondsOf(end - Date.now());
      setSeen((before) => (before.error === error && before.left === left ? before : { error, left }));
      if (left === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [error, pauseMs]);
  return seen.error === error ? seen.left : secondsOf(pauseMs);
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000));
}
