import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { readUrl, writeUrl, type Filters } from './url-state';

/** What is kept beside an address in the browser's history. */
interface HistoryState {
  /** The entry before it is the gallery itself: going back closes the image. */
  isOpened?: boolean;
}

/** The address of the gallery, and the ways in which it changes. */
export function useGalleryUrl() {
  const search = useSearch();
  const [, navigate] = useLocation();
  const url = useMemo(() => readUrl(search), [search]);

  /** Asks for other images. `isMinor` changes make no entry in the history. */
  const changeFilters = useCallback(
    (change: Partial<Filters>, isMinor = false) => {
      const { filters } = readUrl(location.search);
      navigate(writeUrl({ filters: { ...filters, ...change }, image: null }), { replace: isMinor });
    },
    [navigate],
  );

  /** Opens an image; another one in its place where one is open. */
  const openImage = useCallback(
    (image: number) => {
      const now = readUrl(location.search);
      const address = writeUrl({ filters: now.filters, image });
      const state: HistoryState = now.image === null ? { isOpened: true } : ((history.state ?? {}) as HistoryState);
      navigate(address, { replace: now.image !== null, state });
    },
    [navigate],
  );

  const closeImage = useCallback(() => {
    const { filters } = readUrl(location.search);
    if ((history.state as HistoryState | null)?.isOpened === true) history.back();
    else navigate(writeUrl({ filters, image: null }), { replace: true });
  }, [navigate]);

  return { ...url, changeFilters, openImage, closeImage };
}
