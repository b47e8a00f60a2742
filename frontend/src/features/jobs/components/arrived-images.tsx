import { countOf } from '@/lib/format';
import type { ArrivedImage } from '../api/job-events';
import { ArrivedTile } from './arrived-tile';
import styles from './arrived-images.module.css';

interface ArrivedImagesProps {
  jobId: string;
  /** Newest first. */
  images: ArrivedImage[];
}

/** The newest images of a job, as they land. */
export function ArrivedImages({ jobId, images }: ArrivedImagesProps) {
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
