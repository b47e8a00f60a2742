import { expect, test, vi } from 'vitest';
import { retryAfterMs } from './retry-after';

const of = (value: string) => retryAfterMs(new Headers(value === '' ? {} : { 'Retry-After': value }));

test('seconds and times of day are understood, and nothing is waited for that is none of them', () => {
  vi.useFakeTimers({ now: new Date('2026-11-24T12:00:00Z') });
  expect(of('0')).toBe(0);
  expect(of(' 12 ')).toBe(12_000);
  expect(of('Tue, 24 Nov 2026 12:00:30 GMT')).toBe(30_000);
  expect(of('Tue, 24 Nov 2026 11:00:00 GMT')).toBe(0);
  expect(of('9999999999')).toBe(3_600_000);
  for (const none of ['', 'soon', '-5x']) expect(of(none)).toBeNull();
  vi.useRealTimers();
});
