import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { formatNumber } from '@/lib/format';
import { oneImage } from './api/one-image';
import type { BlockStore } from './block-store';
import { besides, imageAt, offsetOf, placeAt, placeOf, totalOf, type Blocks } from './blocks';
import { offsetOfImage } from './gather';
import type { GridModel } from './grid-model';

/** The image that the address names, and those beside it. One that the list does not hold is asked for by itself. */
export function useOpenImage(store: BlockStore, model: GridModel, state: Blocks, id: number | null) {
  const client = useQueryClient();
  const place = id === null ? null : placeOf(state, id);
  const held = place ? imageAt(state, place) : undefined;
  const query = useQuery({ ...oneImage(id ?? 0), enabled: id !== null && !held });
  const found = query.data;
  const isElsewhere = id !== null && !place && found?.id === id;

  // the list goes where the image is, so that there is something before and after it
  useEffect(() => {
    if (!isElsewhere) return undefined;
    let isOver = false;
    const go = async () => {
      const offset = await offsetOfImage(client, store, found).catch(() => null);
      if (offset !== null && !isOver) model.reveal(placeAt(store.get(), offset), true);
    };
    void go();
    return () => {
      isOver = true;
    };
  }, [client, store, model, isElsewhere, found]);

  const previous = place ? besides(state, place, -1) : null;
  const next = place ? besides(state, place, 1) : null;
  return {
    image: held ?? (found?.id === id ? found : undefined),
    error: held ? null : query.error,
    retry: () => void query.refetch(),
    place,
    previous,
    next,
    position: place ? positionText(state, offsetOf(state, place)) : '',
  };
}

function positionText(state: Blocks, offset: number): string {
  const total = totalOf(state);
  return total === null ? formatNumber(offset + 1) : `${formatNumber(offset + 1)} of ${formatNumber(total)}`;
}
