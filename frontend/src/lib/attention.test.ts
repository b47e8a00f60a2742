import { afterEach, expect, test, vi } from 'vitest';
import { attention } from './attention';

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
  vi.useRealTimers();
});

function setHidden(isHidden: boolean) {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('a glance at another tab is no absence', () => {
  vi.useFakeTimers();
  const tab = attention(stop.signal);
  setHidden(true);
  vi.advanceTimersByTime(29_000);
  expect(tab.isAway()).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(tab.isAway()).toBe(true);
  const back = tab.back();
  expect(back.aborted).toBe(false);
  setHidden(false);
  expect([back.aborted, tab.isAway()]).toEqual([true, false]);
});

test('after its end it listens no more', () => {
  vi.useFakeTimers();
  const tab = attention(stop.signal);
  stop.abort();
  setHidden(true);
  vi.advanceTimersByTime(60_000);
  expect(tab.isAway()).toBe(false);
});
