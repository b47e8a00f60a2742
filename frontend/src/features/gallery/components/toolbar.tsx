import { useState } from 'react';
import { Button, IconButton } from '@/components/button';
import { Dialog } from '@/components/dialog';
import type { ImageCounts } from '../api/count-images';
import type { Filters } from '../url-state';
import { SearchBox } from './search-box';
import { SortSelect, TypeSelect } from './selects';
import styles from './toolbar.module.css';

interface ToolbarProps {
  filters: Filters;
  /** Of all types, for the numbers beside their names. */
  counts: ImageCounts | undefined;
  isSelecting: boolean;
  onChange: (change: Partial<Filters>, isMinor?: boolean) => void;
  onSelecting: () => void;
}

/** Search, filters and order. On a phone all but the search wait in a dialog. */
export function Toolbar({ filters, counts, isSelecting, onChange, onSelecting }: ToolbarProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isChanged = filters.type !== '' || filters.sort !== 'imported' || filters.order !== 'desc';
  // the first letter makes an entry in the history, so that going back leads out of the search
  const search = (q: string) => onChange({ q }, filters.q !== '' && q !== '');
  const selects = (
    <>
      <TypeSelect value={filters.type} counts={counts} onChange={(type) => onChange({ type })} />
      <SortSelect filters={filters} onChange={onChange} />
    </>
  );
  return (
    <div className={styles.toolbar}>
      <SearchBox q={filters.q} onSearch={search} />
      <div className={styles.wide}>{selects}</div>
      <div className={`${styles.narrow} ${isChanged ? (styles.changed ?? '') : ''}`}>
        <IconButton
          icon="filter"
          label={isChanged ? 'Filter and sort, changed' : 'Filter and sort'}
          onClick={() => setIsOpen(true)}
        />
      </div>
      <IconButton
        icon="select"
        label={isSelecting ? 'End the selection' : 'Select images'}
        aria-pressed={isSelecting}
        onClick={onSelecting}
      />
      {isOpen && (
        <Dialog
          title="Filter and sort"
          onClose={() => setIsOpen(false)}
          actions={
            <Button kind="primary" onClick={() => setIsOpen(false)}>
              Done
            </Button>
          }
        >
          <div className={styles.sheet}>{selects}</div>
        </Dialog>
      )}
    </div>
  );
}
