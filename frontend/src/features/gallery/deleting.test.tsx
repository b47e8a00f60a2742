import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import type { ReactNode } from 'react';
import { expect, test, vi } from 'vitest';
import { API, server } from '@/testing/server';
import { useDeleteImages } from './api/delete-images';
import { useIsDoomed } from './deleting';

function within({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;
}

const used = (id: number) => renderHook(() => ({ deletion: useDeleteImages(), isDoomed: useIsDoomed(id) }), { wrapper: within });

test('a number that is given to a new image later has a picture again', async () => {
  server.use(http.post(`${API}/images/delete`, () => HttpResponse.json({ message: '', deleted: [7], not_found: [] })));
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const { result } = used(7);
  await act(() => result.current.deletion.mutateAsync({ ids: [7], onGone: () => undefined }));
  expect(result.current.isDoomed).toBe(true);
  const later = timers.mock.calls.filter(([, ms]) => ms === 10_000).map(([run]) => run);
  timers.mockRestore();
  expect(later).toHaveLength(1);
  act(() => later.forEach((run) => run()));
  expect(result.current.isDoomed).toBe(false);
});

test('what was not deleted has its picture at once', async () => {
  server.use(http.post(`${API}/images/delete`, () => HttpResponse.json({ error: 'no' }, { status: 503 })));
  const { result } = used(8);
  await act(() => result.current.deletion.mutateAsync({ ids: [8], onGone: () => undefined }).catch(() => undefined));
  expect(result.current.isDoomed).toBe(false);
});
