/** The token of the API, kept for this browser. Kept nowhere else, and sent only to the API. */

import { keep, readKept } from '@/lib/browser-store';

const KEY = 'image-import.token';
const listeners = new Set<() => void>();

export function readToken(): string | null {
  return readKept(KEY);
}

/** Keeps `token`, or forgets the one that is kept, and tells everybody who listens. */
export function keepToken(token: string | null): void {
  keep(KEY, token === '' ? null : token);
  for (const listener of listeners) listener();
}

/** Calls `listener` after every change. Returns what ends it. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
