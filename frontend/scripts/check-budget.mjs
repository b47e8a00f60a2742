// The JavaScript that a first visit loads must stay small. Run at the end of the build.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 150_000;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const first = new Set();
const add = (name) => {
  if (first.has(name)) return;
  first.add(name);
  for (const imported of manifest[name].imports ?? []) add(imported);
};
const entries = Object.keys(manifest).filter((name) => manifest[name].isEntry);
if (entries.length === 0) throw new Error('the build has no entry');
entries.forEach(add);

const size = (name) => gzipSync(readFileSync(new URL(manifest[name].file, dist))).length;
const total = [...first].reduce((sum, name) => sum + size(name), 0);
console.log(`first load: ${(total / 1000).toFixed(1)} kB of JavaScript, gzipped; at most ${BUDGET_BYTES / 1000} kB`);
if (total > BUDGET_BYTES) {
  console.error('The first load is over its budget: load a page or a library lazily (import()).');
  process.exit(1);
}
