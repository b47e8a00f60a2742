import { useEffect, useLayoutEffect } from 'react';
import type { BlockStore } from './block-store';
import { offsetOf, placeAt } from './blocks';
import type { GridModel, View } from './grid-model';
import { readUrl } from './url-state';

const PAUSE_MS = 300;

/** Forgets how far somebody has scrolled: what comes next begins at its top. */
export function forgetPlace(): void {
  const state = (history.state ?? {}) as Record<string, unknown>;
  history.replaceState({ ...state, at: 0 }, '');
}

/** Keeps in the browser's history how far somebody has scrolled, so that going back leads there. */
export function useKeptPlace(store: BlockStore, model: GridModel, view: View): void {
  useLayoutEffect(() => {
    history.scrollRestoration = 'manual';
    const at = (history.state as { at?: unknown } | null)?.at;
    if (typeof at === 'number' && at > 0) model.reveal(placeAt(store.get(), at));
    else model.toTop();
    return () => {
      history.scrollRestoration = 'auto';
    };
  }, [store, model]);

  // a link to where somebody is already leads to its beginning
  useEffect(() => {
    const onPush = () => {
      const { filters, image } = readUrl(location.search);
      if (location.pathname === '/' && image === null && JSON.stringify(filters) === JSON.stringify(store.filters)) model.toTop();
    };
    window.addEventListener('pushState', onPush);
    return () => window.removeEventListener('pushState', onPush);
  }, [store, model]);

  const offset = offsetOf(view.geometry.state, view.place);
  useEffect(() => {
    const timer = setTimeout(() => {
      const { filters } = readUrl(location.search);
      // the address may belong to the next list already
      if (location.pathname !== '/' || JSON.stringify(filters) !== JSON.stringify(store.filters)) return;
      const state = (history.state ?? {}) as Record<string, unknown>;
      if (state.at !== offset) history.replaceState({ ...state, at: offset }, '');
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [store, offset]);
}
