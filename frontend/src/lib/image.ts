import type { Wire } from '@/lib/wire';

/** An image, as the API answers it: fields after `created_at` are absent on old rows, and names are text, never markup. */
export type Image = Wire['Image'];

/** Sizes in pixels of the longer side that thumbnails come in. */
export const THUMBNAIL_SIZES = [160, 320, 640, 1280] as const;

/** What the image is: its bytes where they are known, else as announced. */
export function typeOf(image: Image): string {
  return isRaw(image) ? image.mime_type : (image.content_type ?? image.mime_type);
}

/** Raw photos of cameras begin as TIFF files do. */
const RAW = /^image\/x-(adobe|canon|fuji|hasselblad|kodak|leica|minolta|nikon|olympus|panasonic|pentax|phaseone|samsung|sigma|sony)-\w+$/;

export function isRaw(image: Image): boolean {
  return RAW.test(image.mime_type) && (image.content_type ?? 'image/tiff') === 'image/tiff';
}

/** True where asking for a thumbnail may lead to one: of markup none is drawn, and nothing has no picture. */
export function mayHaveThumbnail(image: Image): boolean {
  return image.thumbnail_url !== undefined && bytesOf(image) !== 0 && !typeOf(image).includes('svg');
}

/** `JPEG`, `SVG`, `CR2`: a type as people name it. */
export function typeName(type: string): string {
  if (RAW.test(type)) return type.replace(/^.*-/, '').toUpperCase();
  const name = type.replace(/^image\/(x-|vnd\.)?/, '').replace(/\+xml$/, '');
  const known: Record<string, string> = { 'adobe.photoshop': 'PSD', 'microsoft.icon': 'ICO', 'ms-bmp': 'BMP', webp: 'WebP' };
  return known[name] ?? name.toUpperCase();
}

/** Bytes, as a number or as text that is one; null where nobody knows. */
export function bytesOf(image: Image): number | null {
  const bytes = typeof image.size === 'string' && image.size.trim() !== '' ? Number(image.size) : image.size;
  return typeof bytes === 'number' && Number.isFinite(bytes) && bytes >= 0 ? bytes : null;
}
