import { expect, test } from 'vitest';
import { fit, meaningOfSwipe, pan, WHOLE, zoomAt } from './zoom';

const stage = { width: 1000, height: 600 };
const picture = { width: 900, height: 600 };

test('an image fits the stage, and is not blown up beyond its pixels', () => {
  expect(fit({ width: 6000, height: 4000 }, stage)).toEqual(picture);
  expect(fit({ width: 480, height: 320 }, stage)).toEqual({ width: 480, height: 320 });
  expect(fit({ width: 16, height: 16 }, stage)).toEqual({ width: 320, height: 320 });
});

test('what is under the pointer stays there', () => {
  const point = { x: 100, y: -50 };
  const zoom = zoomAt(WHOLE, 3, point, picture, stage);
  expect([(point.x - zoom.x) / zoom.scale, (point.y - zoom.y) / zoom.scale]).toEqual([100, -50]);
});

test('no zoom is less than the whole image or more than eight times, and none leaves the stage', () => {
  expect(zoomAt(WHOLE, 0.1, { x: 50, y: 50 }, picture, stage)).toEqual(WHOLE);
  const most = zoomAt(WHOLE, 100, { x: 0, y: 0 }, picture, stage);
  expect(most.scale).toBe(8);
  expect(pan(most, { x: 1e6, y: -1e6 }, picture, stage)).toEqual({ scale: 8, x: 3100, y: -2100 });
});

test('a swipe is meant when it is long or quick, and not on the way back', () => {
  const slow = { x: 0.1, y: 0.1 };
  expect(meaningOfSwipe({ x: -300, y: 10 }, slow, stage)).toBe('next');
  expect(meaningOfSwipe({ x: 300, y: 10 }, slow, stage)).toBe('previous');
  expect(meaningOfSwipe({ x: 60, y: 10 }, { x: 0.6, y: 0 }, stage)).toBe('previous');
  expect(meaningOfSwipe({ x: 60, y: 10 }, { x: -0.6, y: 0 }, stage)).toBeNull();
  expect(meaningOfSwipe({ x: 5, y: 200 }, slow, stage)).toBe('close');
  expect(meaningOfSwipe({ x: 5, y: -200 }, slow, stage)).toBeNull();
});
