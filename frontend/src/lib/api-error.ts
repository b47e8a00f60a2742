/** What an answer says beside its words. */
interface Told {
  code?: string | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | null;
  jobId?: string | undefined;
}

/** What went wrong with a call of the API, in words for a person. */
export class ApiError extends Error {
  /** Status of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Stable name of the reason in kebab-case, as the API gives it; `offline` where there was no answer. */
  readonly code: string | undefined;
  /** Finds the request in the logs of the services. */
  readonly requestId: string | undefined;
  /** How long the server wants to be left alone with this, in milliseconds; null where it says nothing. */
  readonly retryAfterMs: number | null;
  /** The job that the refusal is about. */
  readonly jobId: string | undefined;

  constructor(message: string, status: number, told: Told = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = told.code;
    this.requestId = told.requestId;
    this.retryAfterMs = told.retryAfterMs ?? null;
    this.jobId = told.jobId;
  }

  /** True where the same call may succeed later without anybody doing anything else. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/** The words of any error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Reload the page.';
}

/** How often a query may ask by itself after such an outcome: `ms`, but not while the server wants to be left alone. */
export function pollAfter(ms: number, error: unknown): number {
  return Math.max(ms, pauseAfter(error));
}

/** How long the server wants to be left alone after this error, in milliseconds; 0 where it says nothing. */
export function pauseAfter(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
}
