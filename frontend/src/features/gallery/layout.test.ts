import { expect, test } from 'vitest';
import { estimateHeight, frameOf, layoutBlock, ratioOf, type BlockLayout, type Frame } from './layout';

const FRAMES: Frame[] = [320, 375, 768, 1280, 2560, 3840].map(frameOf);

function ratios(seed: number, count: number): number[] {
  let state = seed;
  const kinds = [4 / 3, 3 / 2, 3 / 4, 1, 16 / 9, 3.2, 0.45];
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return kinds[state % kinds.length] ?? 1;
  });
}

function ends(layout: BlockLayout): number[] {
  return layout.rows.map((row) => Math.max(...row.cells.map((cell) => cell.left + cell.width)));
}

test('every row of a block fills the width, to the pixel, at heights near the target', () => {
  for (const frame of FRAMES) {
    for (const seed of [1, 2, 3]) {
      const layout = layoutBlock(ratios(seed, 100), frame, false);
      expect(ends(layout)).toEqual(layout.rows.map(() => frame.width));
      const heights = layout.rows.map((row) => row.height / frame.target);
      expect(Math.min(...heights)).toBeGreaterThan(0.5);
      expect(Math.max(...heights)).toBeLessThan(1.75);
    }
  }
});

test('no image is lost, none stands twice, and none covers another', () => {
  const layout = layoutBlock(ratios(7, 100), frameOf(1280), false);
  let item = 0;
  let bottom = 0;
  for (const row of layout.rows) {
    expect(row.from).toBe(item);
    expect(row.top).toBeGreaterThanOrEqual(bottom);
    item += row.cells.length;
    bottom = row.top + row.height;
    row.cells.reduce((right, cell) => {
      expect(cell.left).toBeGreaterThanOrEqual(right);
      return cell.left + cell.width;
    }, 0);
  }
  expect(item).toBe(100);
  expect(layout.height).toBeGreaterThanOrEqual(bottom);
});

test('the last row of an open block keeps its height and ends where its images end', () => {
  const frame = frameOf(1280);
  const { rows } = layoutBlock([4 / 3], frame, true);
  expect(rows).toHaveLength(1);
  expect(rows[0]?.height).toBe(frame.target);
  expect(rows[0]?.cells[0]?.width).toBe(Math.round((frame.target * 4) / 3));
});

test('a lone portrait between other blocks does not become a wall', () => {
  const frame = frameOf(1280);
  const { rows } = layoutBlock([0.45], frame, false);
  expect(rows[0]?.height).toBeLessThanOrEqual(Math.round(frame.target * 1.75));
});

test('panoramas and towers are cut, unknown sizes are 4 by 3', () => {
  const told = [{ width: 9000, height: 1000 }, { width: 100, height: 4000 }, { width: 0, height: 5 }, {}].map(ratioOf);
  expect(told).toEqual([3.2, 0.45, 4 / 3, 4 / 3]);
});

test('an empty block has no height', () => {
  expect(layoutBlock([], frameOf(800), true)).toEqual({ rows: [], height: 0 });
});

test('the estimate is the height that usual images have', () => {
  for (const frame of FRAMES) {
    expect(estimateHeight(100, frame)).toBe(layoutBlock(Array<number>(100).fill(4 / 3), frame, false).height);
  }
});
