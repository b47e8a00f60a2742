import { afterEach, expect, test, vi } from 'vitest';
import { noteServerTime, serverNow } from './server-clock';

afterEach(() => vi.useRealTimers());

test('the server knows what time it is, whatever this computer thinks', () => {
  vi.useFakeTimers({ now: new Date('2020-01-01T00:00:00Z') });
  noteServerTime('Tue, 24 Nov 2026 12:00:00 GMT');
  expect(new Date(serverNow()).toISOString()).toBe('2026-11-24T12:00:00.000Z');
  vi.advanceTimersByTime(90_000);
  noteServerTime(null);
  noteServerTime('no time');
  expect(new Date(serverNow()).toISOString()).toBe('2026-11-24T12:01:30.000Z');
  noteServerTime(new Date(Date.now()).toUTCString());
});
