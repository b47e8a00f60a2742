/** How an image lies on the stage: enlarged, and moved away from the middle. Pure. */

export interface Zoom {
  scale: number;
  /** Pixels to the right of the middle, and below it. */
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 8;

/** The largest size within the stage; images are not enlarged beyond their own pixels, unless they are tiny. */
export function fit(image: Size, stage: Size): Size {
  const scale = Math.min(stage.width / image.width, stage.height / image.height);
  const least = Math.min(scale, Math.max(1, Math.min(320, stage.width) / Math.max(image.width, image.height)));
  const used = Math.min(scale, least);
  return { width: Math.round(image.width * used), height: Math.round(image.height * used) };
}

/** Enlarged by `factor`, while what is at `point` (from the middle of the stage) stays there. */
export function zoomAt(zoom: Zoom, factor: number, point: Point, picture: Size, stage: Size): Zoom {
  const scale = Math.min(MOST, Math.max(1, zoom.scale * factor));
  const by = scale / zoom.scale;
  return within({ scale, x: point.x - (point.x - zoom.x) * by, y: point.y - (point.y - zoom.y) * by }, picture, stage);
}

/** Moved by so many pixels. */
export function pan(zoom: Zoom, by: Point, picture: Size, stage: Size): Zoom {
  return within({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, picture, stage);
}

/** No side of the picture comes into the stage while the opposite one is out of it. */
function within(zoom: Zoom, picture: Size, stage: Size): Zoom {
  const room = (length: number, space: number) => Math.max(0, (length * zoom.scale - space) / 2);
  const limit = (value: number, most: number) => Math.min(most, Math.max(-most, value)) + 0;
  return {
    scale: zoom.scale,
    x: limit(zoom.x, room(picture.width, stage.width)),
    y: limit(zoom.y, room(picture.height, stage.height)),
  };
}

/** What a finger that was lifted meant, by how far and how fast (pixels in a millisecond) it went. */
export function meaningOfSwipe(by: Point, speed: Point, stage: Size): 'previous' | 'next' | 'close' | null {
  const isAcross = Math.abs(by.x) > Math.abs(by.y);
  if (isAcross) {
    const isMeant = Math.abs(by.x) > stage.width / 4 || (Math.abs(by.x) > 30 && Math.abs(speed.x) > 0.4 && speed.x * by.x > 0);
    return isMeant ? (by.x > 0 ? 'previous' : 'next') : null;
  }
  return by.y > 120 || (by.y > 50 && speed.y > 0.6) ? 'close' : null;
}
