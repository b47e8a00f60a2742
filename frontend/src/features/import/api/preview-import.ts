import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';

/** What an import of a folder would do. */
export interface ImportPreview {
  folder_name: string | null;
  /** Opens it in Google Drive. */
  folder_url: string;
  recursive: boolean;
  /** Folders that were looked at. */
  folders: number;
  images: number;
  bytes: number;
  /** Images that are stored already and have not changed; null where that cannot be told. */
  known: number | null;
  to_import: number | null;
  skipped: {
    subfolders: number;
    shortcuts: number;
    other_files: number;
    not_downloadable: number;
    unreadable_folders: number;
  };
  /** False when the time was up: there is more than is counted here. */
  complete: boolean;
  /** What was found out about an id that lists nothing. */
  hint?: string;
}

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
