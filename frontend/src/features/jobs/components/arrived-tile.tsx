import { useState } from 'react';
import { Link } from 'wouter';
import { Icon } from '@/components/icon';
import { onApiOrigin } from '@/lib/api-base';
import { mayHaveThumbnail, typeName, typeOf, type Image } from '@/lib/image';
import styles from './arrived-images.module.css';

interface ArrivedTileProps {
  image: Image;
  isKnown: boolean;
  jobId: string;
}

/** One image, which opens in the gallery. What cannot be shown is called what it is. */
export function ArrivedTile({ image, isKnown, jobId }: ArrivedTileProps) {
  const [isBroken, setIsBroken] = useState(false);
  // one that was known belongs to the job that stored it
  const filter = isKnown ? '' : `job=${encodeURIComponent(jobId)}&`;
  const source = image.thumbnail_url === undefined || !mayHaveThumbnail(image) || isBroken ? null : `${onApiOrigin(image.thumbnail_url)}?size=320`;
  return (
    <Link href={`/?${filter}image=${image.id}`} className={styles.tile} title={image.name}>
      {source === null ? (
        <span className={styles.label}>
          <Icon name="image" />
          <strong>{typeName(typeOf(image))}</strong>
          <span className={styles.name}>{image.name}</span>
        </span>
      ) : (
        <img src={source} alt={image.name} loading="lazy" decoding="async" onError={() => setIsBroken(true)} />
      )}
    </Link>
  );
}
