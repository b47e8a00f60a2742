import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { announce } from '@/components/announcer';
import { Button } from '@/components/button';
import { ErrorNote, Note } from '@/components/note';
import { Spinner } from '@/components/spinner';
import { countOf } from '@/lib/format';
import { useTitle } from '@/lib/use-title';
import { isTotalExact, type ImageCounts } from '../api/count-images';
import type { OpenedList } from '../api/list-images';
import { besides, imageAt, placeOf, totalOf, type Place } from '../blocks';
import { MOST_AT_ONCE } from '../gather';
import { forgetPlace, useKeptPlace } from '../use-kept-place';
import { useList } from '../use-list';
import { useOpenImage } from '../use-open-image';
import { useSelection } from '../use-selection';
import { writeUrl } from '../url-state';
import { DeleteDialog } from './delete-dialog';
import { Grid } from './grid';
import styles from './list.module.css';
import { Scrubber } from './scrubber';
import { SelectionBar } from './selection-bar';

const Lightbox = lazy(async () => ({ default: (await import('./lightbox')).Lightbox }));

interface ListProps {
  opened: OpenedList;
  counts: ImageCounts | undefined;
  /** Number of the image that the address names. */
  openId: number | null;
  /** Tiles are there to be selected. */
  isSelectMode: boolean;
  onSelectMode: (isOn: boolean) => void;
  onOpen: (id: number) => void;
  onClose: () => void;
  /** Asks for the list anew. */
  onReopen: () => void;
}

/** One list: its grid and all that is done with it. Another list is another one of these. */
export function List(props: ListProps) {
  const { opened, counts, openId, onReopen, onOpen } = props;
  const element = useRef<HTMLUListElement>(null);
  const { store, model, view, state, error, retry } = useList(opened.page, opened.filters, element);
  const chosen = useSelection(store, props.isSelectMode, props.onSelectMode);
  const open = useOpenImage(store, model, state, openId);
  const [active, setActive] = useState<Place | null>(null);
  const [focusCount, setFocusCount] = useState(0);
  const [doomed, setDoomed] = useState<number[] | null>(null);
  const total = totalOf(state);
  const hadImages = opened.page.images.length > 0;
  useKeptPlace(store, model, view);
  useTitle(openId === null ? opened.filters.q : (open.image?.name ?? 'Image'));

  const newTotal = counts && isTotalExact(counts) ? counts.total : null;
  useEffect(() => {
    if (newTotal !== null) store.dispatch({ type: 'counted', total: newTotal });
  }, [store, newTotal, counts]);
  useEffect(() => {
    if (total === 0 && hadImages) onReopen();
  }, [total, hadImages, onReopen]);

  useEffect(() => {
    if (state.arrived > 0) announce(countOf(state.arrived, 'new image'));
  }, [state.arrived]);

  const activate = (place: Place, isFocused: boolean) => {
    setActive(place);
    if (!isFocused) return;
    model.reveal(place, true);
    setFocusCount((count) => count + 1);
  };
  const lastOpen = useRef<Place | null>(null);
  useEffect(() => {
    if (open.place) lastOpen.current = open.place;
    if (openId !== null || !lastOpen.current) return;
    // however it was closed, the focus goes to what was open last
    activate(lastOpen.current, true);
    lastOpen.current = null;
  });
  const openAt = (place: Place) => {
    const image = imageAt(store.get(), place);
    if (!image) return;
    setActive(place);
    onOpen(image.id);
  };
  const moveTo = (place: Place | null) => {
    if (!place) return;
    model.reveal(place, true);
    const image = imageAt(store.get(), place);
    if (image) onOpen(image.id);
  };
  const gone = (ids: readonly number[]) => {
    if (openId !== null && ids.includes(openId)) {
      const beside = (open.next && imageAt(state, open.next)) ?? (open.previous && imageAt(state, open.previous));
      if (beside) onOpen(beside.id);
      else props.onClose();
    }
    const blockOf = (id: number) => chosen.selection.get(id) ?? placeOf(store.get(), id)?.block;
    const images = ids.flatMap((id) => {
      const block = blockOf(id);
      return block === undefined ? [] : [{ id, block }];
    });
    store.dispatch({ type: 'removed', images });
    chosen.drop(ids);
  };
  const lastPlace = besides(state, { block: state.count, item: 0 }, -1);
  const mayHaveAll = total !== null && total <= MOST_AT_ONCE && total > chosen.selection.size && state.next === null;
  const image = (place: Place | null) => (place ? imageAt(state, place) : undefined);

  return (
    <>
      <div className={styles.list}>
        <Grid
          element={element}
          model={model}
          view={view}
          selection={chosen.selection}
          isSelecting={chosen.isSelecting}
          active={active}
          focusCount={focusCount}
          hrefOf={(id) => writeUrl({ filters: opened.filters, image: id })}
          onActivate={activate}
          onOpen={openAt}
          onToggle={chosen.toggle}
          onDelete={(place) => {
            const at = imageAt(store.get(), place);
            setDoomed(chosen.selection.size > 0 || !at ? [...chosen.selection.keys()] : [at.id]);
          }}
        />
        {state.next !== null && <Spinner label={opened.filters.q === '' ? 'Loading more images' : 'Searching'} />}
      </div>
      <Scrubber store={store} model={model} view={view} />
      {state.arrived > 0 && (
        <div className={styles.pill}>
          <Button
            kind="primary"
            icon="up"
            onClick={() => {
              forgetPlace();
              onReopen();
            }}
          >
            {countOf(state.arrived, 'new image')}
          </Button>
        </div>
      )}
      <div className={styles.notes}>
        {error && <ErrorNote error={error} onRetry={retry} />}
        {chosen.problem !== null && <Note kind="warning">{chosen.problem}</Note>}
      </div>
      {chosen.isSelecting && (
        <SelectionBar
          count={chosen.selection.size}
          isBusy={chosen.isBusy}
          onAll={mayHaveAll && lastPlace ? () => void chosen.addRange({ block: 0, item: 0 }, lastPlace) : undefined}
          onDelete={() => setDoomed([...chosen.selection.keys()])}
          onClear={chosen.clear}
        />
      )}
      {openId !== null && (
        <Suspense fallback={null}>
          <Lightbox
            image={open.image}
            error={open.error}
            position={open.position}
            previous={image(open.previous)}
            next={image(open.next)}
            hasPrevious={open.previous !== null}
            hasNext={open.next !== null}
            onMove={(step) => moveTo(step === 1 ? open.next : open.previous)}
            onDelete={() => setDoomed([openId])}
            onRetry={open.retry}
            onClose={props.onClose}
          />
        </Suspense>
      )}
      {doomed !== null && doomed.length > 0 && (
        <DeleteDialog
          ids={doomed}
          name={doomed[0] === openId ? open.image?.name : undefined}
          onGone={gone}
          onDone={() => {
            if (openId === null) chosen.clear();
          }}
          onClose={() => setDoomed(null)}
        />
      )}
    </>
  );
}
