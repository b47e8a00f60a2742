import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { Spinner } from '@/components/spinner';
import { GalleryPage } from '@/features/gallery/gallery-page';
import { NotFound } from './not-found';

const ImportPage = lazy(async () => ({ default: (await import('@/features/import/import-page')).ImportPage }));
const JobsPage = lazy(async () => ({ default: (await import('@/features/jobs/jobs-page')).JobsPage }));
const JobPage = lazy(async () => ({ default: (await import('@/features/jobs/job-page')).JobPage }));
const StatsPage = lazy(async () => ({ default: (await import('@/features/stats/stats-page')).StatsPage }));

/** Every page of the app. */
export function Routes() {
  return (
    <Suspense fallback={<Spinner label="Loading the page" />}>
      <Switch>
        <Route path="/" component={GalleryPage} />
        <Route path="/import" component={ImportPage} />
        <Route path="/jobs" component={JobsPage} />
        <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
        <Route path="/stats" component={StatsPage} />
        <Route component={NotFound} />
      </Switch>
    </Suspense>
  );
}
