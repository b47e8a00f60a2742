/** A preview in plain words. Pure. */

import { countOf, formatBytes, formatNumber } from '@/lib/format';
import type { ImportPreview } from './api/preview-import';

/** `15 images, 1.03 MB`, with `at least` where the time was up. */
export function sizeWords(preview: ImportPreview): string {
  const images = preview.images === 0 ? 'No images' : countOf(preview.images, 'image');
  const bytes = preview.bytes > 0 ? `, ${formatBytes(preview.bytes)}` : '';
  const folders = preview.folders > 1 ? ` in ${countOf(preview.folders, 'folder')}` : '';
  const words = `${images}${bytes}${folders}`;
  return preview.complete || preview.images === 0 ? words : `At least ${words}`;
}

/** How much of it is new; empty where there is nothing to import anyway. */
export function newsWords(preview: ImportPreview): string {
  const { images, known, to_import: fresh } = preview;
  if (images === 0) return '';
  if (known === null || fresh === null) return 'How many of them are here already cannot be told just now. None is copied twice.';
  if (known === 0) return images === 1 ? 'It is new.' : 'All of them are new.';
  if (fresh === 0) return `${images === 1 ? 'It is' : 'All of them are'} here already. Only what has changed is copied again.`;
  return `${formatNumber(known)} ${known === 1 ? 'is' : 'are'} here already, ${formatNumber(fresh)} will be imported.`;
}

/** What an import would leave out, one sentence each. */
export function skippedWords(preview: ImportPreview): string[] {
  const { subfolders, shortcuts, other_files: files, not_downloadable: closed, unreadable_folders: unreadable } = preview.skipped;
  const words: string[] = [];
  const add = (count: number, text: (is: string, its: string) => string) => {
    if (count > 0) words.push(text(count === 1 ? 'is' : 'are', count === 1 ? 'It' : 'They'));
  };
  add(subfolders, (is) =>
    preview.recursive
      ? `${countOf(subfolders, 'subfolder')} ${is} left out.`
      : `${countOf(subfolders, 'subfolder')} ${is} left out. Tick ‘Include subfolders’ to import ${subfolders === 1 ? 'it' : 'them'} too.`,
  );
  add(shortcuts, (is) =>
    preview.recursive
      ? `${countOf(shortcuts, 'shortcut')} ${is} left out: what ${shortcuts === 1 ? 'it leads' : 'they lead'} to cannot be imported.`
      : `${countOf(shortcuts, 'shortcut')} ${is} left out. With subfolders, shortcuts are followed too.`,
  );
  add(files, (is) => `${countOf(files, 'file that is no image', 'files that are no images')} ${is} left out.`);
  add(
    closed,
    () => `${countOf(closed, 'image')} cannot be downloaded, because the owner does not allow it, and will fail.`,
  );
  add(unreadable, (_is, its) => `${countOf(unreadable, 'subfolder')} cannot be read. ${its} will count as failed.`);
  return words;
}
