import { Component, type ReactNode } from 'react';
import { Button } from '@/components/button';
import { Note } from '@/components/note';

interface ErrorBoundaryProps {
  /** Which page it is: at another one, it is tried again. */
  place: string;
  children: ReactNode;
}

/** A mistake in a page, or a chunk that a newer build has removed, must not leave an empty window. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidUpdate(before: ErrorBoundaryProps) {
    if (this.state.hasFailed && before.place !== this.props.place) this.setState({ hasFailed: false });
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Note kind="error" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
        This page could not be shown. There may be a newer version of it: reload the page.
      </Note>
    );
  }
}
