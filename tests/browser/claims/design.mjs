// @ts-check
import { until } from '../harness/deadline.mjs';
import { mustFit } from '../harness/layout.mjs';
import { claim, mustEqual } from '../harness/registry.mjs';

const WIDTHS = [320, 375, 768, 1280, 2560, 3840];
/** Pages follow a turned screen within this time. */
const SETTLED_MS = 10_000;
const PAGES = ['/', '/import', '/jobs', '/stats', '/no-such-page'];

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  claim(`no page scrolls sideways from 320 px to 4K, ${colorScheme}`, { browser: { colorScheme } }, async (visit) => {
    const jobs = (await visit.world.api('/import/jobs')).jobs;
    const [image] = await visit.world.images();
    for (const at of [...PAGES, `/jobs/${jobs[0].job_id}`, `/?image=${image.id}`]) {
      await visit.open(at);
      await visit.page.getByRole('heading', { level: 1 }).or(visit.page.getByRole('dialog')).first().waitFor({ state: 'attached' });
      await visit.page.waitForLoadState('networkidle');
      for (const width of WIDTHS) {
        await visit.page.setViewportSize({ width, height: 800 });
        await until(`${at} fits into ${width} px`, async () => {
          await mustFit(visit.page);
          return true;
        }, SETTLED_MS);
        if (width === 375 || width === 1280) {
          await visit.page.waitForLoadState('networkidle');
          await visit.shot(`${colorScheme}-${width}-${at.replace(/[0-9a-f]{8}-.*|\?.*/, 'one')}`);
        }
      }
    }
  });
}

claim('colours follow the system, and the choice is kept', { browser: { colorScheme: 'dark' } }, async (visit) => {
  const theme = () => visit.page.evaluate(() => document.documentElement.dataset.theme);
  await visit.open('/stats');
  mustEqual(await theme(), 'dark', 'the theme of a dark system');
  await visit.page.emulateMedia({ colorScheme: 'light' });
  await visit.page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  await visit.page.getByRole('button', { name: /^Colours/ }).click();
  await visit.page.getByRole('button', { name: /^Colours: light/ }).click();
  mustEqual(await theme(), 'dark', 'the theme that was chosen');
  await visit.page.reload();
  await visit.page.getByRole('button', { name: /^Colours: dark/ }).waitFor();
  mustEqual(await theme(), 'dark', 'the theme after a reload');
});

claim('an address that leads nowhere says so, and leads on', {}, async (visit) => {
  await visit.open('/no-such-page');
  await visit.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await visit.page.getByRole('link', { name: 'To the gallery', exact: true }).click();
  await visit.page.waitForURL(`${visit.world.url}/`);
});
