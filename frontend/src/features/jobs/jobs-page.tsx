import { useSearchParams } from 'wouter';
import { ButtonLink } from '@/components/button';
import { Empty } from '@/components/empty';
import { ErrorNote } from '@/components/note';
import { Page } from '@/components/page';
import { Pager } from '@/components/pager';
import { Spinner } from '@/components/spinner';
import { pageNumber } from '@/lib/page-number';
import { useJobs, type JobPage } from './api/list-jobs';
import { JobList } from './components/job-list';

const PER_PAGE = 20;

const importLink = (
  <ButtonLink to="/import" kind="primary" icon="add">
    Import a folder
  </ButtonLink>
);

export function JobsPage() {
  const [parameters] = useSearchParams();
  const page = pageNumber(parameters.get('page'));
  const { data, error, refetch } = useJobs(page, PER_PAGE);
  return (
    <Page title="Jobs" actions={data && data.total > 0 && importLink}>
      {error && <ErrorNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Spinner label="Loading jobs" />}
      {data && <Jobs found={data} page={page} />}
    </Page>
  );
}

function Jobs({ found, page }: { found: JobPage; page: number }) {
  if (found.total === 0) {
    return (
      <Empty icon="jobs" title="No imports yet" action={importLink}>
        Every import is listed here, with how far it is and what failed.
      </Empty>
    );
  }
  return (
    <>
      {found.jobs.length === 0 ? <p>There are no jobs on this page.</p> : <JobList jobs={found.jobs} label="Jobs, newest first" />}
      <Pager label="Pages of jobs" page={page} pages={found.total_pages} href={(to) => (to === 1 ? '/jobs' : `/jobs?page=${to}`)} />
    </>
  );
}
