import { queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Image } from '@/lib/image';

/** One image by its number, wherever it is in the list. */
export function oneImage(id: number) {
  return queryOptions({
    queryKey: ['gallery', 'image', id],
    queryFn: ({ signal }) => request<Image>(`/images/${id}`, { signal }),
    staleTime: 60_000,
  });
}
