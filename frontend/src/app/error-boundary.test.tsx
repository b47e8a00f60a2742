import { render, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { ErrorBoundary } from './error-boundary';

function Broken(): never {
  throw new Error('no');
}

test('a page that cannot be shown says so, and another page is shown again', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { rerender } = render(<ErrorBoundary place="/a"><Broken /></ErrorBoundary>);
  expect(screen.getByRole('alert')).toHaveTextContent('could not be shown');
  rerender(<ErrorBoundary place="/b">fine</ErrorBoundary>);
  expect(screen.getByText('fine')).toBeInTheDocument();
});
