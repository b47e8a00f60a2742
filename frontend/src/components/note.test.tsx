import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from '@/lib/api-error';
import { ErrorNote } from './note';

afterEach(() => vi.useRealTimers());

test('an error that asks for a pause counts down, and can be tried again only then', async () => {
  vi.useFakeTimers();
  const onRetry = vi.fn();
  render(<ErrorNote error={new ApiError('Too many requests.', 429, { retryAfterMs: 3_000 })} onRetry={onRetry} />);
  const again = screen.getByRole('button', { name: 'Try again' });
  expect(screen.getByText('It can be tried again in 3 s.')).toBeVisible();
  again.click();
  await act(() => vi.advanceTimersByTimeAsync(1_500));
  expect(screen.getByText('It can be tried again in 2 s.')).toBeVisible();
  expect(onRetry).not.toHaveBeenCalled();
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(screen.queryByText(/It can be tried again/)).not.toBeInTheDocument();
  again.click();
  expect(onRetry).toHaveBeenCalledOnce();
});

test('a refusal that is about a job leads to it', () => {
  render(<ErrorNote error={new ApiError('Too many imports run.', 429, { code: 'too-many-jobs', jobId: 'a/b' })} />);
  expect(screen.getByRole('link', { name: 'Show the import' })).toHaveAttribute('href', '/jobs/a%2Fb');
});
