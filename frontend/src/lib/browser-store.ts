/** Small things that this browser keeps between visits; where it is set to keep nothing, until the page is left. */

const untilLeft = new Map<string, string>();

export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return untilLeft.get(key) ?? null;
  }
}

/** Keeps `value`; null forgets what is kept. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value === null) untilLeft.delete(key);
    else untilLeft.set(key, value);
  }
}
