import { countOf } from '@/lib/format';
import { useThrottled } from '@/lib/use-throttled';
import type { ArrivedImage } from '../api/job-events';
import { ArrivedTile } from './arrived-tile';
import styles from './arrived-images.module.css';

/** Many may come in a second: thumbnails of what has been pushed out already would be made and loaded for nobody. */
const AT_MOST_EVERY_MS = 1_500;

interface ArrivedImagesProps {
  jobId: string;
  /** Newest first. */
  images: ArrivedImage[];
}

/** The newest images of a job, as they land. */
export function ArrivedImages({ jobId, images: all }: ArrivedImagesProps) {
  const images = useThrottled(all, AT_MOST_EVERY_MS);
  if (images.length === 0) return null;
  const known = images.filter(({ isKnown }) => isKnown).length;
  return (
    <section className={styles.section} aria-labelledby="newest-images">
      <h2 id="newest-images">Newest images</h2>
      <ul className={styles.grid}>
        {images.map(({ number, image, isKnown }) => (
          <li key={number}>
            <ArrivedTile image={image} isKnown={isKnown} jobId={jobId} />
          </li>
        ))}
      </ul>
      {known > 0 && (
        <p className={styles.known}>
          {known === images.length ? 'These were' : countOf(known, 'of these was', 'of these were')} here already, and not
          copied again.
        </p>
      )}
    </section>
  );
}
