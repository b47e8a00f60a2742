import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';
import { keepToken } from '@/lib/token';
import { completedJob, event, eventStream, makeImage, makeJob } from '@/testing/jobs';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import type { Job } from './api/job';
import { JobPage } from './job-page';

const FAILURE = {
  file_id: 'd1',
  name: '<b>cat</b>.jpg',
  reason: 'download-quota-exceeded',
  message: 'The download quota for this file has been exceeded.',
  advice: 'Retry in about 24 hours.',
  attempts: 3,
  drive_url: 'https://drive.google.com/open?id=d1',
};

/** The API with this job; its events stay open where it runs. */
function serve(job: Job, events: string[] = []) {
  const isRunning = job.ended_at === null;
  server.use(
    http.get(`${API}/import/jobs/j1`, () => HttpResponse.json(job)),
    http.get(`${API}/import/events/j1`, () =>
      eventStream(isRunning ? events : [...events, event('end', job, 'end')], { stays: isRunning }),
    ),
    http.get(`${API}/import/jobs/j1/failures`, () =>
      HttpResponse.json({ failures: [FAILURE], page: 1, per_page: 25, total: job.failed, total_pages: Math.ceil(job.failed / 25) }),
    ),
  );
}

function show(path = '/jobs/j1') {
  return renderAt(path, <JobPage id="j1" />);
}

test('a running job tells how far it is, in the page and in the tab', async () => {
  serve(makeJob(), [event('progress', makeJob({ processed: 43, failed: 0 }))]);
  show();
  expect(await screen.findByText('43 of 100')).toBeVisible();
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '43');
  expect(screen.getByText('42 MB of 100 MB')).toBeVisible();
  expect(screen.getByText('about 29 s')).toBeVisible();
  expect(document.title).toBe('43 % · Holiday · Image Import');
  expect(screen.getByRole('link', { name: /Google Drive/ })).toHaveAttribute('href', makeJob().folder_url);
});

test('images appear as they land, newest first, and lead to the gallery', async () => {
  const known = { error: 'Image already exists', image: makeImage(9) };
  serve(makeJob(), [event('image', makeImage(7), 1), event('image', known, 2), event('progress', makeJob())]);
  show();
  const links = within(await screen.findByRole('region', { name: 'Newest images' })).getAllByRole('link');
  expect(links.map((link) => link.getAttribute('href'))).toEqual(['/?image=9', '/?job=j1&image=7']);
  expect(screen.getByText(/1 of these was here already/)).toBeVisible();
});

test('an image that cannot be shown is called what it is', async () => {
  const image = makeImage(7, { name: 'x.heic', mime_type: 'image/heic' });
  delete image.thumbnail_url;
  serve(makeJob(), [event('image', image, 1)]);
  show();
  expect(await screen.findByRole('link', { name: 'HEIC x.heic' })).toBeVisible();
});

test('of a job with thousands of images only the newest are asked for', async () => {
  const asked: (string | null)[] = [];
  serve(makeJob());
  server.use(
    http.get(`${API}/import/jobs/j1`, () => HttpResponse.json(makeJob({ total: 90_000, processed: 50_000 }))),
    http.get(`${API}/import/events/j1`, ({ request }) => {
      asked.push(request.headers.get('Last-Event-ID'));
      return eventStream([], { stays: true });
    }),
  );
  show();
  await waitFor(() => expect(asked).toEqual(['49976']));
});

test('the end is announced, with what it came to', async () => {
  const ended = completedJob({ processed: 98, failed: 2 });
  serve(makeJob());
  server.use(
    http.get(`${API}/import/events/j1`, () => {
      server.use(http.get(`${API}/import/jobs/j1`, () => HttpResponse.json(ended)));
      return eventStream([event('end', ended, 'end')]);
    }),
  );
  show();
  await waitFor(() => expect(document.querySelector('#announcements')).toHaveTextContent('Completed: 98 images imported, 2 failed.'));
  expect(await screen.findByText('Completed, 2 failed')).toBeVisible();
});

test('what failed is listed with reason, advice and tries, its name as text', async () => {
  serve(completedJob({ processed: 60, failed: 40 }));
  show();
  const table = await screen.findByRole('table');
  expect(within(table).getByRole('link', { name: /<b>cat<\/b>\.jpg/ })).toHaveAttribute('href', FAILURE.drive_url);
  for (const words of [FAILURE.message, FAILURE.advice, '3']) expect(table).toHaveTextContent(words);
  expect(screen.getByRole('link', { name: 'Next' })).toHaveAttribute('href', '/jobs/j1?failures=2');
});

