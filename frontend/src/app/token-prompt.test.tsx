import { useMutation, useQuery } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { request } from '@/lib/api';
import { readToken } from '@/lib/token';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { TokenPrompt } from './token-prompt';

const OFTEN_MS = 20;

function Asking() {
  const { data, errorUpdateCount } = useQuery({ queryKey: ['x'], queryFn: () => request<{ name: string }>('/x'), refetchInterval: OFTEN_MS });
  const { mutate } = useMutation({ mutationFn: () => request('/x', { method: 'POST' }) });
  return (
    <>
      <p>{data?.name ?? `asked ${Math.min(3, errorUpdateCount)}`}</p>
      <button onClick={() => mutate()}>Do it</button>
    </>
  );
}

function apiThatWants(token: string) {
  const answer = ({ request: asked }: { request: Request }) =>
    asked.headers.get('Authorization') === `Bearer ${token}`
      ? HttpResponse.json({ name: 'let in' })
      : HttpResponse.json({ error: 'A token is needed.', code: 'unauthorized' }, { status: 401 });
  server.use(http.get(`${API}/x`, answer), http.post(`${API}/x`, answer));
}

function renderAsking() {
  renderAt(
    '/',
    <>
      <TokenPrompt />
      <Asking />
    </>,
  );
}

test('a wrong token is told, and the right one lets in', async () => {
  apiThatWants('right');
  renderAsking();
  await userEvent.type(await screen.findByLabelText('Token'), 'wrong{Enter}');
  expect(await screen.findByText('The token that was kept is not accepted.')).toBeInTheDocument();
  await userEvent.type(screen.getByLabelText('Token'), ' right {Enter}');
  expect(await screen.findByText('let in')).toBeInTheDocument();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  expect(readToken()).toBe('right');
});

test('a token is kept until the tab is closed, unless it is to be remembered', async () => {
  apiThatWants('right');
  renderAsking();
  await userEvent.type(await screen.findByLabelText('Token'), 'wrong{Enter}');
  await screen.findByText('The token that was kept is not accepted.');
  expect([sessionStorage.length, localStorage.length]).toEqual([1, 0]);
  await userEvent.click(screen.getByLabelText('Remember it in this browser'));
  await userEvent.type(screen.getByLabelText('Token'), 'right{Enter}');
  await screen.findByText('let in');
  expect([sessionStorage.length, localStorage.length]).toEqual([0, 1]);
  expect(readToken()).toBe('right');
});

test('who declines is not asked again by what a page does by itself, only by what they do', async () => {
  apiThatWants('right');
  renderAsking();
  await userEvent.click(await screen.findByRole('button', { name: 'Not now' }));
  await screen.findByText('asked 3');
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();

  await userEvent.click(screen.getByRole('button', { name: 'Enter the token' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Not now' }));
  await userEvent.click(screen.getByRole('button', { name: 'Do it' }));
  await waitFor(() => expect(screen.getByRole('dialog')).toBeInTheDocument());
});
