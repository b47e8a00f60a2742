import { useQuery } from '@tanstack/react-query';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { request } from '@/lib/api';
import { keepToken, readToken } from '@/lib/token';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { TokenButton } from './token-button';
import { TokenPrompt } from './token-prompt';

function Secrets() {
  const { data } = useQuery({ queryKey: ['x'], queryFn: () => request<{ name: string }>('/x') });
  return <p>{data?.name ?? 'nothing'}</p>;
}

test('a token that is forgotten is gone from the browser, and so is what it has shown', async () => {
  server.use(
    http.get(`${API}/x`, ({ request: asked }) =>
      asked.headers.has('Authorization')
        ? HttpResponse.json({ name: 'secret' })
        : HttpResponse.json({ error: 'A token is needed.', code: 'unauthorized' }, { status: 401 }),
    ),
  );
  keepToken('right', 'always');
  renderAt('/', <><TokenButton /><TokenPrompt /><Secrets /></>);
  expect(await screen.findByText('secret')).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Token of this system' }));
  expect(screen.getByText(/kept in this browser until it is forgotten/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Forget token' }));
  expect(await screen.findByLabelText('Token')).toBeInTheDocument();
  expect(screen.getByText('nothing')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Token of this system' })).not.toBeInTheDocument();
  expect([readToken(), localStorage.length, sessionStorage.length]).toEqual([null, 0, 0]);
  expect(screen.queryByText(/not accepted/)).not.toBeInTheDocument();
});

test('where no token is kept there is nothing to forget', () => {
  renderAt('/', <TokenButton />);
  expect(screen.queryByRole('button')).not.toBeInTheDocument();
});