test('retrying starts one job, however often the button is pressed, and leads to it', async () => {
  let started = 0;
  serve(completedJob({ processed: 60, failed: 40 }));
  server.use(
    http.post(`${API}/import/jobs/j1/retry`, () => {
      started += 1;
      return HttpResponse.json({ message: 'Retry started', retry_of: 'j1', job_id: 'j2', total_images: 40 }, { status: 202 });
    }),
  );
  show();
  await userEvent.dblClick(await screen.findByRole('button', { name: 'Retry all failed' }));
  await waitFor(() => expect(location.pathname).toBe('/jobs/j2'));
  expect(started).toBe(1);
});

test('failures are saved as CSV, also where the API wants its token', async () => {
  const sent: (string | null)[] = [];
  keepToken('t0');
  URL.createObjectURL = vi.fn(() => 'blob:x');
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  serve(completedJob({ failed: 1 }));
  show();
  await screen.findByRole('table');
  server.use(
    http.get(`${API}/import/jobs/j1/failures`, ({ request }) => {
      sent.push(new URL(request.url).search, request.headers.get('Authorization'));
      return HttpResponse.text('file_id\n');
    }),
  );
  await userEvent.click(screen.getByRole('button', { name: 'Download as CSV' }));
  await waitFor(() => expect(click).toHaveBeenCalledOnce());
  expect(sent).toEqual(['?format=csv', 'Bearer t0']);
});

test('cancelling asks first', async () => {
  let cancelled = 0;
  serve(makeJob());
  server.use(
    http.post(`${API}/import/jobs/j1/cancel`, () => {
      cancelled += 1;
      const job = makeJob({ state: 'cancelled', ended_at: '2026-11-23T12:01:00Z', cancelled: 58 });
      server.use(http.get(`${API}/import/jobs/j1`, () => HttpResponse.json(job)));
      return HttpResponse.json({ success: true }, { status: 202 });
    }),
  );
  show();
  const press = async (name: string) => userEvent.click((await screen.findAllByRole('button', { name })).at(-1) as HTMLElement);
  await press('Cancel import');
  await press('Go on importing');
  expect(cancelled).toBe(0);
  await press('Cancel import');
  await press('Cancel import');
  expect(await screen.findByText('Cancelled')).toBeVisible();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  expect(await screen.findByRole('button', { name: 'Import the rest' })).toBeVisible();
  expect(screen.getByRole('heading', { level: 1 })).toHaveFocus();
});

test('a cancel that comes too late is no error, and one that fails is told', async () => {
  serve(makeJob());
  server.use(http.post(`${API}/import/jobs/j1/cancel`, () => HttpResponse.json({ error: 'Busy.' }, { status: 503 })));
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel import' }));
  const dialog = screen.getByRole('dialog');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel import' }));
  expect(await within(dialog).findByText('Busy.')).toBeVisible();
  server.use(
    http.post(`${API}/import/jobs/j1/cancel`, () => HttpResponse.json({ error: 'Over.', code: 'job-ended' }, { status: 409 })),
  );
  await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel import' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

test('the last numbers stay while the server does not answer, and that is said', async () => {
  serve(makeJob());
  server.use(
    http.get(`${API}/import/events/j1`, () => {
      server.use(http.get(`${API}/import/jobs/j1`, () => HttpResponse.error()));
      return HttpResponse.error();
    }),
  );
  show();
  expect(await screen.findByText(/Connection lost, trying again/)).toBeVisible();
  expect(screen.getByText('42 of 100')).toBeVisible();
});

test('a whole job that failed says why, and leads to another try', async () => {
  serve(makeJob({ state: 'failed', ended_at: '2026-11-23T12:01:00Z', error: 'The API key is not valid. Set GOOGLE_API_KEY.' }));
  show();
  expect(await screen.findByText(/Set GOOGLE_API_KEY/)).toBeVisible();
  const again = screen.getByRole('link', { name: 'Import the folder again' });
  expect(again).toHaveAttribute('href', `/import?link=${encodeURIComponent(makeJob().folder_url)}`);
});

test('a job that is not there is said to be gone', async () => {
  server.use(http.get(`${API}/import/jobs/j1`, () => HttpResponse.json({ error: 'Job not found' }, { status: 404 })));
  show();
  expect(await screen.findByRole('heading', { name: 'There is no such job' })).toBeVisible();
  expect(screen.getByText(/kept for 30 days/)).toBeVisible();
});
