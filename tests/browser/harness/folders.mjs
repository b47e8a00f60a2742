// @ts-check
/** The folders that the claims import, written down for the Drive emulator. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { heic, png, raw, SVG_WITH_SCRIPT } from './pictures.mjs';

/** Names that a stranger may give a file. Each must be seen as it is written here, and do nothing. */
export const HOSTILE_NAMES = [
  '<img src=x onerror="window.strangerRan=1">.png',
  '<script>window.strangerRan=1</script>.png',
  '"><svg onload=window.strangerRan=1>.png',
  "' onmouseover='window.strangerRan=1.png",
  'javascript:window.strangerRan=1.png',
  '{{constructor.constructor("window.strangerRan=1")()}}.png',
  '../../../../etc/passwd.png',
  'it\'s "quoted" & <b>bold</b> &amp; back\\slash.png',
  'invoice\u202Egnp.exe.png',
  '🌈👩‍🚀🎉.png',
  'Фотография из отпуска.png',
  `${'very long '.repeat(24)}name.png`,
  'zalgo t̸̢̛̩̪͎͗e̵̙̾x̶̣̊t.png',
  '%3Cimg%20src=x%3E%00%0a.png',
];

/** A name that is longer than any screen, turns what follows it, piles up marks, and has nowhere a place to break. */
export const ENDLESS_NAME = `<script>window.strangerRan=1</script>\u202Egnp.\u2067${'t̸̢̛̩̪͎͗'.repeat(20)}${'unbroken'.repeat(140)}`;

/** Images in `album`; more than one page of the gallery has. */
export const ALBUM_SIZE = 130;

const SHAPES = /** @type {const} */ ([[64, 48], [48, 64], [80, 45], [60, 60], [120, 40], [45, 80]]);

/**
 * Id of a folder, as long as Google's are.
 * @param {string} word
 */
export const idOf = (word) => `${word}-0123456789abcdefghijklmnopq`.slice(0, 28);

/**
 * The link that a person pastes.
 * @param {string} word
 */
export const linkTo = (word) => `https://drive.google.com/drive/folders/${idOf(word)}?usp=sharing`;

/**
 * Writes pictures and manifest below `home`, and returns where the manifest is.
 *
 * @param {string} home
 */
export function writeFolders(home) {
  mkdirSync(home, { recursive: true });
  let made = 0;
  /**
   * @param {string} id
   * @param {string} name
   * @param {Buffer} [bytes]
   * @param {string} [mimeType]
   */
  const file = (id, name, bytes, mimeType = 'image/png') => {
    const [width, height] = SHAPES[made % SHAPES.length] ?? SHAPES[0];
    made += 1;
    writeFileSync(path.join(home, id), bytes ?? png(width, height, made));
    return { id, name, mimeType, size: 'auto', path: id };
  };
  /**
   * @param {string} prefix
   * @param {number} count
   * @param {string} name
   */
  const several = (prefix, count, name) =>
    Array.from({ length: count }, (_, i) => file(`${prefix}${i}`, `${name} ${String(i).padStart(3, '0')}.png`));
  /**
   * @param {string} word
   * @param {string} name
   * @param {object[]} children
   */
  const folder = (word, name, children) => [idOf(word), { id: idOf(word), name, children }];

  const faulty = several('faulty-', 5, 'faulty');
  Object.assign(faulty[1] ?? {}, { fault: { kind: 'downloadQuotaExceeded', count: 1 } });
  Object.assign(faulty[3] ?? {}, { fault: { kind: 'notFound', count: 1 } });

  const manifest = {
    folders: Object.fromEntries([
      folder('album', 'The big album', several('album-', ALBUM_SIZE, 'album')),
      folder('live', 'Live and slow', several('live-', 12, 'live')),
      folder('again', 'Closed and opened', several('again-', 12, 'again')),
      folder('polled', 'Without events', several('polled-', 12, 'polled')),
      folder('stop', 'To be stopped', several('stop-', 12, 'stop')),
      folder('cut', 'Cut in the middle', several('cut-', 12, 'cut')),
      folder('other', 'For another origin', several('other-', 4, 'other')),
      folder('gone', 'To be deleted', several('gone-', 8, 'gone')),
      folder('single', 'One by one', several('single-', 3, 'single')),
      folder('keys', 'With keys only', several('keys-', 3, 'keys')),
      folder('axelight', 'Looked at by axe, light', several('axelight-', 3, 'axe light')),
      folder('axedark', 'Looked at by axe, dark', several('axedark-', 3, 'axe dark')),
      folder('faulty', 'Some fail', faulty),
      folder('quota', 'Google makes us wait', [
        { ...file('quota-0', 'quota 0.png'), fault: { kind: 'html-403' } },
      ]),
      folder('hostile', '<b>Hostile</b> "names"', HOSTILE_NAMES.map((name, i) => file(`hostile-${i}`, name))),
      folder('endless', ENDLESS_NAME, [
        file('endless-0', `${ENDLESS_NAME}.png`),
        file('endless-1', `${ENDLESS_NAME} 1.svg`, Buffer.from(SVG_WITH_SCRIPT), 'image/svg+xml'),
        { ...file('endless-2', `${ENDLESS_NAME} 2.png`), fault: { kind: 'notFound' } },
      ]),
      folder('strange', 'Strange formats', [
        file('strange-heic', 'phone.heic', heic(), 'image/heic'),
        file('strange-raw', 'camera.cr2', raw(), 'image/x-canon-cr2'),
        file('strange-svg', 'script.svg', Buffer.from(SVG_WITH_SCRIPT), 'image/svg+xml'),
        file('strange-broken', 'broken.jpg', Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0 and then nothing', 'latin1'), 'image/jpeg'),
        file('strange-fine', 'fine.png'),
      ]),
      folder('locked', 'Behind a token', several('locked-', 6, 'locked')),
      folder('unlocked', 'Live behind a token', several('unlocked-', 6, 'unlocked')),
      folder('pause', 'Not so often', several('pause-', 3, 'pause')),
      folder('nested', 'With subfolders', [
        file('nested-0', 'outside.png'),
        { id: idOf('inner'), name: 'Inner', children: [file('nested-1', 'inside.png')] },
      ]),
      folder('none', 'Nothing in it', []),
      [idOf('closed'), { id: idOf('closed'), name: 'Not shared', private: true, children: several('closed-', 1, 'closed') }],
    ]),
  };
  const at = path.join(home, 'manifest.json');
  writeFileSync(at, JSON.stringify(manifest));
  return at;
}
