import { useSearchParams } from 'wouter';
import { Page } from '@/components/page';
import { RecentImports } from './components/recent-imports';
import { ImportForm } from './import-form';

export function ImportPage() {
  const [parameters] = useSearchParams();
  const initial = { link: parameters.get('link') ?? '', isRecursive: parameters.get('subfolders') === '1' };
  return (
    <Page title="Import">
      <ImportForm initial={initial} />
      <RecentImports />
    </Page>
  );
}
