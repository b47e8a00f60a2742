import { useMemo } from 'react';
import type { Place } from './blocks';
import { placeOfElement } from './components/tile';

const LONG_MS = 450;
/** A finger that moves further scrolls. */
const STILL_PX = 10;

/** On touch screens a long press selects, as there is no hovering. */
export function useLongPress(onLong: (place: Place) => void) {
  const press = useMemo(() => new Press(), []);
  return {
    /** True once after a long press, whose click means nothing. */
    wasLong: () => press.takeLong(),
    handlers: {
      onPointerDown: (event: React.PointerEvent) => {
        const place = placeOfElement(event.target);
        if (event.pointerType !== 'mouse' && place) press.begin(event.clientX, event.clientY, () => onLong(place));
      },
      onPointerMove: (event: React.PointerEvent) => press.moved(event.clientX, event.clientY),
      onPointerUp: () => press.end(),
      onPointerCancel: () => press.end(),
      onContextMenu: (event: React.MouseEvent) => {
        if (press.isTouched) event.preventDefault();
      },
    },
  };
}

class Press {
  isTouched = false;
  #isLong = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #start = { x: 0, y: 0 };

  begin(x: number, y: number, onLong: () => void): void {
    this.isTouched = true;
    this.#isLong = false;
    this.#start = { x, y };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isLong = true;
      onLong();
    }, LONG_MS);
  }

  moved(x: number, y: number): void {
    if (Math.hypot(x - this.#start.x, y - this.#start.y) > STILL_PX) clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.isTouched = false;
  }

  takeLong(): boolean {
    const was = this.#isLong;
    this.#isLong = false;
    return was;
  }
}
