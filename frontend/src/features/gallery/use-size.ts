import { useLayoutEffect, useState, type RefObject } from 'react';
import type { Size } from './zoom';

/** Size of an element inside its borders, as it changes. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: window.innerWidth, height: window.innerHeight });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const read = () => {
      if (target.clientWidth > 0) setSize({ width: target.clientWidth, height: target.clientHeight });
    };
    const observer = new ResizeObserver(read);
    observer.observe(target);
    window.addEventListener('resize', read);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', read);
    };
  }, [element]);
  return size;
}
