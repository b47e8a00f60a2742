import { ButtonLink } from '@/components/button';
import { Page } from '@/components/page';

export function NotFound() {
  return (
    <Page title="There is no such page">
      <p>The address may be misspelled, or what it led to is gone.</p>
      <div>
        <ButtonLink to="/" icon="image">
          To the gallery
        </ButtonLink>
      </div>
    </Page>
  );
}
