import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { imageHistogram } from '../api/image-histogram';
import { offsetOf, placeAt, totalOf } from '../blocks';
import type { BlockStore } from '../block-store';
import { heightOf } from '../geometry';
import type { GridModel, View } from '../grid-model';
import { dayText, marksOf, offsetAfterKey, timelineOf, type Timeline } from '../timeline';
import { useRecent } from '../use-recent';
import styles from './scrubber.module.css';

/** Pixels from one name to the next. */
const APART_PX = 28;

interface ScrubberProps {
  store: BlockStore;
  model: GridModel;
  view: View;
}

/** The whole list by its dates, at the right edge: drag it, click it, or use the arrow keys. */
export function Scrubber({ store, model, view }: ScrubberProps) {
  const isByDate = store.filters.sort === 'imported' && view.geometry.state.mode === 'pages';
  const { data } = useQuery({ ...imageHistogram(store.filters), enabled: isByDate });
  const timeline = useMemo(() => (data?.total_is_exact === true ? timelineOf(data, store.filters.order) : null), [data, store]);
  const isLong = heightOf(view.geometry) > window.innerHeight * 3;
  const isOffered = isByDate && isLong && data?.total_is_exact !== false;

  // its room is kept from the first moment on, so that the grid is laid out once
  useLayoutEffect(() => {
    if (!isOffered) return undefined;
    document.documentElement.dataset.scrubber = '';
    return () => {
      delete document.documentElement.dataset.scrubber;
    };
  }, [isOffered]);

  if (!isOffered || !timeline || timeline.total === 0) return null;
  return <Track timeline={timeline} store={store} model={model} view={view} />;
}

function Track({ timeline, store, model, view }: ScrubberProps & { timeline: Timeline }) {
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const { state } = view.geometry;
  // images that came since the list was opened are on the track, but not in the list
  const shift = state.isNewestFirst ? Math.max(0, timeline.total - (totalOf(state) ?? 0)) : 0;
  const offset = dragged ?? Math.min(timeline.total - 1, offsetOf(state, view.place) + shift);
  const isMoving = useRecent(offset);
  const marks = useMemo(() => marksOf(timeline, APART_PX / Math.max(200, window.innerHeight - 160)), [timeline]);
  const text = dayText(timeline, offset);
  const at = timeline.total > 1 ? offset / (timeline.total - 1) : 0;

  const go = (wished: number) => {
    if (wished === 0) model.toTop();
    else model.reveal(placeAt(store.get(), Math.max(0, wished - shift)));
  };
  const drag = (event: React.PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return;
    const part = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    const wished = Math.round(part * (timeline.total - 1));
    setDragged(wished);
    go(wished);
  };
  const isDragged = dragged !== null;
  return (
    <div
      className={`${styles.scrubber} ${isMoving || isDragged ? (styles.moving ?? '') : ''}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={(event) => {
        if (isDragged) drag(event);
      }}
      onPointerUp={() => setDragged(null)}
      onPointerCancel={() => setDragged(null)}
    >
      <div ref={track} className={styles.track}>
        {marks.map((mark) => (
          <span
            key={`${mark.at} ${mark.text}`}
            className={`${styles.mark} ${mark.isYear ? (styles.year ?? '') : ''}`}
            style={{ top: `${mark.at * 100}%` }}
            aria-hidden="true"
          >
            {mark.text}
          </span>
        ))}
        <div
          className={styles.thumb}
          style={{ top: `${at * 100}%` }}
          role="slider"
          tabIndex={0}
          aria-label="Date"
          aria-orientation="vertical"
          aria-valuemin={0}
          aria-valuemax={timeline.total - 1}
          aria-valuenow={offset}
          aria-valuetext={text}
          onKeyDown={(event) => {
            const target = offsetAfterKey(timeline, offset, event.key);
            if (target === null || event.altKey || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            go(target);
          }}
        >
          <span className={styles.date} aria-hidden="true">
            {text}
          </span>
        </div>
      </div>
    </div>
  );
}
