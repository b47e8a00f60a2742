import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';
import { askNoPictures, keepPictures } from '../deleting';
import { inChunks } from '../selection';

/** Images that one call may delete. */
const MOST = 1000;
/** After this the rows have left the page. SQLite gives their numbers to new images, which have pictures of their own. */
const LEFT_MS = 10_000;

type ImagesDeleted = Wire['ImagesDeleted'];

/** How it ended: what is gone now, what was not reached, and why. */
export interface Deletion {
  gone: number[];
  left: number[];
  error: Error | null;
}

interface DeleteImages {
  ids: number[];
  /** Called after every call with those that are gone. */
  onGone: (ids: number[]) => void;
}

/** Deletes call by call. The first call that fails ends it: what is gone stays gone, and is told. */
async function deleteImages({ ids, onGone }: DeleteImages): Promise<Deletion> {
  askNoPictures(ids);
  const gone: number[] = [];
  for (const chunk of inChunks(ids, MOST)) {
    try {
      const answer = await request<ImagesDeleted>('/images/delete', { method: 'POST', body: { ids: chunk } });
      const now = [...answer.deleted, ...answer.not_found];
      gone.push(...now);
      onGone(now);
      setTimeout(() => keepPictures(now), LEFT_MS);
    } catch (error) {
      const done = new Set(gone);
      const left = ids.filter((id) => !done.has(id));
      keepPictures(left);
      if (gone.length === 0 || !(error instanceof Error)) throw error;
      return { gone, left, error };
    }
  }
  return { gone, left: [], error: null };
}

export function useDeleteImages() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteImages,
    onSettled: async () => {
      // lists that were left behind show what is gone
      client.removeQueries({ queryKey: ['gallery', 'first'], type: 'inactive' });
      client.removeQueries({ queryKey: ['gallery', 'image'], type: 'inactive' });
      await Promise.all([
        client.invalidateQueries({ queryKey: ['gallery', 'counts'] }),
        client.invalidateQueries({ queryKey: ['gallery', 'histogram'] }),
        client.invalidateQueries({ queryKey: ['stats'] }),
      ]);
    },
  });
}
