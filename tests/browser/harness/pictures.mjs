// @ts-check
/** Pictures for the folders of the tests. */

import { deflateSync } from 'node:zlib';

/**
 * A picture with a gradient, no two alike.
 *
 * @param {number} width
 * @param {number} height
 * @param {number} seed
 */
export function png(width, height, seed) {
  const hue = (seed * 47) % 256;
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    const start = y * (width * 3 + 1) + 1;
    for (let x = 0; x < width; x += 1) {
      rows[start + x * 3] = hue;
      rows[start + x * 3 + 1] = Math.floor((x / width) * 255);
      rows[start + x * 3 + 2] = Math.floor((y / height) * 255);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`Comment\0${seed}`)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Begins as photos of phones do, and holds no picture that a browser shows. */
export function heic() {
  const box = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
  return Buffer.concat([box, Buffer.alloc(4000, 7)]);
}

/** Begins as raw files of cameras do. */
export function raw() {
  return Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0\0\0\0\0', 'latin1'), Buffer.alloc(4000, 9)]);
}

/** Does what a page may do, wherever it is run: leaves a mark in this origin and in its window. */
export const SVG_WITH_SCRIPT = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200" onload="mark()">
  <script>function mark() { try { localStorage.setItem('stranger', 'ran'); } catch {} document.documentElement.setAttribute('data-ran', '1'); } mark();</script>
  <rect width="300" height="200" fill="#36c"/>
</svg>
`;

const CRC = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = (CRC[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE((crc ^ 0xffffffff) >>> 0, whole.length - 4);
  return whole;
}
