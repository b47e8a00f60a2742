/**
 * Images that are being deleted here, or were just now. No picture of them is asked for any more: an object may be gone before
 * its row has left the page.
 */

import { useSyncExternalStore } from 'react';

const doomed = new Set<number>();
const listeners = new Set<() => void>();

/** From now on; `keepPictures` takes it back. */
export function askNoPictures(ids: readonly number[]): void {
  for (const id of ids) doomed.add(id);
  tell();
}

/** These were not deleted after all, or nothing of them is left on the page. */
export function keepPictures(ids: readonly number[]): void {
  for (const id of ids) doomed.delete(id);
  tell();
}

export function useIsDoomed(id: number): boolean {
  return useSyncExternalStore(subscribe, () => doomed.has(id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
