// @ts-check
/** The systems that the claims look at, and what can be asked of them beside their pages. */

import { cpSync } from 'node:fs';
import path from 'node:path';
import { until } from './deadline.mjs';
import { idOf, linkTo, writeFolders } from './folders.mjs';
import { Gate } from './gate.mjs';
import { freePorts, PAGES, Program } from './program.mjs';

const FINAL = ['completed', 'cancelled', 'failed'];

/** A running system. */
export class World {
  /**
   * @param {number} port
   * @param {() => Promise<void>} stop
   */
  constructor(port, stop) {
    this.url = `http://127.0.0.1:${port}`;
    this.stop = stop;
    /** What the API asks for, if it asks for anything. @type {string | null} */
    this.token = null;
  }

  /** Undoes what a claim may have left behind. */
  settle() {}

  /**
   * JSON of an answer; a status of failure is an error.
   *
   * @param {string} at below `/api`
   * @param {unknown} [body] makes it a POST
   * @returns {Promise<any>}
   */
  async api(at, body) {
    /** @type {Record<string, string>} */
    const headers = this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
    const post = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/api${at}`, body === undefined ? { headers } : post);
    if (!answer.ok) throw new Error(`${at} answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    return answer.json();
  }

  /** @returns {Promise<any[]>} every image, newest first */
  async images(query = '') {
    return (await this.api(`/images?per_page=1000${query}`)).images;
  }

  /**
   * Waits for the end of a job, and returns it.
   * @param {string} id
   */
  async ended(id) {
    return until(`the end of job ${id}`, async () => {
      const job = await this.api(`/import/jobs/${id}`);
      return FINAL.includes(job.state) ? job : null;
    }, 60_000);
  }

  /**
   * Imports a folder by the API, unless that was done before, and returns the first job that did.
   * @param {string} word
   */
  async imported(word) {
    const { jobs } = await this.api('/import/jobs?per_page=100');
    const known = jobs.findLast((/** @type {any} */ job) => job.folder_id === idOf(word));
    return this.ended(known?.job_id ?? (await this.start(word)));
  }

  /**
   * Starts the import of a folder by the API; the job's id.
   *
   * @param {string} word
   * @returns {Promise<string>}
   */
  async start(word) {
    return (await this.api('/import/google-drive', { folder_url: linkTo(word) })).job_id;
  }
}

/**
 * Copies the built pages to where a system started in `home` looks for them, so that a build in between changes nothing.
 * @param {string} home
 */
export function takePages(home) {
  cpSync(PAGES, path.join(home, 'frontend', 'dist'), { recursive: true });
}

/** `image-import demo`, its sample pictures imported. @param {string} home */
export async function startDemo(home) {
  const port = await freePorts(7);
  const program = new Program(['demo', '--port-base', String(port)], { log: path.join(home, 'demo.log'), cwd: home });
  await program.answers(`http://127.0.0.1:${port}/ready`);
  const world = new World(port, () => program.stop());
  await until('the sample pictures', async () => (await world.api('/images?per_page=1')).total >= 24, 90_000);
  return world;
}

/** A system that can be killed and started again, with a Drive that does as it is told. */
export class ImportWorld extends World {
  /**
   * @param {string} home
   * @param {number} port
   * @param {Gate} gate
   * @param {Program} drive
   */
  constructor(home, port, gate, drive) {
    super(port, async () => {
      await this.program?.stop();
      await gate.close();
      await drive.stop();
    });
    this.home = home;
    this.port = port;
    this.gate = gate;
    /** Settings of its own. @type {Record<string, string>} */
    this.settings = {};
  }

  /** Starts the system, or starts it again. */
  async up() {
    const args = ['up', '--port-base', String(this.port), '--data-dir', path.join(this.home, 'data')];
    const env = {
      GOOGLE_DRIVE_API_URL: `${this.gate.origin}/drive/v3`,
      GOOGLE_API_KEY: 'any key will do',
      UI_DIR: path.join(this.home, 'frontend', 'dist'),
      WORKER_CONCURRENCY: '8',
      ...this.settings,
    };
    this.program = new Program(args, { log: path.join(this.home, 'up.log'), cwd: this.home, env });
    await this.program.answers(`${this.url}/ready`);
  }

  /** @override */
  settle() {
    this.gate.releaseAll();
  }

  /** Ends the system as a power cut would. */
  async kill() {
    await this.program?.stop('SIGKILL');
  }
}

/** Token of the locked world. */
export const TOKEN = 'token-of-the-browser-tests';

/**
 * The same, but who does not know the token sees nothing.
 * @param {string} home
 */
export async function startLockedWorld(home) {
  const own = path.join(home, 'locked');
  takePages(own);
  return startImportWorld(own, TOKEN);
}

/**
 * @param {string} home
 * @param {string | null} [token]
 */
export async function startImportWorld(home, token = null) {
  const manifest = writeFolders(path.join(home, 'drive'));
  const port = await freePorts(9);
  const drivePort = port + 7;
  const args = ['emulators', 'drive', '--manifest', manifest, '--drive-port', String(drivePort)];
  const drive = new Program(args, { log: path.join(home, 'drive.log'), cwd: home });
  const gate = new Gate(`http://127.0.0.1:${drivePort}`);
  const world = new ImportWorld(home, port, gate, drive);
  world.token = token;
  if (token !== null) world.settings = { API_TOKEN: token, API_TOKEN_READS: 'true' };
  try {
    await gate.listen(port + 8);
    await drive.answers(`http://127.0.0.1:${drivePort}/health`);
    await world.up();
    return world;
  } catch (error) {
    await world.stop();
    throw error;
  }
}
