import { useEffect, useState } from 'react';
import { Icon } from '@/components/icon';
import { Picture } from '@/components/picture';
import { onApiOrigin, withParameter } from '@/lib/api-base';
import { bytesOf, isRaw, mayHaveThumbnail, typeName, typeOf, type Image } from '@/lib/image';
import { useIsDoomed } from '../deleting';
import { useFreshImage, type FreshImage } from '../fresh-image';
import { mayStandIn, pictureOf } from '../thumbnail';
import { useThumbnail } from '../use-thumbnail';
import styles from './tile.module.css';

/** A tile that is scrolled past fast asks for nothing; one that stays so long does. */
const PAUSE_MS = 120;

interface TileImageProps {
  image: Image;
  width: number;
  height: number;
  isFast: () => boolean;
}

/** The thumbnail of a tile, or what the image is where it has none. */
export function TileImage(props: TileImageProps) {
  const fresh = useFreshImage(props.image);
  const { image } = fresh;
  if (!mayHaveThumbnail(image) || image.thumbnail_url === undefined) return <TileLabel image={image} />;
  return <Thumbnail key={image.thumbnail_url} path={image.thumbnail_url} {...props} {...fresh} />;
}

function Thumbnail({ image, path, width, height, isFast, isStale, renew }: TileImageProps & FreshImage & { path: string }) {
  const picture = pictureOf(image, onApiOrigin(path), width, height);
  const { blobUrl, failure, onError } = useThumbnail(withParameter(path, 'size', 320), renew);
  const isDoomed = useIsDoomed(image.id);
  const [isWanted, setIsWanted] = useState(() => !isFast());
  const [hasOriginalFailed, setHasOriginalFailed] = useState(false);
  const [isShown, setIsShown] = useState(false);

  useEffect(() => {
    if (isWanted) return undefined;
    const timer = setTimeout(() => setIsWanted(true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [isWanted]);

  useEffect(() => {
    if (isWanted && isStale && !isShown) void renew();
  }, [isWanted, isStale, isShown, renew]);

  const isOriginal = failure === 'unsupported-image' && mayStandIn(image) && !hasOriginalFailed;
  if (failure !== null && !isOriginal) return <TileLabel image={image} failure={failure} />;
  if (!isWanted) return null;
  const own = isOriginal ? onApiOrigin(image.content_url ?? '') : blobUrl;
  const source = own === null ? { srcSet: picture.srcSet, sizes: picture.sizes, src: picture.src } : { src: own };
  return (
    <Picture
      key={own}
      mayAsk={!isStale && !isDoomed}
      className={`${styles.image} ${isShown ? (styles.shown ?? '') : ''}`}
      {...source}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={() => setIsShown(true)}
      onError={isOriginal ? () => setHasOriginalFailed(true) : onError}
    />
  );
}

const FAILURES: Record<string, string> = {
  'broken-image': 'Damaged',
  'too-many-pixels': 'Too large to show',
  'too-many-bytes': 'Too large to show',
  'side-too-long': 'Too large to show',
  'too-many-scans': 'Cannot be shown',
  'too-much-memory': 'Too large to show',
  'took-too-long': 'Too large to show',
  'not-found': 'File is missing',
  'object-not-found': 'File is missing',
  unauthorized: 'Needs the token',
  failed: 'Could not be loaded',
};

/** Why there is no picture, in a few words; nothing where the type says it all. */
export function failureWords(image: Image, failure: string | undefined): string | null {
  if (bytesOf(image) === 0) return 'Empty file';
  if (image.thumbnail_url === undefined) return 'Stored elsewhere';
  // no browser shows a raw photo, whole or not
  if (isRaw(image) && failure === 'broken-image') return null;
  return FAILURES[failure ?? ''] ?? (failure?.startsWith('status-404') ? 'File is missing' : null);
}

function TileLabel({ image, failure }: { image: Image; failure?: string }) {
  const words = failureWords(image, failure);
  return (
    <span className={styles.label}>
      <Icon name="image" size={24} />
      <strong>{typeName(typeOf(image))}</strong>
      {words !== null && <span className={styles.why}>{words}</span>}
      <bdi className={styles.name} aria-hidden="true">
        {image.name}
      </bdi>
    </span>
  );
}
