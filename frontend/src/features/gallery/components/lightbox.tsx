import { useEffect, useRef, useState } from 'react';
import { IconButton } from '@/components/button';
import { ErrorNote } from '@/components/note';
import { Picture } from '@/components/picture';
import { Spinner } from '@/components/spinner';
import { onApiOrigin, withParameter } from '@/lib/api-base';
import { ApiError } from '@/lib/api-error';
import { keep, readKept } from '@/lib/browser-store';
import { mayHaveThumbnail, type Image } from '@/lib/image';
import { useIsDoomed } from '../deleting';
import { useFreshImage } from '../fresh-image';
import { Details } from './details';
import { LightboxStage, type StageControls } from './lightbox-stage';
import styles from './lightbox.module.css';

export interface LightboxProps {
  image: Image | undefined;
  /** Why there is none. */
  error: Error | null;
  /** `12 of 1,000`; empty where nobody knows. */
  position: string;
  previous: Image | undefined;
  next: Image | undefined;
  hasPrevious: boolean;
  hasNext: boolean;
  onMove: (step: 1 | -1) => void;
  onDelete: () => void;
  onRetry: () => void;
  onClose: () => void;
}

const DETAILS_KEY = 'image-import.details';
const REPEAT_MS = 140;

/** One image over everything else. The browser's own modal dialog keeps the focus, and returns it. */
export function Lightbox(props: LightboxProps) {
  const { image, onMove, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const controls = useRef<StageControls>(null);
  const lastKey = useRef(0);
  const [hasDetails, setHasDetails] = useState(() => readKept(DETAILS_KEY) === 'open');
  const toggleDetails = () => {
    keep(DETAILS_KEY, hasDetails ? null : 'open');
    setHasDetails(!hasDetails);
  };

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    return () => element?.close();
  }, []);

  const step = (by: 1 | -1) => {
    if (by === 1 ? props.hasNext : props.hasPrevious) onMove(by);
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    i: toggleDetails,
    Delete: () => image && props.onDelete(),
    '+': () => controls.current?.zoomBy(1.5),
    '=': () => controls.current?.zoomBy(1.5),
    '-': () => controls.current?.zoomBy(1 / 1.5),
    '0': () => controls.current?.zoomBy(0),
  };

  return (
    <dialog
      ref={dialog}
      className={styles.lightbox}
      tabIndex={-1}
      aria-label={image?.name ?? 'Image'}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        const action = keys[event.key];
        if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        // a key that is held down goes no faster than browsers let the address change
        if (event.repeat && event.timeStamp - lastKey.current < REPEAT_MS) return;
        lastKey.current = event.timeStamp;
        action();
      }}
    >
      <div className={styles.bar}>
        <IconButton icon="close" label="Close" onClick={onClose} />
        <div className={styles.caption} aria-live="polite">
          <p className={styles.title} title={image?.name}>
            <bdi>{image?.name}</bdi>
          </p>
          <p className={styles.position}>{props.position}</p>
        </div>
        {image && (
          <>
            <span className={styles.wideOnly}>
              <IconButton icon="zoom-out" label="Zoom out" onClick={() => controls.current?.zoomBy(1 / 1.5)} />
            </span>
            <span className={styles.wideOnly}>
              <IconButton icon="zoom-in" label="Zoom in" onClick={() => controls.current?.zoomBy(1.5)} />
            </span>
            <IconButton icon="trash" label="Delete" onClick={props.onDelete} />
            <IconButton icon="info" label="Details" aria-pressed={hasDetails} onClick={toggleDetails} />
          </>
        )}
      </div>
      <div className={styles.middle}>
        {image ? (
          <LightboxStage
            key={image.id}
            image={image}
            ref={controls}
            onSwipe={(meaning) => {
              if (meaning === 'close') onClose();
              else step(meaning === 'next' ? 1 : -1);
            }}
          />
        ) : (
          <div className={styles.waiting}>
            {props.error ? <Trouble error={props.error} onRetry={props.onRetry} /> : <Spinner label="Loading the image" />}
          </div>
        )}
        {props.hasPrevious && (
          <span className={styles.previous}>
            <IconButton icon="back" label="Previous image" onClick={() => step(-1)} />
          </span>
        )}
        {props.hasNext && (
          <span className={styles.next}>
            <IconButton icon="next" label="Next image" onClick={() => step(1)} />
          </span>
        )}
      </div>
      {image && hasDetails && <Details image={image} onClose={toggleDetails} />}
      {[props.next, props.previous].map((neighbour) => neighbour && <Preloaded key={neighbour.id} image={neighbour} />)}
    </dialog>
  );
}

function Trouble({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return <ErrorNote error={new Error('There is no such image. It may have been deleted, or the link is wrong.')} />;
  }
  return <ErrorNote error={error} onRetry={onRetry} />;
}

/** Is fetched, and not shown. */
function Preloaded({ image: shown }: { image: Image }) {
  const { image, isStale } = useFreshImage(shown);
  const isDoomed = useIsDoomed(image.id);
  if (isDoomed || isStale || !mayHaveThumbnail(image) || image.thumbnail_url === undefined) return null;
  return <Picture hidden alt="" src={onApiOrigin(withParameter(image.thumbnail_url, 'size', 1280))} />;
}
