import { onApiOrigin } from '@/lib/api-base';
import { readToken } from '@/lib/token';

/** Why a picture did not load, and what may help. */
export type Verdict =
  | { kind: 'picture'; blob: Blob }
  | { kind: 'later'; afterMs: number | null }
  /** There is none, and there will be none: the API's name of the reason. */
  | { kind: 'never'; code: string };

const FINAL = [400, 403, 404, 410, 413, 415, 422];

/** Asks for a picture that an `<img>` could not load: the element tells nothing, and cannot send a token. */
export async function probeThumbnail(path: string, signal: AbortSignal): Promise<Verdict> {
  const token = readToken();
  const headers = { Accept: 'image/webp,image/*,*/*;q=0.8', ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  const response = await fetch(onApiOrigin(path), { headers, signal });
  const isPicture = (response.headers.get('Content-Type') ?? '').startsWith('image/');
  if (response.ok && isPicture) return { kind: 'picture', blob: await response.blob() };
  if (!FINAL.includes(response.status)) return { kind: 'later', afterMs: retryAfterMs(response) };
  const body: unknown = await response.json().catch(() => null);
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  return { kind: 'never', code: typeof code === 'string' ? code : `status-${response.status}` };
}

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return seconds >= 0 ? Math.min(60, seconds) * 1000 : null;
}
