import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';
import { completedJob } from '@/testing/jobs';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { ImportPage } from './import-page';

const LINK = 'https://drive.google.com/drive/folders/147DEQpj8HB5v7_G3ICIEpUUy8Wt2KHav';
const PREVIEW = {
  folder_name: 'Holiday',
  folder_url: LINK,
  recursive: false,
  folders: 1,
  images: 15,
  bytes: 1_030_000,
  known: 5,
  to_import: 10,
  skipped: { subfolders: 2, shortcuts: 0, other_files: 0, not_downloadable: 0, unreadable_folders: 0 },
  complete: true,
};

interface Asked {
  folder_url: string;
  recursive?: boolean;
}

/** What the API is asked, by path; the answers are `previewed` and `started`. */
function serve({ previewed = ok(PREVIEW), started = ok({ message: 'Started', job_id: 'j2' }, 202) } = {}) {
  const asked: { previews: Asked[]; starts: Asked[] } = { previews: [], starts: [] };
  server.use(
    http.post(`${API}/import/preview`, async ({ request }) => {
      asked.previews.push((await request.json()) as Asked);
      return previewed();
    }),
    http.post(`${API}/import/google-drive`, async ({ request }) => {
      asked.starts.push((await request.json()) as Asked);
      return started();
    }),
  );
  return asked;
}

function ok(body: Record<string, unknown>, status = 200) {
  return () => HttpResponse.json(body, { status });
}

const field = () => screen.getByRole('textbox', { name: 'Link of a Google Drive folder' });
const startButton = () => screen.getByRole('button', { name: 'Start import' });

async function paste(text: string) {
  await userEvent.click(field());
  await userEvent.paste(text);
}

beforeEach(() => {
  server.use(http.get(`${API}/import/jobs`, () => HttpResponse.json({ jobs: [], page: 1, per_page: 5, total: 0, total_pages: 0 })));
});

test('a pasted link is recognised at once, and the folder shown in plain words', async () => {
  const asked = serve();
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  expect(screen.getByText('This is a folder link')).toBeVisible();
  expect(await screen.findByRole('link', { name: /Holiday/ })).toHaveAttribute('href', LINK);
  expect(screen.getByText('15 images, 1 MB')).toBeVisible();
  expect(screen.getByText('5 are here already, 10 will be imported.')).toBeVisible();
  expect(screen.getByText(/2 subfolders are left out/)).toBeVisible();
  expect(asked.previews).toEqual([{ folder_url: LINK, recursive: false }]);
});

test('with subfolders it is looked at again, and imported so', async () => {
  const asked = serve();
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  await userEvent.click(screen.getByRole('checkbox', { name: 'Include subfolders' }));
  await waitFor(() => expect(asked.previews.at(-1)).toEqual({ folder_url: LINK, recursive: true }));
  await userEvent.click(startButton());
  await waitFor(() => expect(asked.starts).toEqual([{ folder_url: LINK, recursive: true }]));
});

test('a double click starts once, and leads to the job', async () => {
  const asked = serve();
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  const button = startButton();
  fireEvent.click(button);
  fireEvent.click(button);
  await waitFor(() => expect(location.pathname).toBe('/jobs/j2'));
  fireEvent.click(button);
  expect(asked.starts).toHaveLength(1);
});

test('Enter starts, before the preview has come', async () => {
  const asked = serve({ previewed: () => new Promise<never>(() => undefined) as never });
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(asked.starts).toHaveLength(1));
});

test('a wrong link is told at once, then in the words of the server, and is not started', async () => {
  const words = 'This is a link to a single file. Open the folder that the file is in.';
  const asked = serve({ previewed: ok({ error: words, code: 'not-a-folder-link' }, 400) });
  renderAt('/import', <ImportPage />);
  await paste('https://drive.google.com/file/d/1AbCdEfGhIjKlMnOp/view');
  expect(await screen.findByText(words)).toBeVisible();
  expect(field()).toBeInvalid();
  expect(field()).toHaveAccessibleDescription(expect.stringContaining(words) as string);
  await userEvent.click(startButton());
  expect(field()).toHaveFocus();
  expect(asked.starts).toEqual([]);
});

test('without a link it says what is missing', async () => {
  const asked = serve();
  renderAt('/import', <ImportPage />);
  await userEvent.click(startButton());
  expect(screen.getByText('Paste the link of a folder first.')).toBeVisible();
  expect(field()).toHaveFocus();
  expect(asked).toEqual({ previews: [], starts: [] });
});

test('a preview that fails leaves out what only logs need, and forbids nothing', async () => {
  const error = 'Error fetching files from Google Drive: 404 File not found: . (not-found). The folder is not shared.';
  const asked = serve({ previewed: ok({ error, code: 'not-found' }, 500) });
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  expect(await screen.findByText('The folder is not shared.')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Look again' })).toBeVisible();
  await userEvent.click(startButton());
  await waitFor(() => expect(asked.starts).toHaveLength(1));
});

test('a server that does not answer is said to, and can be asked again', async () => {
  serve({ previewed: () => HttpResponse.error() as never });
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  expect(await screen.findByText(/cannot be reached/)).toBeVisible();
  expect(field()).toBeValid();
  serve();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('link', { name: /Holiday/ })).toBeVisible();
});

test('a folder without images starts no job, and it is said why', async () => {
  serve({ started: ok({ message: 'No images found in the folder', hint: 'Only subfolders are in it.' }) });
  renderAt('/import', <ImportPage />);
  await paste(LINK);
  await userEvent.click(startButton());
  expect(await screen.findByText('No images found in the folder')).toBeVisible();
  expect(screen.getByText('Only subfolders are in it.')).toBeVisible();
  expect(location.pathname).toBe('/import');
});

test('what is typed word by word is not asked about', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const asked = serve();
  renderAt('/import', <ImportPage />);
  fireEvent.change(field(), { target: { value: 'holiday' } });
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  expect(asked.previews).toEqual([]);
  expect(field()).toBeValid();
  fireEvent.change(field(), { target: { value: LINK } });
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  await waitFor(() => expect(asked.previews).toHaveLength(1));
  vi.useRealTimers();
});

test('a link that is dropped on the page, or pasted beside the field, is taken', () => {
  serve();
  renderAt('/import', <ImportPage />);
  const data = (text: string) => ({ getData: (type: string) => (type === 'text/plain' ? text : '') });
  fireEvent.drop(document.body, { dataTransfer: data(LINK) });
  expect(field()).toHaveValue(LINK);
  fireEvent.paste(document.body, { clipboardData: data('https://drive.google.com/open?id=x') });
  expect(field()).toHaveValue('https://drive.google.com/open?id=x');
});

test('a link in the address is there to be started', async () => {
  const asked = serve();
  renderAt(`/import?link=${encodeURIComponent(LINK)}&subfolders=1`, <ImportPage />);
  expect(field()).toHaveValue(LINK);
  await waitFor(() => expect(asked.previews).toEqual([{ folder_url: LINK, recursive: true }]));
});

test('the newest imports are below', async () => {
  const asked: string[] = [];
  server.use(
    http.get(`${API}/import/jobs`, ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ jobs: [completedJob()], page: 1, per_page: 5, total: 9, total_pages: 2 });
    }),
  );
  renderAt('/import', <ImportPage />);
  expect(await screen.findByRole('link', { name: 'Holiday' })).toHaveAttribute('href', '/jobs/j1');
  expect(asked).toEqual(['?page=1&per_page=5']);
});
