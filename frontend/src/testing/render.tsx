import { QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { Announcer } from '@/components/announcer';
import { makeQueryClient } from '@/app/query-client';

/** Renders as inside the app, at `path`. Nothing is asked twice, so that a refusal shows at once. */
export function renderAt(path: string, node: ReactNode): RenderResult {
  history.replaceState(null, '', path);
  const client = makeQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  return render(
    <QueryClientProvider client={client}>
      {node}
      <Announcer />
    </QueryClientProvider>,
  );
}
