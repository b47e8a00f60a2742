import { expect, test } from 'vitest';
import { bytesOf, mayHaveThumbnail, typeName, typeOf, type Image } from './image';

const PHOTO: Image = {
  id: 1,
  name: 'a',
  google_drive_id: 'd',
  size: 5,
  mime_type: 'image/jpeg',
  storage_path: 's',
  storage_provider: 'aws',
  created_at: null,
  thumbnail_url: '/t',
};

test('raw photos are called by their own name, not by that of the format around them', () => {
  const told = (mime_type: string, content_type?: string) =>
    typeName(typeOf({ ...PHOTO, mime_type, ...(content_type === undefined ? {} : { content_type }) }));
  expect(told('image/x-canon-cr2', 'image/tiff')).toBe('CR2');
  expect(told('image/x-adobe-dng')).toBe('DNG');
  expect(told('image/x-nikon-nef', 'image/jpeg')).toBe('JPEG');
  expect(told('image/png', 'image/webp')).toBe('WebP');
  expect(told('image/svg+xml')).toBe('SVG');
  expect(told('image/heic')).toBe('HEIC');
});

test('a size may be text, and is unknown where it is anything else', () => {
  const told = [7, '12345', '', ' ', 'big', -1, null, {}].map((size) => bytesOf({ ...PHOTO, size }));
  expect(told).toEqual([7, 12345, null, null, null, null, null, null]);
});

test('nobody asks for thumbnails of markup and of nothing', () => {
  const asked = [PHOTO, { ...PHOTO, size: 0 }, { ...PHOTO, mime_type: 'image/svg+xml' }].map(mayHaveThumbnail);
  expect(asked).toEqual([true, false, false]);
});
