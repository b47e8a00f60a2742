import { Page } from '@/components/page';

export function StatsPage() {
  return <Page title="Stats">{null}</Page>;
}
