import { QueryClient } from '@tanstack/react-query';
import { ApiError, pauseAfter } from '@/lib/api-error';

/** After 1 s and 2 s: whoever waits longer wants to know why. */
const RETRIES = 2;
/** Whom the server asks to wait for longer is told so at once. */
const QUIET_MS = 3_000;

/** Reads are tried again where that may help; what changes something never is, except by the person. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < RETRIES && error instanceof ApiError && error.isTemporary && pauseAfter(error) <= QUIET_MS,
        retryDelay: (failures, error) => Math.max(pauseAfter(error), 1000 * 2 ** failures),
        // our own server may be reachable without the internet
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
