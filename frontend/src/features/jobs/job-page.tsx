import { useSearchParams } from 'wouter';
import { ButtonLink, ExternalButton } from '@/components/button';
import { Page } from '@/components/page';
import { Spinner } from '@/components/spinner';
import { pageNumber } from '@/lib/page-number';
import { hasEnded, type Job } from './api/job';
import { useWatchedJob, type WatchedJob } from './api/use-watched-job';
import { ArrivedImages } from './components/arrived-images';
import { CancelButton } from './components/cancel-button';
import { Failures } from './components/failures';
import { JobNotes } from './components/job-notes';
import { JobNumbers } from './components/job-numbers';
import { NoJob } from './components/no-job';
import { RetryButton } from './components/retry-button';
import { useMilestones } from './use-milestones';
import { jobName, tabTitle } from './words';

export function JobPage({ id }: { id: string }) {
  const watched = useWatchedJob(id);
  if (watched.error) return <NoJob error={watched.error} onRetry={watched.reload} />;
  if (!watched.job) {
    return (
      <Page title="Import job">
        <Spinner label="Loading the job" />
      </Page>
    );
  }
  return <JobView job={watched.job} watched={watched} />;
}

function JobView({ job, watched }: { job: Job; watched: WatchedJob }) {
  const [parameters] = useSearchParams();
  useMilestones(job);
  const failures = job.failed > 0 && <Failures job={job} page={pageNumber(parameters.get('failures'))} />;
  return (
    <Page title={jobName(job)} tabTitle={tabTitle(job)} actions={<JobActions job={job} />}>
      <JobNotes job={job} trouble={watched.trouble} />
      <JobNumbers job={job} />
      {/* once it has ended, what is left to do comes first */}
      {hasEnded(job) && failures}
      <ArrivedImages jobId={job.job_id} images={watched.images} />
      {!hasEnded(job) && failures}
    </Page>
  );
}

function JobActions({ job }: { job: Job }) {
  const isRetryable = hasEnded(job) && job.failed + job.cancelled > 0;
  return (
    <>
      <ExternalButton href={job.folder_url} icon="open">
        Open in Google Drive
      </ExternalButton>
      {job.processed > 0 && (
        <ButtonLink to={`/?job=${encodeURIComponent(job.job_id)}`} icon="image">
          Show in gallery
        </ButtonLink>
      )}
      {!hasEnded(job) && <CancelButton jobId={job.job_id} />}
      {isRetryable && <RetryButton job={job} />}
    </>
  );
}
