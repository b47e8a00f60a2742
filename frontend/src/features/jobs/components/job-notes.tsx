import { Link } from 'wouter';
import { ButtonLink } from '@/components/button';
import { Note } from '@/components/note';
import { importPath } from '@/lib/import-path';
import { pauseAfter } from '@/lib/api-error';
import { formatClock, formatDuration } from '@/lib/format';
import { useSecondsLeft } from '@/lib/use-seconds-left';
import { hasEnded, type Job } from '../api/job';

interface JobNotesProps {
  job: Job;
  /** Why nothing is heard of it just now. */
  trouble: Error | null;
}

/** What there is to know besides the numbers, and what to do about it. */
export function JobNotes({ job, trouble }: JobNotesProps) {
  const again = (
    <ButtonLink to={importPath(job.folder_url, job.recursive)} icon="retry">
      Import the folder again
    </ButtonLink>
  );
  return (
    <>
      {trouble && !hasEnded(job) && <Trouble error={trouble} />}
      {job.error !== null && (
        <Note kind="error" actions={again}>
          <p>{job.error}</p>
        </Note>
      )}
      {job.state === 'waiting' && (
        <Note kind="warning">
          <p>
            {job.waiting_reason ?? 'The import waits for something that passes by itself'}. It goes on by itself
            {job.waiting_until === null ? '' : ` at ${formatClock(job.waiting_until)}`}; there is nothing to do.
          </p>
        </Note>
      )}
      {job.listing === 'broken' && job.error === null && hasEnded(job) && (
        <Note actions={again}>
          <p>The folder was not read to its end, so there may be more images in it. Those that are stored are not copied again.</p>
        </Note>
      )}
      {job.retry_of !== null && (
        <p>
          Tries again what failed or was stopped in <Link href={`/jobs/${encodeURIComponent(job.retry_of)}`}>an earlier job</Link>.
        </p>
      )}
    </>
  );
}

function Trouble({ error }: { error: Error }) {
  const left = useSecondsLeft(error);
  const isAsked = pauseAfter(error) > 0;
  return (
    <Note kind="warning">
      <p>
        {isAsked ? 'The server has too much to do just now.' : 'Connection lost, trying again.'} The import goes on without this
        page.
      </p>
      {left > 0 && (
        <p role="timer" aria-live="off">
          It is asked again in {formatDuration(left)}.
        </p>
      )}
    </Note>
  );
}
