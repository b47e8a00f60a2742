/** The token of the API, kept for this browser. Kept nowhere else, and sent only to the API. */

const KEY = 'image-import.token';
const listeners = new Set<() => void>();

export function readToken(): string | null {
  return localStorage.getItem(KEY);
}

/** Keeps `token`, or forgets the one that is kept, and tells everybody who listens. */
export function keepToken(token: string | null): void {
  if (token === null || token === '') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, token);
  for (const listener of listeners) listener();
}

/** Calls `listener` after every change. Returns what ends it. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
