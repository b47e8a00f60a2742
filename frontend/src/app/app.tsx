import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { ErrorBoundary } from './error-boundary';
import { Layout } from './layout';
import { Routes } from './routes';
import { TokenPrompt } from './token-prompt';

export function App({ client }: { client: QueryClient }) {
  return (
    <QueryClientProvider client={client}>
      <Layout>
        <ErrorBoundary>
          <Routes />
        </ErrorBoundary>
      </Layout>
      <TokenPrompt />
    </QueryClientProvider>
  );
}
