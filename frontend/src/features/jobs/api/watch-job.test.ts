import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Attention } from '@/lib/attention';
import { completedJob, event, eventStream, makeImage, makeJob } from '@/testing/jobs';
import type { Image } from '@/lib/image';
import { API, server } from '@/testing/server';
import type { Job } from './job';
import type { ArrivedImage } from './job-events';
import { watchJob, type Pace } from './watch-job';

const PACE: Pace = { againAfterMs: 1, againAtMostMs: 2, attempts: 3, askEveryMs: 1, asks: 4, askAwayEveryMs: 5 };
const LOOKED_AT: Attention = { isAway: () => false, back: () => new AbortController().signal };
const EVENTS = `${API}/import/events/j1`;
const JOB = `${API}/import/jobs/j1`;

let stop = new AbortController();
beforeEach(() => server.use(http.get(`${API}/images`, () => HttpResponse.json({ images: [] }))));
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

function start(tab = LOOKED_AT) {
  const jobs: Job[] = [];
  const images: ArrivedImage[] = [];
  const listed: Image[][] = [];
  const connected: boolean[] = [];
  const onRefused = vi.fn();
  const watch = {
    id: 'j1',
    after: () => images.at(-1)?.number ?? 0,
    onJob: (job: Job) => jobs.push(job),
    onImages: (arrived: ArrivedImage[]) => images.push(...arrived),
    onListed: (newest: Image[]) => listed.push(newest),
    onTrouble: (trouble: Error | null) => connected.push(trouble === null),
    onRefused,
  };
  return { jobs, images, listed, connected, onRefused, done: watchJob(watch, tab, stop.signal, PACE) };
}

test('events are told until the end, and then the job is asked for once more', async () => {
  const known = { error: 'Image already exists', image: makeImage(8) };
  server.use(
    http.get(EVENTS, () =>
      eventStream([
        event('image', makeImage(7), 1),
        event('progress', makeJob({ processed: 1 })),
        event('image', known, 2),
        event('end', completedJob({ processed: 99 }), 'end'),
      ]),
    ),
    http.get(JOB, () => HttpResponse.json(completedJob())),
  );
  const seen = start();
  await seen.done;
  expect(seen.images.map(({ number, image, isKnown }) => [number, image.id, isKnown])).toEqual([
    [1, 7, false],
    [2, 8, true],
  ]);
  expect(seen.jobs.at(-1)?.processed).toBe(100);
});

test('after a break it goes on behind the last image that was seen', async () => {
  const asked: (string | null)[] = [];
  server.use(
    http.get(EVENTS, ({ request }) => {
      asked.push(request.headers.get('Last-Event-ID'));
      return asked.length === 1
        ? eventStream([event('image', makeImage(7), 1), event('image', makeImage(8), 2)])
        : eventStream([event('image', makeImage(9), 3), event('end', completedJob(), 'end')]);
    }),
    http.get(JOB, () => HttpResponse.json(asked.length === 1 ? makeJob() : completedJob())),
  );
  const seen = start();
  await seen.done;
  expect(asked).toEqual([null, '2']);
  expect(seen.images.map(({ number }) => number)).toEqual([1, 2, 3]);
});

test('where events do not come through it is asked, and events are tried again later', async () => {
  const calls: string[] = [];
  server.use(
    http.get(EVENTS, () => {
      calls.push('events');
      return calls.length < 12 ? new HttpResponse(null, { status: 502 }) : eventStream([event('end', completedJob(), 'end')]);
    }),
    http.get(JOB, () => {
      calls.push('job');
      return HttpResponse.json(calls.filter((call) => call === 'events').length > 3 ? completedJob() : makeJob());
    }),
  );
  const seen = start();
  await seen.done;
  expect(calls.join(' ')).toBe('events job events job events job job job job job events job');
  expect(seen.connected).not.toContain(false);
  expect(seen.jobs.at(-1)?.state).toBe('completed');
});

test('images that no events tell of are listed', async () => {
  const asked: string[] = [];
  server.use(
    http.get(EVENTS, () => new HttpResponse(null, { status: 502 })),
    http.get(JOB, () => HttpResponse.json(asked.length < 5 ? makeJob() : completedJob())),
    http.get(`${API}/images`, ({ request }) => {
      asked.push(new URL(request.url).search);
      return asked.length === 2 ? HttpResponse.error() : HttpResponse.json({ images: [makeImage(asked.length)] });
    }),
  );
  const seen = start();
  await seen.done;
  expect(new Set(asked)).toEqual(new Set(['?job_id=j1&per_page=24']));
  expect(seen.listed.map(([image]) => image?.id)).toEqual([1, 3, 4, 5, 6]);
});

test('a server that is gone for a while is said to be, and that it is back', async () => {
  let asked = 0;
  server.use(
    http.get(EVENTS, () => HttpResponse.error()),
    http.get(JOB, () => {
      asked += 1;
      return asked < 3 ? HttpResponse.error() : HttpResponse.json(completedJob());
    }),
  );
  const seen = start();
  await seen.done;
  expect(seen.connected).toEqual([false, false, true]);
});

test('when a server that was gone answers again, events are tried at once', async () => {
  const calls: string[] = [];
  const isBack = () => calls.length > 8;
  server.use(
    http.get(EVENTS, () => {
      calls.push('events');
      return isBack() ? eventStream([event('end', completedJob(), 'end')]) : HttpResponse.error();
    }),
    http.get(JOB, () => {
      calls.push('job');
      if (!isBack()) return HttpResponse.error();
      return HttpResponse.json(calls.at(-2) === 'events' ? completedJob() : makeJob());
    }),
  );
  await start().done;
  expect(calls.join(' ')).toBe('events job events job events job job job job events job');
});

test('204 is the end', async () => {
  server.use(
    http.get(EVENTS, () => new HttpResponse(null, { status: 204 })),
    http.get(JOB, () => HttpResponse.json(completedJob())),
  );
  const seen = start();
  await seen.done;
  expect(seen.jobs).toHaveLength(1);
});

test.each([404, 401])('a refusal (%i) ends it', async (status) => {
  const refusal = () => HttpResponse.json({ error: 'No.' }, { status });
  server.use(http.get(EVENTS, refusal), http.get(JOB, refusal));
  const seen = start();
  await seen.done;
  expect(seen.onRefused).toHaveBeenCalledOnce();
});

test('it stops in the middle of a stream when nobody wants it any more', async () => {
  server.use(http.get(EVENTS, () => eventStream([event('progress', makeJob())], { stays: true })));
  const seen = start();
  await vi.waitFor(() => expect(seen.jobs).toHaveLength(1));
  stop.abort();
  await expect(seen.done).resolves.toBeUndefined();
});

test('while nobody looks it only asks, and holds no connection', async () => {
  let events = 0;
  let asked = 0;
  server.use(
    http.get(EVENTS, () => {
      events += 1;
      return eventStream([]);
    }),
    http.get(JOB, () => {
      asked += 1;
      return HttpResponse.json(asked < 4 ? makeJob() : completedJob());
    }),
  );
  await start({ isAway: () => true, back: () => new AbortController().signal }).done;
  expect({ events, asked }).toEqual({ events: 0, asked: 4 });
});
