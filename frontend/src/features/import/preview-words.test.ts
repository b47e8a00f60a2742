import { expect, test } from 'vitest';
import type { ImportPreview } from './api/preview-import';
import { newsWords, sizeWords, skippedWords } from './preview-words';

const NOTHING_SKIPPED = { subfolders: 0, shortcuts: 0, other_files: 0, not_downloadable: 0, unreadable_folders: 0 };

function preview(part: Partial<ImportPreview> = {}): ImportPreview {
  return {
    folder_id: 'f1',
    folder_name: 'Holiday',
    folder_url: 'https://drive.google.com/drive/folders/f1',
    recursive: false,
    folders: 1,
    images: 15,
    bytes: 1_030_000,
    known: 0,
    to_import: 15,
    skipped: NOTHING_SKIPPED,
    complete: true,
    ...part,
  };
}

test('what was counted in time is said to be the least', () => {
  expect(sizeWords(preview())).toBe('15 images, 1 MB');
  expect(sizeWords(preview({ images: 1, bytes: 0 }))).toBe('1 image');
  expect(sizeWords(preview({ recursive: true, folders: 3 }))).toBe('15 images, 1 MB in 3 folders');
  expect(sizeWords(preview({ complete: false }))).toBe('At least 15 images, 1 MB');
  expect(sizeWords(preview({ images: 0, bytes: 0, complete: false }))).toBe('No images');
});

test('how much is new is told, also where nobody knows', () => {
  expect(newsWords(preview())).toBe('All of them are new.');
  expect(newsWords(preview({ known: 5, to_import: 10 }))).toBe('5 are here already, 10 will be imported.');
  expect(newsWords(preview({ known: 1, to_import: 14 }))).toBe('1 is here already, 14 will be imported.');
  expect(newsWords(preview({ known: 15, to_import: 0 }))).toContain('All of them are here already');
  expect(newsWords(preview({ known: null, to_import: null }))).toContain('cannot be told');
  expect(newsWords(preview({ images: 0, known: 0, to_import: 0 }))).toBe('');
});

test('everything that is left out is named, with what to do', () => {
  const skipped = { subfolders: 2, shortcuts: 1, other_files: 3, not_downloadable: 1, unreadable_folders: 1 };
  expect(skippedWords(preview({ skipped }))).toEqual([
    '2 subfolders are left out. Tick ‘Include subfolders’ to import them too.',
    '1 shortcut is left out. With subfolders, shortcuts are followed too.',
    '3 files that are no images are left out.',
    '1 image cannot be downloaded, because the owner does not allow it, and will fail.',
    '1 subfolder cannot be read. It will count as failed.',
  ]);
  expect(skippedWords(preview())).toEqual([]);
  expect(skippedWords(preview({ recursive: true, skipped: { ...NOTHING_SKIPPED, shortcuts: 2 } }))[0]).not.toContain('Tick');
});
