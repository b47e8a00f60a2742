import { Page } from '@/components/page';

export function GalleryPage() {
  return <Page title="Gallery">{null}</Page>;
}
