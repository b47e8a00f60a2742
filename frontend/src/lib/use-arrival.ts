import { useEffect, useEffectEvent, type RefObject } from 'react';

/** The browser itself sees to the page that a document begins with. */
let hasMoved = false;
window.addEventListener('pushState', () => {
  hasMoved = true;
});
/** Where back or forward led last. They also lead to other states of the same page, at which nothing arrives. */
let returnedTo: string | null = null;
window.addEventListener('popstate', () => {
  hasMoved = true;
  returnedTo = location.pathname;
});

/**
 * What browsers do between documents, and apps of one document must do themselves: a new page begins at its top, and
 * where the focus was on something that is gone, it goes to the heading, so that a screen reader reads that. Where it is
 * still on a link of the frame, it stays, and `onUnread` is called.
 */
export function useArrival(heading: RefObject<HTMLElement | null>, onUnread: () => void): void {
  const unread = useEffectEvent(onUnread);
  useEffect(() => {
    if (hasMoved) {
      // back and forward go to where one was
      if (returnedTo !== location.pathname) window.scrollTo(0, 0);
      if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
      else unread();
    }
    returnedTo = null;
  }, [heading]);
}

/** For what may vanish with the focus on it: the heading takes it over, so that the keyboard does not begin anew. */
export function useFocusKept(): void {
  useEffect(
    () => () => {
      if (document.activeElement === document.body) document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    },
    [],
  );
}
