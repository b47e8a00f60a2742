import { useEffect, useState } from 'react';
import { ExternalButton } from '@/components/button';
import { Icon } from '@/components/icon';
import { Picture } from '@/components/picture';
import { onApiOrigin, withParameter } from '@/lib/api-base';
import { mayHaveThumbnail, typeName, typeOf, type Image } from '@/lib/image';
import { useIsDoomed } from '../deleting';
import { isSigned, useKeptFresh } from '../fresh-image';
import { isDisplayable } from '../thumbnail';
import { useThumbnail } from '../use-thumbnail';
import type { Size } from '../zoom';
import styles from './lightbox.module.css';
import { failureWords } from './tile-image';

/** Somebody who leafs through quickly does not wait for originals. */
const PAUSE_MS = 220;

interface PictureProps {
  image: Image;
  /** Called once with the size of an image whose row says none. */
  onSize: (size: Size) => void;
}

/** The large thumbnail at once, the original over it as soon as it is there. */
export function LightboxPicture({ image: shown, onSize }: PictureProps) {
  const { image, isStale, renew } = useKeptFresh(shown);
  const isDoomed = useIsDoomed(image.id);
  const hasThumbnail = mayHaveThumbnail(image);
  const path = hasThumbnail && image.thumbnail_url !== undefined ? withParameter(image.thumbnail_url, 'size', 1280) : '';
  const { blobUrl, failure, onError } = useThumbnail(path, renew);
  const [isDue, setIsDue] = useState(!hasThumbnail);
  const [isOriginal, setIsOriginal] = useState(false);
  const [isWithout, setIsWithout] = useState(!isDisplayable(image));
  const [known] = useState(() => drawnTile(image.id));
  const hasNone = !hasThumbnail || failure !== null;
  /** Nothing is begun that would come to nothing. */
  const mayAsk = !isStale && !isDoomed;

  useEffect(() => {
    const timer = setTimeout(() => setIsDue(true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, []);

  if (hasNone && isWithout) return <NoPicture image={image} failure={failure ?? undefined} />;
  const tellSize = (event: React.SyntheticEvent<HTMLImageElement>) => {
    const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
    if (width > 0 && height > 0) onSize({ width, height });
  };
  const giveUp = async () => {
    const isRenewed = isSigned(image) && (await renew());
    if (!isRenewed) setIsWithout(true);
  };
  return (
    <>
      {known !== null && !hasNone && <Picture mayAsk={mayAsk} className={styles.image} src={known} alt="" draggable={false} />}
      {!hasNone && (
        <Picture
          mayAsk={mayAsk}
          className={styles.image}
          src={blobUrl ?? onApiOrigin(path)}
          alt={image.name}
          draggable={false}
          onLoad={tellSize}
          onError={onError}
        />
      )}
      {!isWithout && isDue && (
        <Picture
          mayAsk={mayAsk}
          className={`${styles.image} ${styles.original} ${isOriginal ? (styles.shown ?? '') : ''}`}
          src={onApiOrigin(image.content_url ?? '')}
          alt={hasNone ? image.name : ''}
          decoding="async"
          draggable={false}
          onLoad={(event) => {
            setIsOriginal(true);
            tellSize(event);
          }}
          onError={() => void giveUp()}
        />
      )}
    </>
  );
}

/** The picture that the grid has of an image already: it is there at once. */
function drawnTile(id: number): string | null {
  const tile = document.querySelector<HTMLImageElement>(`li a[href$="image=${id}"] img`);
  return tile?.complete === true && tile.naturalWidth > 0 ? tile.currentSrc : null;
}

/** What cannot be shown is called what it is, with ways to see it elsewhere. */
function NoPicture({ image, failure }: { image: Image; failure?: string | undefined }) {
  const words = failureWords(image, failure);
  return (
    <div className={styles.none}>
      <Icon name="image" size={48} />
      <p className={styles.kind}>{typeName(typeOf(image))}</p>
      <p className={styles.noneName}>{image.name}</p>
      <p>{words === null ? 'This type of image cannot be shown here.' : `${words}.`}</p>
      <div className={styles.noneActions}>
        {image.content_url !== undefined && (
          <ExternalButton icon="download" href={onApiOrigin(withParameter(image.content_url, 'download', 1))} download>
            Download
          </ExternalButton>
        )}
        {image.drive_url !== undefined && (
          <ExternalButton icon="open" href={image.drive_url}>
            Google Drive
          </ExternalButton>
        )}
      </div>
    </div>
  );
}
