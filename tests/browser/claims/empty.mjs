// @ts-check
import { claim, mustEqual } from '../harness/registry.mjs';

claim('an empty system asks for a link in place of the gallery, and says what will be where', { world: 'import' }, async (visit) => {
  const page = await visit.open('/');
  await page.getByRole('textbox', { name: 'Link of a Google Drive folder' }).waitFor();
  mustEqual(await page.getByRole('searchbox').count(), 0, 'search fields where there is nothing to search');
  await visit.shot('empty-gallery');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('heading', { name: 'No imports yet' }).waitFor();
  await pages.getByRole('link', { name: 'Stats' }).click();
  await page.getByRole('heading', { name: 'Nothing to count yet' }).waitFor();
  await page.getByRole('main').getByRole('link', { name: 'Import a folder' }).click();
  await page.getByRole('form', { name: 'Import a folder' }).waitFor();
});
