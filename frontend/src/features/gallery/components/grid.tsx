import { useEffect, useId, useMemo, useRef, useState, type RefObject } from 'react';
import { besides, offsetOf, totalOf, type Place } from '../blocks';
import { heightOf, rowStep, seen, tileAt, type Geometry } from '../geometry';
import type { GridModel, View } from '../grid-model';
import type { Selection } from '../selection';
import { useLongPress } from '../use-long-press';
import styles from './grid.module.css';
import { placeOfElement, Tile } from './tile';

interface GridProps {
  element: RefObject<HTMLUListElement | null>;
  model: GridModel;
  view: View;
  selection: Selection;
  isSelecting: boolean;
  /** The place to which the Tab key leads. */
  active: Place | null;
  /** Counts up whenever the active place is to have the focus. */
  focusCount: number;
  hrefOf: (id: number) => string;
  onActivate: (place: Place, isFocused: boolean) => void;
  onOpen: (place: Place) => void;
  onToggle: (place: Place, isRange: boolean) => void;
  /** Asks to delete the selection, or the image there where nothing is selected. */
  onDelete: (place: Place) => void;
}

/** The tiles near the screen, each where the geometry has it. */
export function Grid(props: GridProps) {
  const { element, model, view, selection, isSelecting, active } = props;
  const { geometry } = view;
  const { state } = geometry;
  const [hasFocus, setHasFocus] = useState(false);
  const hintId = useId();
  const longPress = useLongPress((place) => props.onToggle(place, false));
  const { tiles, gaps } = useMemo(() => {
    const all = seen(geometry, view.from, view.to);
    // what has the focus stays, also when it is scrolled away
    const kept = active && hasFocus && !all.tiles.some(isAt(active)) ? tileAt(geometry, active) : undefined;
    return { tiles: kept ? [...all.tiles, kept] : all.tiles, gaps: all.gaps };
  }, [geometry, view.from, view.to, active, hasFocus]);
  const tabStop = tiles.find(isAt(active ?? view.place)) ?? tiles.find(isAt(view.place)) ?? tiles[0];
  const total = totalOf(state) ?? -1;
  useFocus(element, active, props.focusCount, view);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const place = placeOfElement(event.target);
    if (!place || event.altKey || event.ctrlKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    const target = placeAfterKey(geometry, place, event.key);
    if (target) props.onActivate(target, true);
    else if (key === 'x' || key === ' ') props.onToggle(place, event.shiftKey);
    else if (key === 'delete') props.onDelete(place);
    else return;
    event.preventDefault();
  };

  const onClick = (event: React.MouseEvent) => {
    const place = placeOfElement(event.target);
    if (!place || event.button !== 0) return;
    if (event.target instanceof HTMLInputElement) {
      props.onToggle(place, event.shiftKey);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (longPress.wasLong()) return;
    const isByKey = event.detail === 0;
    if (event.shiftKey || (isSelecting && !isByKey)) props.onToggle(place, event.shiftKey);
    else props.onOpen(place);
  };

  return (
    <>
      <p id={hintId} className="visually-hidden">
        Arrow keys move, Enter opens, Space selects, Shift and Space selects all up to here.
      </p>
      <ul
        ref={element}
        aria-describedby={hintId}
        className={styles.grid}
        style={{ height: heightOf(geometry) }}
        aria-label="Images"
        {...(isSelecting ? { 'data-selecting': '' } : {})}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onFocus={(event) => {
          setHasFocus(true);
          const place = placeOfElement(event.target);
          if (place) props.onActivate(place, false);
        }}
        onBlur={() => setHasFocus(false)}
        {...longPress.handlers}
      >
        {gaps.map(({ block, top, height }) => (
          <li
            key={`gap ${block}`}
            className={styles.gap}
            style={{ top, height, '--cell': `${geometry.frame.target + geometry.frame.gap}px` } as React.CSSProperties}
            aria-hidden="true"
          />
        ))}
        {tiles.map(({ block, item, image, left, top, width, height }) => (
          <Tile
            key={image.id}
            block={block}
            item={item}
            image={image}
            left={left}
            top={top}
            width={width}
            height={height}
            href={props.hrefOf(image.id)}
            position={offsetOf(state, { block, item }) + 1}
            total={total}
            isSelected={selection.has(image.id)}
            isActive={tabStop !== undefined && isAt(tabStop)({ block, item })}
            isFast={model.isFast}
          />
        ))}
      </ul>
    </>
  );
}

function isAt(place: Place): (other: Place) => boolean {
  return (other) => other.block === place.block && other.item === place.item;
}

/** Gives the active tile the focus, as soon as it is there. */
function useFocus(element: RefObject<HTMLUListElement | null>, active: Place | null, count: number, view: View): void {
  const done = useRef(count);
  useEffect(() => {
    if (done.current === count || !active) return;
    const tile = element.current?.querySelector<HTMLElement>(`[data-place="${active.block}:${active.item}"] a`);
    if (!tile) return;
    tile.focus({ preventScroll: true });
    done.current = count;
  }, [element, active, count, view]);
}

/** Where an arrow leads; null for other keys and at the ends. */
function placeAfterKey(geometry: Geometry, place: Place, key: string): Place | null {
  const { state } = geometry;
  switch (key) {
    case 'ArrowRight':
      return besides(state, place, 1);
    case 'ArrowLeft':
      return besides(state, place, -1);
    case 'ArrowDown':
      return rowStep(geometry, place, 1);
    case 'ArrowUp':
      return rowStep(geometry, place, -1);
    case 'PageDown':
    case 'PageUp': {
      const step = key === 'PageDown' ? 1 : -1;
      let at = place;
      for (let rows = 0; rows < 4; rows += 1) at = rowStep(geometry, at, step) ?? at;
      return at;
    }
    case 'Home':
      return besides(state, { block: 0, item: -1 }, 1);
    case 'End':
      return besides(state, { block: state.count, item: 0 }, -1);
    default:
      return null;
  }
}
