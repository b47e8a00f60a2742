import { lazy, Suspense } from 'react';
import { Button } from '@/components/button';
import { Icon } from '@/components/icon';
import { Spinner } from '@/components/spinner';
import { isFiltered, type Filters } from '../url-state';
import styles from './nothing.module.css';

const ImportForm = lazy(async () => ({ default: (await import('@/features/import/import-form')).ImportForm }));

/** In place of an empty grid: the way to fill it. */
export function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  if (isFiltered(filters)) return <NoResults filters={filters} onClear={onClear} />;
  return (
    <div className={styles.welcome}>
      <h1>Your gallery is empty</h1>
      <p className={styles.muted}>Paste the link of a Google Drive folder. Its images are copied to your own storage, and appear here.</p>
      <Suspense fallback={<Spinner label="Loading the form" />}>
        <ImportForm />
      </Suspense>
    </div>
  );
}

function NoResults({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  return (
    <div className={styles.none} role="status">
      <Icon name="search" size={40} />
      <h2>No images found</h2>
      <p className={styles.muted}>
        {filters.q === '' ? 'No image fits these filters.' : `No name has “${filters.q}” in it${filters.type !== '' || filters.job !== '' ? ', with these filters' : ''}.`}
      </p>
      <Button kind="primary" onClick={onClear}>
        Show all images
      </Button>
    </div>
  );
}
