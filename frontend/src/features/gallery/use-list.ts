import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import { onTokenChange } from '@/lib/token';
import type { ImagePage } from './api/list-images';
import { askBlock } from './ask-block';
import { BlockLoader } from './block-loader';
import { BlockStore } from './block-store';
import { isMissing } from './blocks';
import { GridModel } from './grid-model';
import type { Filters } from './url-state';

/** Pixels at the top of the screen that the header and the toolbar cover; `gallery.module.css` says the same. */
const INSET = 120;

/** One list as it was when it was opened: its blocks, what is seen of them, and what fetches them. */
export function useList(page: ImagePage, filters: Filters, element: RefObject<HTMLElement | null>) {
  const client = useQueryClient();
  const [error, setError] = useState<Error | null>(null);
  const [{ store, model, loader }] = useState(() => {
    const store = new BlockStore(page, filters);
    const loader = new BlockLoader({
      isMissing: (block) => isMissing(store.get(), block),
      ask: (block, signal) => askBlock(client, store, block, signal),
      onError: setError,
    });
    return { store, model: new GridModel(store, INSET), loader };
  });
  const view = useSyncExternalStore(model.subscribe, model.get);

  useLayoutEffect(() => (element.current ? model.attach(element.current) : undefined), [model, element]);
  useLayoutEffect(() => model.settle(), [model, view]);
  useEffect(() => {
    loader.want(view.wanted);
  }, [loader, view]);
  useEffect(() => onTokenChange(() => loader.retry()), [loader]);
  useEffect(() => () => loader.stop(), [loader]);

  return { store, model, view, state: view.geometry.state, error, retry: () => loader.retry() };
}
