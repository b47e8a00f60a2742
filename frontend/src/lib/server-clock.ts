/** The server's time, as its answers tell it: clocks of visitors may be hours off. */

let aheadMs = 0;

/** Compares the clocks by a `Date` header. Another origin's is hidden, and then this computer's clock has to do. */
export function noteServerTime(date: string | null): void {
  const time = Date.parse(date ?? '');
  if (Number.isFinite(time)) aheadMs = time - Date.now();
}

/** Milliseconds since 1970, good to a second or two. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}
