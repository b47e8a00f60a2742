import { Button, IconButton } from '@/components/button';
import { formatNumber } from '@/lib/format';
import styles from './selection-bar.module.css';

interface SelectionBarProps {
  count: number;
  /** Selects all; absent where they are too many, or all are. */
  onAll?: (() => void) | undefined;
  /** They are being looked up. */
  isBusy: boolean;
  onDelete: () => void;
  onClear: () => void;
}

/** What can be done with the selection. */
export function SelectionBar({ count, onAll, isBusy, onDelete, onClear }: SelectionBarProps) {
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selection">
      <IconButton icon="close" label="Clear the selection" onClick={onClear} />
      <span className={styles.count} role="status">
        {isBusy ? 'Selecting…' : count === 0 ? 'Choose images' : `${formatNumber(count)} selected`}
      </span>
      {onAll && (
        <Button kind="quiet" disabled={isBusy} aria-label="Select all images" onClick={onAll}>
          All
        </Button>
      )}
      <Button kind="danger" icon="trash" disabled={count === 0 || isBusy} onClick={onDelete}>
        Delete
      </Button>
    </div>
  );
}
