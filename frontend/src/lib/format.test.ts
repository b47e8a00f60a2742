import { expect, test } from 'vitest';
import { countOf, formatBytes, formatDuration, parseTime } from './format';

test('bytes have three digits at most and the next unit in time', () => {
  const told = [0, 999, 1000, 1234, 99_940, 99_960, 999_600, 5_000_000, 2.5e15].map(formatBytes);
  expect(told).toEqual(['0 B', '999 B', '1 kB', '1.2 kB', '99.9 kB', '100 kB', '1 MB', '5 MB', '2.5 PB']);
});

test('durations are as exact as people need them', () => {
  const told = [-3, 0.4, 59.4, 59.6, 3599, 3660, 86_400 * 3, 86_400 * 3 + 7200].map(formatDuration);
  expect(told).toEqual(['0 s', '0 s', '59 s', '1 min', '1 h', '1 h 1 min', '3 d', '3 d 2 h']);
});

test('one image is no images', () => {
  expect([countOf(1, 'image'), countOf(0, 'image'), countOf(1200, 'image')]).toEqual(['1 image', '0 images', '1,200 images']);
});

test('times without a zone are UTC', () => {
  for (const text of ['2026-11-23T05:03:31.216289', '2026-11-23 05:03:31.216289', '2026-11-23T05:03:31.216289Z']) {
    expect(parseTime(text).toISOString()).toBe('2026-11-23T05:03:31.216Z');
  }
});
