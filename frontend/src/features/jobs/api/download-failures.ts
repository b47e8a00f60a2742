import { useMutation } from '@tanstack/react-query';
import { open } from '@/lib/api';
import { saveBlob } from '@/lib/save-blob';

async function downloadFailures(id: string): Promise<void> {
  const path = `/import/jobs/${encodeURIComponent(id)}/failures`;
  const answer = await open(path, { query: { format: 'csv' }, headers: { Accept: 'text/csv' } });
  saveBlob(await answer.blob(), `failures-${id}.csv`);
}

/** Saves all failures as CSV. Fetched and not linked, for a link cannot send the token. */
export function useDownloadFailures(id: string) {
  return useMutation({ mutationFn: () => downloadFailures(id) });
}
