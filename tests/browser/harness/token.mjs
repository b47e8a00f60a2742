// @ts-check
/** What a locked system asks of a browser, and signs for it. */

import { createHmac } from 'node:crypto';
import { TOKEN } from './worlds.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
export const prompt = (page) => page.getByRole('dialog', { name: 'This system asks for a token' });

/**
 * Answers the page's question.
 *
 * @param {Page} page
 * @param {string} token
 */
export async function giveToken(page, token = TOKEN) {
  await prompt(page).getByLabel('Token').fill(token);
  await prompt(page).getByRole('button', { name: 'Continue' }).click();
}

/**
 * An address of the API, signed until then by the rule of the API itself (crates/client/src/signature.rs).
 *
 * @param {string} address with any signature, or none
 * @param {number} expires in Unix seconds
 */
export function signedUntil(address, expires) {
  const [path = ''] = address.split('?');
  const key = decodeURIComponent(path.split('/')[3] ?? '');
  const secret = createHmac('sha256', TOKEN).update('object-urls').digest();
  const signature = createHmac('sha256', secret).update(`${key}\n${expires}`).digest('hex');
  return `${path}?expires=${expires}&signature=${signature}`;
}
