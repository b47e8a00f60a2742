// @ts-check
/** A site of somebody else: another origin, from which the API is called. */

import { createServer } from 'node:http';

const PAGE = '<!doctype html><html lang="en"><head><title>Another site</title><link rel="icon" href="data:,"></head><body><h1>Another site</h1></body></html>';

/** Serves one empty page on a free port, without a policy of its own. */
export async function otherSite() {
  const server = createServer((_, answer) => answer.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
