import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/lib/api-error';

const TRIES = 3;

/** Reads are tried again where that may help; what changes something never is, except by the person. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < TRIES && error instanceof ApiError && error.isTemporary,
        // our own server may be reachable without the internet
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
