// @ts-check
import { until } from '../harness/deadline.mjs';
import { claim, must, mustEqual } from '../harness/registry.mjs';
import { TOKEN } from '../harness/worlds.mjs';

/** @param {import('playwright-core').Page} page */
const shown = (page) => page.getByRole('heading', { name: /^Image Import System/ });

claim('the page of the API shows its description, and asks no other host', {}, async (visit) => {
  const page = await visit.open('/api/docs');
  await shown(page).waitFor();
  await page.getByText('/api/import/google-drive', { exact: true }).first().waitFor();
  mustEqual(await page.getByLabel('Token').isVisible(), false, 'a question for a token that nobody needs');
  await visit.shot('docs');
  await page.setViewportSize({ width: 320, height: 700 });
  await until('a page that fits', async () => (await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0);
  await visit.shot('docs-phone');
});

claim('the page of a locked API asks for the token, and tries out with it', { world: 'locked', mayLog: [/status of 401/] }, async (visit) => {
  const page = await visit.open('/api/docs');
  await page.getByLabel('Token').waitFor();
  await visit.shot('docs-token');
  mustEqual(await shown(page).count(), 0, 'descriptions that are shown without the token');
  await page.getByLabel('Token').fill('not the token');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').filter({ hasText: 'not accepted' }).waitFor();
  await page.getByLabel('Token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await shown(page).waitFor();
  await page.getByLabel('Token').waitFor({ state: 'hidden' });
  must(!page.url().includes(TOKEN), 'the token is in the address');

  const operation = page.locator('#operations-stats-stats');
  await operation.getByRole('button', { name: /\/api\/stats/ }).first().click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/api/stats')),
    operation.getByRole('button', { name: 'Execute' }).click(),
  ]);
  mustEqual(answer.status(), 200, 'the status of what was tried out');

  // who has told the gallery has told this page, and the other way round
  await page.reload();
  await shown(page).waitFor();
  await visit.open('/stats');
  await page.getByRole('heading', { name: 'By type' }).or(page.getByText('images', { exact: false })).first().waitFor();
  mustEqual(await page.getByRole('dialog').count(), 0, 'questions for a token that is known');
});
