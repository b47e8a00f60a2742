/** Where the tiles of a block stand: rows that all fill the width, of heights near the wished one. Pure. */

import type { Image } from '@/lib/image';

/** What rows are made for. */
export interface Frame {
  /** Width to be filled. */
  width: number;
  /** Height that rows should be near to. */
  target: number;
  /** Pixels between tiles, and between rows. */
  gap: number;
}

export interface Cell {
  left: number;
  width: number;
}

export interface Row {
  /** From the top of the block. */
  top: number;
  height: number;
  /** Which item of the block is its first. */
  from: number;
  cells: Cell[];
}

export interface BlockLayout {
  rows: Row[];
  /** With the gap below the last row. */
  height: number;
}

/** Sides of an image whose size nobody knows. */
const USUAL_RATIO = 4 / 3;
/** Narrower and wider images are cut to these in the grid. */
const NARROWEST = 0.45;
const WIDEST = 3.2;
/** Rows higher than this many times the target do not fill the width. */
const HIGHEST = 1.75;

/** Width by height of its tile. */
export function ratioOf(image: Pick<Image, 'width' | 'height'>): number {
  const { width, height } = image;
  if (width === undefined || height === undefined || !(width > 0) || !(height > 0)) return USUAL_RATIO;
  return Math.min(WIDEST, Math.max(NARROWEST, width / height));
}

/** Rows for a window of this width: about three tiles beside each other on a phone, many on a wall. */
export function frameOf(width: number): Frame {
  if (width < 600) return { width, target: Math.max(84, Math.round(width / 3.7)), gap: 3 };
  return { width, target: Math.round(Math.min(320, 170 + width / 32)), gap: 6 };
}

/**
 * Rows of images with these ratios. Of all ways to break them into rows the one whose heights are nearest to the target
 * is taken. The last row of an `isOpen` block may end before the right edge.
 */
export function layoutBlock(ratios: readonly number[], frame: Frame, isOpen: boolean): BlockLayout {
  const rows: Row[] = [];
  let top = 0;
  let from = 0;
  for (const to of breaks(ratios, frame, isOpen)) {
    const natural = naturalHeight(ratios, from, to, frame);
    const isLast = to === ratios.length;
    const most = frame.target * (isLast && isOpen ? 1 : HIGHEST);
    const row = placeRow(ratios, from, to, frame, Math.min(natural, most), natural <= most);
    rows.push({ top, from, ...row });
    top += row.height + frame.gap;
    from = to;
  }
  return { rows, height: top };
}

/** The height at which the items `from` to `to` fill the width. */
function naturalHeight(ratios: readonly number[], from: number, to: number, frame: Frame): number {
  let sum = 0;
  for (let item = from; item < to; item += 1) sum += ratios[item] ?? USUAL_RATIO;
  return (frame.width - frame.gap * (to - from - 1)) / sum;
}

/** Where each row ends. */
function breaks(ratios: readonly number[], frame: Frame, isOpen: boolean): number[] {
  const count = ratios.length;
  const cost = new Float64Array(count + 1).fill(Infinity);
  const before = new Int32Array(count + 1);
  cost[0] = 0;
  for (let from = 0; from < count; from += 1) {
    const reached = cost[from] ?? Infinity;
    for (let to = from + 1; to <= count; to += 1) {
      const height = naturalHeight(ratios, from, to, frame);
      const isFree = isOpen && to === count && height > frame.target;
      const badness = isFree ? 0 : (height / frame.target - 1) ** 2 * (height > frame.target * HIGHEST ? 8 : 1);
      if (reached + badness < (cost[to] ?? Infinity)) {
        cost[to] = reached + badness;
        before[to] = from;
      }
      if (height < frame.target * 0.4) break;
    }
  }
  const ends: number[] = [];
  for (let to = count; to > 0; to = before[to] ?? 0) ends.push(to);
  return ends.reverse();
}

/** Whole pixels, so that no seam is blurred; the rest of the rounding is spread over the row. */
function placeRow(
  ratios: readonly number[],
  from: number,
  to: number,
  frame: Frame,
  wished: number,
  isFull: boolean,
): { height: number; cells: Cell[] } {
  const height = Math.max(1, Math.round(wished));
  const cells: Cell[] = [];
  let exact = 0;
  for (let item = from; item < to; item += 1) {
    const left = Math.round(exact);
    exact += (ratios[item] ?? USUAL_RATIO) * wished;
    const right = isFull && item === to - 1 ? frame.width : Math.min(frame.width, Math.round(exact));
    cells.push({ left, width: Math.max(1, right - left) });
    exact += frame.gap;
  }
  return { height, cells };
}

const usual = new Map<string, number>();

/** How high a block of so many images is, before anybody knows them. */
export function estimateHeight(count: number, frame: Frame): number {
  const key = `${count}/${frame.width}/${frame.target}/${frame.gap}`;
  const known = usual.get(key);
  if (known !== undefined) return known;
  const { height } = layoutBlock(Array.from({ length: count }, () => USUAL_RATIO), frame, false);
  usual.set(key, height);
  return height;
}
