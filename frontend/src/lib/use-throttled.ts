import { useEffect, useRef, useState } from 'react';

/** `value`, but a new one at most every `everyMs`. The last one always comes through. */
export function useThrottled<T>(value: T, everyMs: number): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(0);
  useEffect(() => {
    if (Object.is(value, shown)) return;
    const wait = shownAt.current + everyMs - Date.now();
    const timer = setTimeout(() => {
      shownAt.current = Date.now();
      setShown(value);
    }, Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [value, shown, everyMs]);
  return shown;
}
