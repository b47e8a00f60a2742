/** What went wrong with a call of the API, in words for a person. */
export class ApiError extends Error {
  /** Status of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Stable name of the reason in kebab-case, as the API gives it; `offline` where there was no answer. */
  readonly code: string | undefined;
  /** Finds the request in the logs of the services. */
  readonly requestId: string | undefined;

  constructor(message: string, status: number, code?: string, requestId?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
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
