import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { renderAt } from '@/testing/render';
import { API, server } from '@/testing/server';
import { StatsPage } from './stats-page';

function serve(stats: unknown) {
  server.use(http.get(`${API}/stats`, () => HttpResponse.json(stats as Record<string, unknown>)));
}

test('images and bytes are told in all, by type and by provider', async () => {
  serve({
    total_images: 4,
    aws_images: 4,
    total_size_bytes: 4_000_000,
    by_type: [
      { mime_type: 'image/jpeg', images: 3, bytes: 3_000_000 },
      { mime_type: 'image/svg+xml', images: 1, bytes: '1000000' },
    ],
    by_provider: [{ storage_provider: 'aws', images: 4, bytes: 4_000_000 }],
  });
  renderAt('/stats', <StatsPage />);
  const types = await screen.findByRole('table', { name: 'By type' });
  expect(within(types).getByRole('row', { name: /JPEG 3 3 MB 75%/ })).toBeVisible();
  expect(within(types).getByRole('row', { name: /SVG 1 1 MB 25%/ })).toBeVisible();
  expect(within(types).getByRole('link', { name: 'SVG' })).toHaveAttribute('href', '/?type=image%2Fsvg%2Bxml');
  expect(screen.getByRole('table', { name: 'By provider' })).toHaveTextContent('S3 (aws)');
  expect(screen.getByText('4 MB', { selector: 'dd' })).toBeVisible();
});

test('a service of the original, whose sums are text and not by type, is understood', async () => {
  serve({ total_images: 2, aws_images: 2, total_size_bytes: '2000000' });
  renderAt('/stats', <StatsPage />);
  expect(await screen.findByText('2 MB', { selector: 'dd' })).toBeVisible();
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
});

test('without images it leads to the import', async () => {
  serve({ total_images: 0, aws_images: 0, total_size_bytes: 0, by_type: [], by_provider: [] });
  renderAt('/stats', <StatsPage />);
  expect(await screen.findByRole('link', { name: 'Import a folder' })).toHaveAttribute('href', '/import');
});
