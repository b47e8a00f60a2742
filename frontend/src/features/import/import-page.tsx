import { Page } from '@/components/page';

export function ImportPage() {
  return <Page title="Import">{null}</Page>;
}
