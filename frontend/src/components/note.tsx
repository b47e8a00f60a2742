import type { ReactNode } from 'react';
import { ApiError, messageOf } from '@/lib/api-error';
import { Button } from './button';
import { Icon, type IconName } from './icon';
import styles from './note.module.css';

export type NoteKind = 'info' | 'success' | 'warning' | 'error';

const ICONS: Record<NoteKind, IconName> = { info: 'info', success: 'check', warning: 'clock', error: 'alert' };

interface NoteProps {
  kind?: NoteKind;
  /** Buttons below the words. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Something to know. An error is read out at once by screen readers, everything else when there is a pause. */
export function Note({ kind = 'info', actions, children }: NoteProps) {
  return (
    <div className={`${styles.note} ${kind === 'info' ? '' : (styles[kind] ?? '')}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={ICONS[kind]} />
      <div className={styles.body}>
        {children}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  );
}

/** An error in the words of the API, with its request id for whoever reads the logs. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Note kind="error" actions={onRetry && <Button icon="retry" onClick={onRetry}>Try again</Button>}>
      <p>{messageOf(error)}</p>
      {requestId !== undefined && <p className={styles.detail}>Request {requestId}</p>}
    </Note>
  );
}
