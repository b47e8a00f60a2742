/** Small things that this browser keeps between visits, or for one; where it is set to keep nothing, until the page is left. */

/** `always`: until they are forgotten. `visit`: until the tab is closed. */
export type Span = 'always' | 'visit';

const storeFor = (span: Span) => (span === 'always' ? localStorage : sessionStorage);
const untilLeft = new Map<string, string>();

export function readKept(key: string, span: Span = 'always'): string | null {
  try {
    return storeFor(span).getItem(key);
  } catch {
    return untilLeft.get(key) ?? null;
  }
}

/** Keeps `value`; null forgets what is kept. */
export function keep(key: string, value: string | null, span: Span = 'always'): void {
  try {
    if (value === null) storeFor(span).removeItem(key);
    else storeFor(span).setItem(key, value);
  } catch {
    if (value === null) untilLeft.delete(key);
    else untilLeft.set(key, value);
  }
}
