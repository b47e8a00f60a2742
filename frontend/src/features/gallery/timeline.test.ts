import { expect, test } from 'vitest';
import { dayText, marksOf, offsetAfterKey, timelineOf } from './timeline';

const histogram = {
  total_is_exact: true,
  buckets: [
    { day: '2026-02-10', images: 10 },
    { day: '2026-01-31', images: 5 },
    { day: '2026-01-01', images: 5 },
    { day: '2024-07-04', images: 980 },
    { day: null, images: 2 },
  ],
};
const newest = timelineOf(histogram, 'desc');

test('every image is on its day, in either order', () => {
  expect(newest.total).toBe(1002);
  const days = [0, 9, 10, 19, 20, 999, 1001].map((offset) => dayText(newest, offset));
  expect(days).toEqual(['February 10, 2026', 'February 10, 2026', 'January 31, 2026', 'January 1, 2026', 'July 4, 2024', 'July 4, 2024', 'No date']);
  const oldest = timelineOf(histogram, 'asc');
  expect([dayText(oldest, 0), dayText(oldest, 2), dayText(oldest, 1001)]).toEqual(['No date', 'July 4, 2024', 'February 10, 2026']);
});

test('keys go from day to day, from month to month, and through long days', () => {
  const walk = (offset: number, key: string) => offsetAfterKey(newest, offset, key);
  expect(walk(0, 'ArrowDown')).toBe(10);
  expect(walk(10, 'ArrowUp')).toBe(0);
  expect(walk(20, 'ArrowDown')).toBe(40);
  expect(walk(30, 'ArrowUp')).toBe(20);
  expect(walk(0, 'PageDown')).toBe(10);
  expect(walk(12, 'PageDown')).toBe(20);
  expect(walk(500, 'PageUp')).toBe(10);
  expect(walk(3, 'Home')).toBe(0);
  expect(walk(3, 'End')).toBe(1001);
  expect(walk(3, 'a')).toBeNull();
});

test('names on the track never run into each other, and years come first', () => {
  const marks = marksOf(newest, 0.005);
  expect(marks.filter((mark) => mark.isYear).map((mark) => mark.text)).toEqual(['2026', '2024']);
  const places = marks.map((mark) => mark.at);
  expect(places.every((at, index) => index === 0 || at - (places[index - 1] ?? 0) >= 0.005)).toBe(true);
});
