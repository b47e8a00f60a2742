import { useEffect, useState } from 'react';

const RECENT_MS = 1200;

/** True for a moment after `value` changed. */
export function useRecent(value: number): boolean {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), RECENT_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled !== value;
}
