import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { ErrorBoundary } from './error-boundary';
import { Layout } from './layout';
import { Routes } from './routes';
import { TokenPrompt } from './token-prompt';

export function App({ client }: { client: QueryClient }) {
  const [place] = useLocation();
  return (
    <QueryClientProvider client={client}>
      <Layout>
        <TokenPrompt />
        <ErrorBoundary place={place}>
          <Routes />
        </ErrorBoundary>
      </Layout>
    </QueryClientProvider>
  );
}
