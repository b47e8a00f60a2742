import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';

/** What an import of a folder would do. */
export type ImportPreview = Wire['ImportPreview'];

const FRESH_MS = 60_000;

export function previewQuery(link: string, isRecursive: boolean) {
  return queryOptions({
    queryKey: ['preview', link, isRecursive],
    queryFn: ({ signal }) =>
      request<ImportPreview>('/import/preview', {
        method: 'POST',
        body: { folder_url: link, recursive: isRecursive },
        signal,
      }),
    staleTime: FRESH_MS,
    // somebody waits: what is wrong is better said now
    retry: false,
    refetchOnWindowFocus: false,
  });
}

export function usePreview(link: string, isRecursive: boolean, isWanted: boolean) {
  return useQuery({ ...previewQuery(link, isRecursive), enabled: isWanted });
}
