import { useEffect, useRef, useState, type RefObject } from 'react';
import { meaningOfSwipe, pan, WHOLE, zoomAt, type Point, type Size, type Zoom } from './zoom';

const DOUBLE = 2.5;
const DOUBLE_MS = 300;

interface StageOptions {
  stage: RefObject<HTMLElement | null>;
  /** Size of the picture as it lies whole on the stage. */
  picture: Size;
  size: Size;
  onSwipe: (meaning: 'previous' | 'next' | 'close') => void;
}

interface Finger extends Point {
  time: number;
}

/** Fingers, mouse and wheel over an image: zoom, move, swipe. */
export function useStage({ stage, picture, size, onSwipe }: StageOptions) {
  const [zoom, setZoom] = useState<Zoom>(WHOLE);
  const [drag, setDrag] = useState<Point | null>(null);
  const fingers = useRef(new Map<number, Finger>());
  const start = useRef<Finger>({ x: 0, y: 0, time: 0 });
  const tap = useRef<Finger>({ x: 0, y: 0, time: 0 });

  const middle = (point: Point): Point => {
    const box = stage.current?.getBoundingClientRect();
    return { x: point.x - (box?.left ?? 0) - size.width / 2, y: point.y - (box?.top ?? 0) - size.height / 2 };
  };
  const zoomBy = (factor: number, at: Point = { x: 0, y: 0 }) => setZoom((now) => zoomAt(now, factor, at, picture, size));
  const toggle = (at: Point) => setZoom((now) => (now.scale > 1 ? WHOLE : zoomAt(now, DOUBLE, at, picture, size)));

  useEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const at = { x: event.clientX - box.left - size.width / 2, y: event.clientY - box.top - size.height / 2 };
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      setZoom((now) => zoomAt(now, Math.exp((-event.deltaY * lines) / 400), at, picture, size));
    };
    // React's own listeners are passive: the page would scroll
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [stage, picture, size]);

  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button, a'))) return;
    stage.current?.setPointerCapture(event.pointerId);
    const finger = { x: event.clientX, y: event.clientY, time: event.timeStamp };
    fingers.current.set(event.pointerId, finger);
    if (fingers.current.size === 1) start.current = finger;
    else setDrag(null);
  };

  const onPointerMove = (event: React.PointerEvent) => {
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY, time: before.time };
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    fingers.current.set(event.pointerId, now);
    const by = { x: now.x - before.x, y: now.y - before.y };
    if (other) {
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      const centre = middle({ x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      setZoom((known) => pan(zoomAt(known, factor, centre, picture, size), { x: by.x / 2, y: by.y / 2 }, picture, size));
    } else if (zoom.scale > 1) setZoom((known) => pan(known, by, picture, size));
    else if (event.pointerType !== 'mouse') setDrag({ x: now.x - start.current.x, y: now.y - start.current.y });
  };

  const onPointerUp = (event: React.PointerEvent) => {
    const finger = fingers.current.get(event.pointerId);
    if (!fingers.current.delete(event.pointerId) || !finger) return;
    const by = { x: finger.x - start.current.x, y: finger.y - start.current.y };
    if (drag && zoom.scale === 1) {
      const elapsed = Math.max(1, event.timeStamp - start.current.time);
      const meaning = meaningOfSwipe(by, { x: by.x / elapsed, y: by.y / elapsed }, size);
      if (meaning) onSwipe(meaning);
    }
    setDrag(null);
    const isTap = distance(finger, start.current) < 10 && event.timeStamp - start.current.time < DOUBLE_MS;
    if (!isTap || fingers.current.size > 0) return;
    const isDouble = event.timeStamp - tap.current.time < DOUBLE_MS && distance(finger, tap.current) < 40;
    tap.current = isDouble ? { x: 0, y: 0, time: 0 } : { x: finger.x, y: finger.y, time: event.timeStamp };
    if (isDouble) toggle(middle(finger));
  };

  const onPointerCancel = (event: React.PointerEvent) => {
    fingers.current.delete(event.pointerId);
    setDrag(null);
  };

  return { zoom, drag, zoomBy, handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel } };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
