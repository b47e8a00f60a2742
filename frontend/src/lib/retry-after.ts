/** So long nobody waits without a word. */
const MOST_MS = 3_600_000;

/** What `Retry-After` of an answer asks for, in milliseconds: seconds, or a time of day. Null where it says nothing. */
export function retryAfterMs(headers: Headers): number | null {
  const text = headers.get('Retry-After')?.trim() ?? '';
  if (text === '') return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(MOST_MS, Math.max(0, ms)) : null;
}
