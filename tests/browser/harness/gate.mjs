// @ts-check
/** Stands between the system and Drive, and holds downloads back, so that a test can look at an import in its middle. */

import { Agent, createServer, request } from 'node:http';

/** A proxy to one origin. */
export class Gate {
  /** @param {string} target origin of the Drive emulator */
  constructor(target) {
    this.target = new URL(target);
    this.agent = new Agent({ keepAlive: true });
    /** @type {Map<string, {pass: number, waiting: (() => void)[]}>} */
    this.held = new Map();
    this.server = createServer((asked, answer) => void this.#forward(asked, answer));
  }

  /** @param {number} port */
  async listen(port) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', () => resolve(undefined)));
    this.origin = `http://127.0.0.1:${port}`;
  }

  /**
   * Lets `pass` downloads of files whose ids begin with `prefix` through, and no more.
   *
   * @param {string} prefix
   * @param {number} pass
   */
  hold(prefix, pass) {
    this.held.set(prefix, { pass, waiting: [] });
  }

  /** @param {string} prefix */
  release(prefix) {
    const waiting = this.held.get(prefix)?.waiting ?? [];
    this.held.delete(prefix);
    for (const go of waiting) go();
  }

  releaseAll() {
    for (const prefix of [...this.held.keys()]) this.release(prefix);
  }

  async close() {
    this.releaseAll();
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /**
   * @param {import('node:http').IncomingMessage} asked
   * @param {import('node:http').ServerResponse} answer
   */
  async #forward(asked, answer) {
    const url = new URL(asked.url ?? '/', this.target);
    await this.#turnOf(url);
    const { hostname, port } = this.target;
    const onward = request(
      { hostname, port, agent: this.agent, method: asked.method, path: `${url.pathname}${url.search}`, headers: asked.headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
        got.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }

  /** @param {URL} url */
  async #turnOf(url) {
    if (url.searchParams.get('alt') !== 'media') return;
    const id = url.pathname.split('/').at(-1) ?? '';
    for (const [prefix, held] of this.held) {
      if (!id.startsWith(prefix)) continue;
      if (held.pass > 0) held.pass -= 1;
      else await new Promise((resolve) => held.waiting.push(() => resolve(undefined)));
    }
  }
}
