import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from '@/components/announcer';
import { countOf, formatNumber } from '@/lib/format';
import { messageOf } from '@/lib/api-error';
import type { BlockStore } from './block-store';
import { imageAt, offsetOf, type Place } from './blocks';
import { imagesBetween, MOST_AT_ONCE } from './gather';
import { NOTHING, select, type Selection } from './selection';

/** What is selected in a list, and the ways to select. */
export function useSelection(store: BlockStore, isMode: boolean, onMode: (isOn: boolean) => void) {
  const client = useQueryClient();
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const last = useRef<Place | null>(null);

  const addRange = useCallback(
    async (from: Place, to: Place) => {
      const state = store.get();
      if (Math.abs(offsetOf(state, to) - offsetOf(state, from)) >= MOST_AT_ONCE) {
        setProblem(`At most ${formatNumber(MOST_AT_ONCE)} images can be selected in one go.`);
        return;
      }
      setIsBusy(true);
      try {
        const images = await imagesBetween(client, store, from, to);
        setSelection((now) => select(now, images, true));
        announce(`${countOf(images.length, 'image')} added to the selection`);
      } catch (error) {
        setProblem(messageOf(error));
      }
      setIsBusy(false);
    },
    [client, store],
  );

  /** Turns one over; with `isRange`, adds all from the one before to this one. */
  const toggle = useCallback(
    (place: Place, isRange: boolean) => {
      const image = imageAt(store.get(), place);
      if (!image) return;
      setProblem(null);
      if (isRange && last.current) {
        void addRange(last.current, place);
      } else {
        setSelection((now) => select(now, [{ id: image.id, block: place.block }], !now.has(image.id)));
      }
      last.current = place;
      onMode(true);
    },
    [store, addRange, onMode],
  );

  const clear = useCallback(() => {
    setSelection(NOTHING);
    onMode(false);
    setProblem(null);
    last.current = null;
  }, [onMode]);

  const drop = useCallback((ids: readonly number[]) => {
    setSelection((now) => select(now, ids.map((id) => ({ id, block: 0 })), false));
    last.current = null;
  }, []);

  const isSelecting = isMode || selection.size > 0;
  useEffect(() => {
    if (!isSelecting) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) clear();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [isSelecting, clear]);

  return { selection, isSelecting, isBusy, problem, toggle, addRange, clear, drop };
}
