/** Which thumbnail suits a tile, and what is never asked for one. Pure. */

import { withParameter } from '@/lib/api-base';
import { bytesOf, THUMBNAIL_SIZES, typeOf, type Image } from '@/lib/image';

export interface Picture {
  src: string;
  srcSet: string;
  /** Width at which it is drawn, for the browser's choice among the sizes. */
  sizes: string;
}

/** What browsers draw by themselves. */
const DISPLAYABLE = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'];

/** True where the original can stand in an `<img>`. */
export function isDisplayable(image: Image): boolean {
  return image.content_url !== undefined && DISPLAYABLE.includes(typeOf(image));
}

/** Originals up to this size stand in for a thumbnail that the API cannot make. */
const SMALL_BYTES = 4_000_000;

/** True where the tile may show the original itself, as browsers know types that the API does not. */
export function mayStandIn(image: Image): boolean {
  const bytes = bytesOf(image) ?? 0;
  return isDisplayable(image) && bytes > 0 && bytes <= SMALL_BYTES;
}

/** Addresses of all sizes with their widths, to cover `width` × `height` pixels of the page. */
export function pictureOf(image: Image, address: string, width: number, height: number): Picture {
  const isKnown = image.width !== undefined && image.height !== undefined && image.width > 0 && image.height > 0;
  const ratio = isKnown ? (image.width ?? 1) / (image.height ?? 1) : width / height;
  const widths = THUMBNAIL_SIZES.map((size) => ({ size, wide: ratio >= 1 ? size : Math.max(1, Math.round(size * ratio)) }));
  const at = (size: number) => withParameter(address, 'size', size);
  return {
    src: at(320),
    srcSet: widths.map(({ size, wide }) => `${at(size)} ${wide}w`).join(', '),
    sizes: `${Math.ceil(Math.max(width, height * ratio))}px`,
  };
}
