import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';
import { completedJob, makeJob } from '@/testing/jobs';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import type { Job } from './api/job';
import { JobsPage } from './jobs-page';

function serve(jobs: Job[], total = jobs.length) {
  const asked: string[] = [];
  server.use(
    http.get(`${API}/import/jobs`, ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('page') ?? '');
      return HttpResponse.json({ jobs, page: 1, per_page: 20, total, total_pages: Math.ceil(total / 20) });
    }),
  );
  return asked;
}

test('every job is listed with its state, a bar while it runs, and the way to its page', async () => {
  serve([makeJob(), completedJob({ job_id: 'j0', folder_name: null, failed: 2, processed: 98 })]);
  renderAt('/jobs', <JobsPage />);
  const [running, ended] = await screen.findAllByRole('listitem');
  if (!running || !ended) throw new Error('two jobs are expected');
  expect(within(running).getByRole('link', { name: 'Holiday' })).toHaveAttribute('href', '/jobs/j1');
  expect(within(running).getByRole('progressbar', { name: 'Progress of Holiday' })).toHaveAttribute('aria-valuenow', '42');
  expect(within(ended).getByRole('link', { name: 'Folder f1' })).toBeVisible();
  expect(within(ended).getByText('98 of 100 images · 100 MB · 2 failed')).toBeVisible();
  expect(within(ended).queryByRole('progressbar')).not.toBeInTheDocument();
});

test('pages are in the address', async () => {
  const asked = serve([completedJob()], 41);
  renderAt('/jobs?page=2', <JobsPage />);
  expect(await screen.findByText('Page 2 of 3')).toBeVisible();
  expect(screen.getByRole('link', { name: 'Previous' })).toHaveAttribute('href', '/jobs');
  await userEvent.click(screen.getByRole('link', { name: 'Next' }));
  expect(location.search).toBe('?page=3');
  await vi.waitFor(() => expect(asked).toEqual(['2', '3']));
});

test('while a job runs the list is asked for again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'], shouldAdvanceTime: true });
  const asked = serve([makeJob()]);
  renderAt('/jobs', <JobsPage />);
  await screen.findByText('Importing…');
  await vi.advanceTimersByTimeAsync(3_100);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1));
  vi.useRealTimers();
});

test('without jobs it leads to the import', async () => {
  serve([]);
  renderAt('/jobs', <JobsPage />);
  expect(await screen.findByRole('link', { name: 'Import a folder' })).toHaveAttribute('href', '/import');
});

test('an error is told, and can be tried again', async () => {
  server.use(http.get(`${API}/import/jobs`, () => HttpResponse.json({ error: 'Jobs cannot be read.' }, { status: 503 })));
  renderAt('/jobs', <JobsPage />);
  expect(await screen.findByText('Jobs cannot be read.')).toBeVisible();
  serve([completedJob()]);
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('link', { name: 'Holiday' })).toBeVisible();
});
