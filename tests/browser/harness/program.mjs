// @ts-check
/** The program under test: started, watched, stopped by its process id. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until, within } from './deadline.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The built pages: those of `UI_DIST`, or where the build puts them. */
export const PAGES = process.env.UI_DIST ?? path.join(ROOT, 'frontend', 'dist');

const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
const BINARY = path.join(TARGET, 'debug', process.platform === 'win32' ? 'image-import.exe' : 'image-import');
const STOP_MS = 20_000;

/** What must be built before. */
export function missing() {
  return [
    existsSync(BINARY) ? '' : `${BINARY} (cargo build -p cli)`,
    existsSync(path.join(PAGES, 'index.html')) ? '' : `${PAGES} (npm ci && npm run build in frontend/)`,
  ].filter((what) => what !== '');
}

/** Programs that run. @type {Set<Program>} */
const running = new Set();

// whoever ends the tests early ends what they started
process.on('exit', () => running.forEach((program) => program.process.kill('SIGKILL')));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, () => process.exit(130));

/** A running program. */
export class Program {
  /**
   * @param {string[]} args
   * @param {{log: string, cwd: string, env?: Record<string, string>}} options
   */
  constructor(args, { log, cwd, env = {} }) {
    mkdirSync(path.dirname(log), { recursive: true });
    const out = openSync(log, 'a');
    this.log = log;
    this.process = spawn(BINARY, args, { cwd, env: { ...harmless(), ...env }, stdio: ['ignore', out, out] });
    running.add(this);
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve) => {
      const end = () => {
        running.delete(this);
        resolve();
      };
      this.process.on('exit', end);
      this.process.on('error', end);
    });
  }

  get hasEnded() {
    return this.process.pid === undefined || this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** What it has said so far. */
  get said() {
    return readFileSync(this.log, 'utf8');
  }

  /**
   * Waits for a 2xx answer.
   * @param {string} url
   */
  async answers(url) {
    await until(`an answer of ${url}`, async () => {
      if (this.hasEnded) return 'ended';
      return (await fetch(url)).ok && 'ok';
    }, 90_000);
    if (this.hasEnded) throw new Error(`the program has ended: ${this.said.slice(-2000)}`);
  }

  /** @param {NodeJS.Signals} [signal] */
  async stop(signal = 'SIGTERM') {
    if (this.hasEnded) return;
    this.process.kill(signal);
    await within('the program', this.ended, STOP_MS).catch(async () => {
      this.process.kill('SIGKILL');
      await this.ended;
    });
  }
}

/** The settings around us, without those that could lead to anything real. */
function harmless() {
  const real = /^(GOOGLE_|AWS_|DB_|S3_|EMBEDDED_S3|REDIS_|API_TOKEN|CORS_|UI_DIR|DATA_DIR|PORT$|.*_SERVICE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !real.test(name)));
}

/** The first of `count` ports in a row that are free, below those that systems give away by themselves. */
export async function freePorts(count = 1) {
  for (let tries = 0; tries < 200; tries += 1) {
    const base = 12_000 + Math.floor(Math.random() * 18_000);
    const ports = Array.from({ length: count }, (_, i) => base + i);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ${count} free ports in a row`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
