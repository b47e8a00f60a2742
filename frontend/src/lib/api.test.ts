import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { API, server } from '@/testing/server';
import { apiUrl, request } from './api';
import { keepToken } from './token';

test('an error has the words, the code and the request id of the API', async () => {
  server.use(
    http.get(`${API}/stats`, () =>
      HttpResponse.json({ error: 'No.', code: 'busy', request_id: 'r1' }, { status: 503 }),
    ),
  );
  await expect(request('/stats')).rejects.toMatchObject({ message: 'No.', status: 503, code: 'busy', requestId: 'r1', isTemporary: true });
});

test('no answer is said to be one', async () => {
  server.use(http.get(`${API}/stats`, () => HttpResponse.error()));
  await expect(request('/stats')).rejects.toMatchObject({ status: 0, code: 'offline', isTemporary: true });
});

test('the token goes with every call, and only if there is one', async () => {
  const seen: (string | null)[] = [];
  server.use(
    http.get(`${API}/stats`, ({ request: asked }) => {
      seen.push(asked.headers.get('Authorization'));
      return HttpResponse.json({});
    }),
  );
  await request('/stats');
  keepToken('t0');
  await request('/stats');
  expect(seen).toEqual([null, 'Bearer t0']);
});

test('parameters without a value are left out, and the others escaped', () => {
  expect(apiUrl('/images', { q: 'a&b', page: 1, job_id: undefined, sort: '' })).toBe(`${API}/images?q=a%26b&page=1`);
});

test('an answer that is cut is said to be one, and may be asked for again', async () => {
  server.use(http.get(`${API}/stats`, () => new HttpResponse('{"total', { headers: { 'Content-Type': 'application/json' } })));
  await expect(request('/stats')).rejects.toMatchObject({ code: 'broken-answer', isTemporary: true });
});
