/** The one client of the API. Everything that a feature asks for goes through `request`. */

import { apiBase, tryLocalGateway } from '@/lib/api-base';
import { ApiError } from '@/lib/api-error';
import { retryAfterMs } from '@/lib/retry-after';
import { noteServerTime } from '@/lib/server-clock';
import { readToken } from '@/lib/token';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Parameters; those without a value are left out. */
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The answer's JSON. Throws an `ApiError` in the API's own words. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await open(path, options);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError('The answer of the server did not arrive whole. Try again in a moment.', 0, { code: 'broken-answer' });
  }
}

/** The answer as it comes, its status one of success, for streams and files. Throws as `request` does. */
export async function open(path: string, options: RequestOptions = {}): Promise<Response> {
  const asked = apiBase();
  const response = await send(path, options);
  // another call, sent at the same time, may have moved on already
  const isElsewhere = isStrange(response) && (apiBase() !== asked || tryLocalGateway());
  return checked(isElsewhere ? await send(path, options) : response);
}

/** Address of a call, for links. */
export function apiUrl(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${apiBase()}${path}${text === '' ? '' : `?${text}`}`;
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', ...options.headers });
  const token = readToken();
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  const init: RequestInit = { method: options.method ?? 'GET', headers };
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(options.body);
  }
  if (options.signal) init.signal = options.signal;
  try {
    const response = await fetch(apiUrl(path, options.query), init);
    noteServerTime(response.headers.get('Date'));
    return response;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError('The server cannot be reached. Check your connection, and that the services run.', 0, { code: 'offline' });
  }
}

function isHtml(response: Response): boolean {
  return (response.headers.get('Content-Type') ?? '').startsWith('text/html');
}

/** Statuses of a proxy whose API does not answer just now. */
const PROXY_WAITS = [502, 503, 504];

/** A page of HTML is an answer of whoever serves these files, who knows no API. */
function isStrange(response: Response): boolean {
  return isHtml(response) && !PROXY_WAITS.includes(response.status);
}

async function checked(response: Response): Promise<Response> {
  if (response.ok && !isHtml(response)) return response;
  const body: unknown = await response.json().catch(() => null);
  const told = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string) => (typeof told[name] === 'string' ? told[name] : undefined);
  const message = text('error') ?? wordsFor(response);
  const requestId = text('request_id') ?? response.headers.get('x-request-id') ?? undefined;
  throw new ApiError(message, response.status, {
    code: text('code'),
    requestId,
    retryAfterMs: retryAfterMs(response.headers),
    jobId: text('job_id'),
  });
}

/** What to say where the answer itself says nothing. */
function wordsFor({ ok, status }: Response): string {
  if (ok) return 'This address does not lead to the API of the Image Import System.';
  if (PROXY_WAITS.includes(status)) return 'The services behind this page do not answer. Check that they run, and try again in a moment.';
  return `The server answered with ${status}. Try again in a moment.`;
}
