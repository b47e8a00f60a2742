import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { API, server } from '@/testing/server';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

const LOCAL = 'http://localhost:8080/api';
const htmlPage = (status = 200) => HttpResponse.html('<p>hello</p>', { status });

test.each([
  ['https://images.example.com/api/', 'https://images.example.com/api'],
  ['/gallery/api', 'http://localhost:3000/gallery/api'],
  ['images.example.com:8443/api', 'http://images.example.com:8443/api'],
  [' ', API],
  ['http://', API],
])('REACT_APP_API_URL=%s means %s', async (written, meant) => {
  vi.stubEnv('REACT_APP_API_URL', written);
  const { apiBase, onApiOrigin } = await import('./api-base');
  expect(apiBase()).toBe(meant);
  expect(onApiOrigin('/api/objects/a')).toBe(`${new URL(meant).origin}/api/objects/a`);
});

test('an address keeps what proves that it may be seen', async () => {
  const { withParameter } = await import('./api-base');
  expect(withParameter('/api/objects/a', 'size', 320)).toBe('/api/objects/a?size=320');
  expect(withParameter('/api/objects/a?expires=1&signature=f', 'size', 320)).toBe('/api/objects/a?expires=1&signature=f&size=320');
});

test('calls that were sent at the same time all find the gateway on this computer', async () => {
  server.use(
    http.get(`${API}/*`, () => htmlPage()),
    http.get(`${LOCAL}/*`, ({ request }) => HttpResponse.json(new URL(request.url).pathname)),
  );
  const { request } = await import('./api');
  await expect(Promise.all([request('/a'), request('/b'), request('/c')])).resolves.toEqual(['/api/a', '/api/b', '/api/c']);
});

test('a proxy that waits for its API is no reason to look elsewhere', async () => {
  let elsewhere = 0;
  server.use(
    http.get(`${API}/a`, () => htmlPage(502)),
    http.get(`${LOCAL}/a`, () => {
      elsewhere += 1;
      return HttpResponse.json({});
    }),
  );
  const { request } = await import('./api');
  await expect(request('/a')).rejects.toMatchObject({
    status: 502,
    isTemporary: true,
    message: expect.stringContaining('do not answer') as string,
  });
  expect(elsewhere).toBe(0);
});

test('an address that was given at build is the only one', async () => {
  vi.stubEnv('REACT_APP_API_URL', 'https://images.example.com/api');
  server.use(http.get('https://images.example.com/api/a', () => htmlPage()));
  const { request } = await import('./api');
  await expect(request('/a')).rejects.toThrow('does not lead to the API');
});
