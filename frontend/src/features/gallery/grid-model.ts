/**
 * The scrolled window over a list: which part of the document is seen, and what must not move when blocks get their real
 * heights, the window moves on or the screen turns. It follows the browser's own scrolling and corrects it in the same
 * frame; React draws its snapshots.
 */

import type { BlockStore } from './block-store';
import type { Place } from './blocks';
import { anchorAt, blockAt, blocksBetween, heightOf, measure, positionOf, tileAt, topOf, type Anchor, type Geometry } from './geometry';
import { frameOf, type Frame } from './layout';

/** Pixels beyond the screen that are drawn. */
const OVERSCAN = 700;
/** Snapshots follow the scrolling in steps of this many pixels. */
const STEP = 200;
/** Pixels of a millisecond from which on nobody can look at anything. */
const FAST = 6;

export interface View {
  geometry: Geometry;
  /** What is drawn. */
  from: number;
  to: number;
  /** The first place that is seen. */
  place: Place;
  /** Blocks that are looked at, the nearest first. */
  wanted: number[];
}

export class GridModel {
  readonly #blocks: BlockStore;
  readonly #inset: number;
  readonly #heights = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  #element: HTMLElement | null = null;
  #frame: Frame = frameOf(0);
  #anchor: Anchor | null = null;
  #view: View;
  #y = 0;
  #last = { y: 0, time: 0, speed: 0 };

  /** `inset`: pixels at the top of the screen that bars cover. */
  constructor(blocks: BlockStore, inset: number) {
    this.#blocks = blocks;
    this.#inset = inset;
    this.#view = this.#look(measure(blocks.get(), this.#frame, this.#heights));
  }

  readonly get = (): View => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the scrolling of the page that `element` is in. Returns what ends it. */
  attach(element: HTMLElement): () => void {
    this.#element = element;
    const resized = () => {
      if (element.clientWidth !== this.#frame.width) {
        this.#frame = frameOf(element.clientWidth);
        this.#heights.clear();
      }
      this.#update();
    };
    const observer = new ResizeObserver(resized);
    const unsubscribe = this.#blocks.subscribe(() => this.#update());
    observer.observe(element);
    window.addEventListener('scroll', this.#scrolled, { passive: true });
    window.addEventListener('resize', resized);
    resized();
    return () => {
      observer.disconnect();
      unsubscribe();
      window.removeEventListener('scroll', this.#scrolled);
      window.removeEventListener('resize', resized);
      this.#element = null;
    };
  }

  /** To be called when a snapshot was drawn: puts back what the eye was on. */
  readonly settle = (): void => {
    if (!this.#element || !this.#anchor) return;
    const wished = positionOf(this.#view.geometry, this.#anchor) - this.#inset;
    const now = this.#readY();
    if (Math.abs(wished - now) < 1) return;
    window.scrollTo({ top: window.scrollY + wished - now, behavior: 'instant' });
    this.#y = this.#readY();
    const { geometry } = this.#view;
    // the document may end before; then what is seen is what the eye is on
    const isDrawn = this.#element.clientHeight >= heightOf(geometry) - 1;
    if (isDrawn && Math.abs(this.#y - wished) >= 1) this.#anchor = anchorAt(geometry, this.#y + this.#inset);
    const view = this.#look(geometry);
    if (view.from !== this.#view.from || view.to !== this.#view.to) this.#publish(view);
  };

  /** Brings a place to the top of the screen, or just into it where `isGentle`. */
  reveal(place: Place, isGentle = false): void {
    const tile = isGentle ? tileAt(this.#view.geometry, place) : undefined;
    if (tile) {
      const above = tile.top - (this.#y + this.#inset);
      const below = tile.top + tile.height - (this.#y + window.innerHeight);
      if (above < 0) this.#scrollBy(above - 8);
      else if (below > 0) this.#scrollBy(below + 8);
      return;
    }
    this.#anchor = { ...place, below: isGentle ? this.#inset - window.innerHeight / 2 : 0 };
    this.#blocks.dispatch({ type: 'centred', block: place.block });
    this.#update();
    this.settle();
  }

  /** To the beginning of the list and of the page. */
  toTop(): void {
    this.#anchor = null;
    this.#blocks.dispatch({ type: 'centred', block: 0 });
    this.#update();
    window.scrollTo({ top: 0, behavior: 'instant' });
    this.#scrolled();
  }

  /** True while what passes is not worth loading. */
  readonly isFast = (): boolean => this.#last.speed > FAST && performance.now() - this.#last.time < 120;

  #scrollBy(pixels: number): void {
    window.scrollBy({ top: pixels, behavior: 'instant' });
    this.#scrolled();
  }

  readonly #scrolled = (): void => {
    if (!this.#element) return;
    this.#y = this.#readY();
    const time = performance.now();
    const elapsed = Math.max(1, time - this.#last.time);
    this.#last = { y: this.#y, time, speed: Math.abs(this.#y - this.#last.y) / elapsed };
    const { geometry } = this.#view;
    const line = this.#y + this.#inset;
    // at the very top new rows may push down what is there
    this.#anchor = line <= 0 && geometry.state.first === 0 ? null : anchorAt(geometry, line);
    this.#blocks.dispatch({ type: 'centred', block: blockAt(geometry, line) });
    const view = this.#look(this.#view.geometry);
    const isSame = view.from === this.#view.from && view.to === this.#view.to && view.place.block === this.#view.place.block;
    if (!isSame || view.place.item !== this.#view.place.item) this.#publish(view);
  };

  #readY(): number {
    return this.#element ? -this.#element.getBoundingClientRect().top : 0;
  }

  #update(): void {
    const known = this.#view.geometry;
    const state = this.#blocks.get();
    const isSame = known.state === state && known.frame === this.#frame;
    this.#y = this.#readY();
    this.#publish(this.#look(isSame ? known : measure(state, this.#frame, this.#heights)));
  }

  #look(geometry: Geometry): View {
    // before the correction of `settle`, what will be seen is where the anchor is
    const y = this.#anchor ? positionOf(geometry, this.#anchor) - this.#inset : this.#y;
    const screen = typeof window === 'undefined' ? 0 : window.innerHeight;
    const from = Math.floor((y - OVERSCAN) / STEP) * STEP;
    const to = Math.ceil((y + screen + OVERSCAN) / STEP) * STEP;
    const place = anchorAt(geometry, Math.max(0, y + this.#inset));
    return { geometry, from, to, place: { block: place.block, item: Math.floor(place.item) }, wanted: wanted(geometry, y, screen) };
  }

  #publish(view: View): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

/** The blocks on the screen and half a screen around it; at the end of a chain also what comes next. */
function wanted(geometry: Geometry, y: number, screen: number): number[] {
  const blocks = blocksBetween(geometry, y - screen / 2 - 200, y + screen * 1.5 + 200);
  const { state } = geometry;
  if (state.mode === 'chain' && state.next !== null && y + screen * 2 + 400 >= heightOf(geometry)) {
    if (!blocks.includes(state.count - 1)) blocks.push(state.count - 1);
  }
  const middle = y + screen / 2;
  const away = (block: number) => Math.abs((topOf(geometry, block) + topOf(geometry, block + 1)) / 2 - middle);
  return blocks.sort((a, b) => away(a) - away(b));
}
