import { Icon } from '@/components/icon';
import { Name } from '@/components/name';
import { OutLink } from '@/components/out-link';
import type { ImportPreview } from '../api/preview-import';
import { newsWords, sizeWords, skippedWords } from '../preview-words';
import styles from './preview-card.module.css';

/** What an import would bring, before it is started. */
export function PreviewCard({ preview }: { preview: ImportPreview }) {
  const news = newsWords(preview);
  const skipped = skippedWords(preview);
  return (
    <div className={styles.card}>
      <Icon name="folder" size={28} />
      <div className={styles.body}>
        <p className={styles.name}>
          <OutLink href={preview.folder_url}><Name lines={3}>{preview.folder_name ?? 'Folder without a visible name'}</Name></OutLink>
        </p>
        <p className={styles.size}>{sizeWords(preview)}</p>
        {news !== '' && <p>{news}</p>}
        {!preview.complete && <p>The folder is too large to count in a few seconds. The import takes all of it.</p>}
        {preview.hint !== undefined && <p>{preview.hint}</p>}
        {skipped.length > 0 && (
          <ul className={styles.skipped} role="list">
            {skipped.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
