import { useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';
import type { Image } from '@/lib/image';
import { useSize } from '../use-size';
import { useStage } from '../use-stage';
import { fit, type Size } from '../zoom';
import { LightboxPicture } from './lightbox-picture';
import styles from './lightbox.module.css';

export interface StageControls {
  zoomBy: (factor: number) => void;
}

interface StageProps {
  image: Image;
  /** What the keys and buttons of the lightbox do. */
  ref: Ref<StageControls>;
  onSwipe: (meaning: 'previous' | 'next' | 'close') => void;
}

/** One image, whole at first. */
export function LightboxStage({ image, ref, onSwipe }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const size = useSize(stage);
  const [found, setFound] = useState<Size | null>(null);
  const picture = useMemo(() => {
    const { width, height } = image;
    const own = width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : found;
    return own ? fit(own, size) : size;
  }, [image, found, size]);
  const { zoom, drag, zoomBy, handlers } = useStage({ stage, picture, size, onSwipe });
  useImperativeHandle(ref, () => ({ zoomBy }));
  const x = zoom.x + (drag && Math.abs(drag.x) > Math.abs(drag.y) ? drag.x : 0);
  const y = zoom.y + (drag && Math.abs(drag.y) >= Math.abs(drag.x) ? Math.max(0, drag.y) : 0);
  return (
    <div
      ref={stage}
      className={`${styles.stage} ${zoom.scale > 1 ? (styles.zoomed ?? '') : ''}`}
      {...handlers}
    >
      <div
        className={`${styles.picture} ${drag ? (styles.held ?? '') : ''}`}
        style={{ width: picture.width, height: picture.height, transform: `translate(${x}px, ${y}px) scale(${zoom.scale})` }}
      >
        <LightboxPicture image={image} onSize={(size) => setFound((known) => known ?? size)} />
      </div>
    </div>
  );
}
