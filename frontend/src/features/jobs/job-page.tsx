import { Page } from '@/components/page';

export function JobPage({ id }: { id: string }) {
  return <Page title={id}>{null}</Page>;
}
