import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turns } from './turns';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const SIGNAL = new AbortController().signal;

test('no more run at once than may, and all of them run', async () => {
  const turns = new Turns(2);
  let running = 0;
  let most = 0;
  const call = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running -= 1;
    return 1;
  };
  const all = Promise.all(Array.from({ length: 5 }, () => turns.take(call, SIGNAL)));
  await vi.runAllTimersAsync();
  expect(await all).toEqual([1, 1, 1, 1, 1]);
  expect(most).toBe(2);
});

test('while it is held nobody begins, and a call that fails makes room', async () => {
  const turns = new Turns(1);
  turns.hold(5_000);
  const calls: string[] = [];
  const fail = () => {
    calls.push('failed');
    return Promise.reject(new Error('no'));
  };
  const failed = turns.take(fail, SIGNAL).catch(() => undefined);
  const done = turns.take(() => Promise.resolve(calls.push('done')), SIGNAL);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  await Promise.all([failed, done]);
  expect(calls).toEqual(['failed', 'done']);
});

test('who gives up is not called, and its turn goes to the next', async () => {
  const turns = new Turns(1);
  const stop = new AbortController();
  turns.hold(5_000);
  const call = vi.fn(() => Promise.resolve('called'));
  const given = turns.take(call, stop.signal).catch(() => 'given up');
  const next = turns.take(() => Promise.resolve('next'), SIGNAL);
  stop.abort();
  await vi.advanceTimersByTimeAsync(6_000);
  expect([await given, await next]).toEqual(['given up', 'next']);
  expect(call).not.toHaveBeenCalled();
});
