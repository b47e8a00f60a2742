/** The token of the API, kept until the tab is closed, or for this browser. Kept nowhere else, and sent only to the API. */

import { keep, readKept, type Span } from '@/lib/browser-store';

const KEY = 'image-import.token';
const listeners = new Set<() => void>();

export function readToken(): string | null {
  return readKept(KEY, 'visit') ?? readKept(KEY);
}

/** For how long a token is kept; null where there is none. */
export function tokenSpan(): Span | null {
  if (readKept(KEY, 'visit') !== null) return 'visit';
  return readKept(KEY) === null ? null : 'always';
}

/** Keeps `token` in place of any other, or forgets the one that is kept, and tells everybody who listens. */
export function keepToken(token: string | null, span: Span = 'visit'): void {
  keep(KEY, null, span === 'visit' ? 'always' : 'visit');
  keep(KEY, token === '' ? null : token, span);
  for (const listener of listeners) listener();
}

/** Calls `listener` after every change. Returns what ends it. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
