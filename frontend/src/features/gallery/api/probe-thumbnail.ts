import { onApiOrigin } from '@/lib/api-base';
import { retryAfterMs } from '@/lib/retry-after';
import { readToken } from '@/lib/token';
import { Turns } from '@/lib/turns';

/** Why a picture did not load, and what may help. */
export type Verdict =
  | { kind: 'picture'; blob: Blob }
  /** `isBusy`: the server has too much to do, and the picture may be fine. */
  | { kind: 'later'; afterMs: number | null; isBusy: boolean }
  /** The address is not good, or no longer, or the token is not. */
  | { kind: 'refused' }
  /** There is none, and there will be none: the API's name of the reason. */
  | { kind: 'never'; code: string };

const FINAL = [400, 403, 404, 410, 413, 415, 422];
const UNAUTHORIZED = 401;
const TOO_MANY = 429;
/** A picture waits so long at most; the server may say more to people. */
const MOST_MS = 60_000;

/** A screen full of pictures that all failed must not ask all at once again. */
const turns = new Turns(4);

/** Asks for a picture that an `<img>` could not load: the element tells nothing, and cannot send a token. */
export function probeThumbnail(path: string, signal: AbortSignal): Promise<Verdict> {
  return turns.take(() => probe(path, signal), signal);
}

async function probe(path: string, signal: AbortSignal): Promise<Verdict> {
  const token = isSigned(path) ? null : readToken();
  const headers = { Accept: 'image/webp,image/*,*/*;q=0.8', ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  const response = await fetch(onApiOrigin(path), { headers, signal });
  const isPicture = (response.headers.get('Content-Type') ?? '').startsWith('image/');
  if (response.ok && isPicture) return { kind: 'picture', blob: await response.blob() };
  if (response.status === UNAUTHORIZED) return { kind: 'refused' };
  if (!FINAL.includes(response.status)) return later(response);
  const body: unknown = await response.json().catch(() => null);
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  return { kind: 'never', code: typeof code === 'string' ? code : `status-${response.status}` };
}

function later(response: Response): Verdict {
  const wish = retryAfterMs(response.headers);
  const afterMs = wish === null ? null : Math.min(MOST_MS, wish);
  const isBusy = response.status === TOO_MANY;
  // of too many requests, the others would be some too
  if (isBusy && afterMs !== null) turns.hold(afterMs);
  return { kind: 'later', afterMs, isBusy };
}

/** Such an address is to be found good by itself: else the links beside the picture would not be. */
function isSigned(path: string): boolean {
  return /[?&]signature=/.test(path);
}
