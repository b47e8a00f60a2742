import type { ReactNode } from 'react';
import { ApiError, messageOf } from '@/lib/api-error';
import { formatDuration } from '@/lib/format';
import { useSecondsLeft } from '@/lib/use-seconds-left';
import { Button, ButtonLink } from './button';
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

/**
 * An error in the words of the API, with its request id for whoever reads the logs. Where the server has asked for a pause,
 * it counts down, and is only then asked again.
 */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { requestId, jobId } = error instanceof ApiError ? error : {};
  const left = useSecondsLeft(error);
  const actions = (onRetry !== undefined || jobId !== undefined) && (
    <>
      {onRetry && (
        <Button icon="retry" aria-disabled={left > 0} onClick={() => left === 0 && onRetry()}>
          Try again
        </Button>
      )}
      {jobId !== undefined && <JobLink id={jobId} />}
    </>
  );
  return (
    <Note kind="error" actions={actions}>
      <p>{wordsOf(error)}</p>
      {left > 0 && (
        <p role="timer" aria-live="off">
          It can be tried again in {formatDuration(left)}.
        </p>
      )}
      {requestId !== undefined && <p className={styles.detail}>Request {requestId}</p>}
    </Note>
  );
}

/** The API tells programs how to send the token; here it is asked for. */
function wordsOf(error: unknown): string {
  const isUnauthorized = error instanceof ApiError && error.status === 401;
  return isUnauthorized ? 'This needs the token of this system.' : messageOf(error);
}

/** To the job that a refusal is about. */
export function JobLink({ id }: { id: string }) {
  return (
    <ButtonLink to={`/jobs/${encodeURIComponent(id)}`} icon="jobs">
      Show the import
    </ButtonLink>
  );
}
