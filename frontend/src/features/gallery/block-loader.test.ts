import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BlockLoader } from './block-loader';

interface Asked {
  block: number;
  signal: AbortSignal;
  answer: (error?: Error) => void;
}

let asked: Asked[] = [];
let missing = new Set<number>();
const onError = vi.fn();

function makeLoader(): BlockLoader {
  return new BlockLoader({
    isMissing: (block) => missing.has(block),
    ask: (block, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')));
        const answer = (error?: Error) => {
          if (error) reject(error);
          else {
            missing.delete(block);
            resolve();
          }
        };
        asked.push({ block, signal, answer });
      }),
    onError,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  missing = new Set(Array(100).keys());
  onError.mockReset();
});
afterEach(() => vi.useRealTimers());

const blocks = () => asked.map(({ block }) => block);

test('what is scrolled past within a moment is never asked for', async () => {
  const loader = makeLoader();
  for (let block = 0; block < 50; block += 1) {
    loader.want([block]);
    await vi.advanceTimersByTimeAsync(20);
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(blocks()).toEqual([49]);
});

test('a request that nobody looks at any more is given up, and is no error', async () => {
  const loader = makeLoader();
  loader.want([1]);
  await vi.advanceTimersByTimeAsync(100);
  loader.want([9]);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked[0]?.signal.aborted).toBe(true);
  expect(blocks()).toEqual([1, 9]);
  expect(onError).not.toHaveBeenCalled();
});

test('three at once, the nearest first, and each once', async () => {
  const loader = makeLoader();
  loader.want([5, 4, 6, 3, 7]);
  await vi.advanceTimersByTimeAsync(100);
  expect(blocks()).toEqual([5, 4, 6]);
  asked[1]?.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(blocks()).toEqual([5, 4, 6, 3]);
});

test('what failed waits until somebody asks for it again', async () => {
  const loader = makeLoader();
  loader.want([1]);
  await vi.advanceTimersByTimeAsync(100);
  asked[0]?.answer(new Error('away'));
  await vi.advanceTimersByTimeAsync(1000);
  loader.want([1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(blocks()).toEqual([1]);
  expect(onError).toHaveBeenLastCalledWith(new Error('away'));
  loader.retry();
  expect(onError).toHaveBeenLastCalledWith(null);
  expect(blocks()).toEqual([1, 1]);
});

test('a chain goes on by itself while its end is looked at', async () => {
  const loader = makeLoader();
  loader.want([0]);
  await vi.advanceTimersByTimeAsync(100);
  for (let step = 0; step < 3; step += 1) {
    asked.at(-1)?.answer();
    missing.add(0);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(blocks()).toEqual([0, 0, 0, 0]);
});
