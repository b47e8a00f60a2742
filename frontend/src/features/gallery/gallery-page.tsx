import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ErrorNote } from '@/components/note';
import { Spinner } from '@/components/spinner';
import { imageCounts } from './api/count-images';
import { firstPage, isEmptyPage } from './api/list-images';
import { BLOCK } from './blocks';
import { Headline } from './components/headline';
import { List } from './components/list';
import { Nothing } from './components/nothing';
import { Toolbar } from './components/toolbar';
import styles from './gallery.module.css';
import { isFiltered, NO_FILTERS, type Filters } from './url-state';
import { useGalleryUrl } from './use-gallery-url';

/** All images, or those that were asked for. */
export function GalleryPage() {
  const { filters, image, changeFilters, openImage, closeImage } = useGalleryUrl();
  const [opening, setOpening] = useState(0);
  const [isSelecting, setIsSelecting] = useState(false);
  const first = useQuery({ ...firstPage(filters, BLOCK, opening), placeholderData: keepPreviousData });
  const counts = useQuery(imageCounts(filters));
  const ofAllTypes = useQuery(imageCounts({ ...filters, type: '' }));
  const reopen = useCallback(() => setOpening((count) => count + 1), []);
  const change = useCallback(
    (wished: Partial<Filters>, isMinor?: boolean) => {
      setIsSelecting(false);
      changeFilters(wished, isMinor);
    },
    [changeFilters],
  );
  const opened = first.data;
  const isEmpty = opened !== undefined && isEmptyPage(opened.page);
  const isWelcome = isEmpty && !isFiltered(opened.filters) && image === null;

  return (
    <div className={styles.gallery}>
      {!isWelcome && (
        <>
          <Toolbar
            filters={filters}
            counts={ofAllTypes.data}
            isSelecting={isSelecting}
            onChange={change}
            onSelecting={() => setIsSelecting(!isSelecting)}
          />
          <Headline filters={filters} counts={counts.data} onChange={change} />
        </>
      )}
      {first.error && (
        <div className={styles.trouble}>
          <ErrorNote error={first.error} onRetry={() => void first.refetch()} />
        </div>
      )}
      {!opened && !first.error && <Spinner label="Loading images" />}
      {opened && isEmpty && <Nothing filters={opened.filters} onClear={() => changeFilters(NO_FILTERS)} />}
      {opened && (!isEmpty || image !== null) && (
        <div className={first.isPlaceholderData ? styles.waiting : undefined} aria-busy={first.isPlaceholderData}>
          <List
            key={`${opened.openedAt} ${JSON.stringify(opened.filters)}`}
            opened={opened}
            counts={first.isPlaceholderData ? undefined : counts.data}
            openId={image}
            isSelectMode={isSelecting}
            onSelectMode={setIsSelecting}
            onOpen={openImage}
            onClose={closeImage}
            onReopen={reopen}
          />
        </div>
      )}
    </div>
  );
}
