import { ButtonLink } from '@/components/button';
import { ErrorNote } from '@/components/note';
import { Page } from '@/components/page';
import { ApiError } from '@/lib/api-error';

const NOT_FOUND = 404;

interface NoJobProps {
  error: Error;
  onRetry: () => void;
}

/** In place of a job that is not there, or cannot be asked for. */
export function NoJob({ error, onRetry }: NoJobProps) {
  const isGone = error instanceof ApiError && error.status === NOT_FOUND;
  if (!isGone) {
    return (
      <Page title="Import job">
        <ErrorNote error={error} onRetry={onRetry} />
      </Page>
    );
  }
  return (
    <Page title="There is no such job">
      <p>
        The link may be damaged, or the job ended long ago: jobs are kept for 30 days after their end, unless this system is
        set otherwise. The images it imported are in the gallery all the same.
      </p>
      <div>
        <ButtonLink to="/jobs" icon="jobs">
          All jobs
        </ButtonLink>
      </div>
    </Page>
  );
}
