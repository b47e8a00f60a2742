import { Link } from 'wouter';
import { Icon } from '@/components/icon';
import { Picture } from '@/components/picture';
import { useFreshImage } from '@/features/gallery/fresh-image';
import { useThumbnail } from '@/features/gallery/use-thumbnail';
import { onApiOrigin, withParameter } from '@/lib/api-base';
import { mayHaveThumbnail, typeName, typeOf, type Image } from '@/lib/image';
import styles from './arrived-images.module.css';

interface ArrivedTileProps {
  image: Image;
  isKnown: boolean;
  jobId: string;
}

/** One image, which opens in the gallery. What cannot be shown is called what it is. */
export function ArrivedTile({ image: shown, isKnown, jobId }: ArrivedTileProps) {
  const { image, renew } = useFreshImage(shown);
  const address = mayHaveThumbnail(image) ? image.thumbnail_url : undefined;
  const path = address === undefined ? null : withParameter(address, 'size', 320);
  const { blobUrl, failure, onError } = useThumbnail(path ?? '', renew);
  // one that was known belongs to the job that stored it
  const filter = isKnown ? '' : `job=${encodeURIComponent(jobId)}&`;
  return (
    <Link href={`/?${filter}image=${image.id}`} className={styles.tile} title={image.name}>
      {path === null || failure !== null ? (
        <span className={styles.label}>
          <Icon name="image" />
          <strong>{typeName(typeOf(image))}</strong>
          <bdi className={styles.name}>{image.name}</bdi>
        </span>
      ) : (
        <Picture key={blobUrl} src={blobUrl ?? onApiOrigin(path)} alt={image.name} loading="lazy" decoding="async" onError={onError} />
      )}
    </Link>
  );
}
