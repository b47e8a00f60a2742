import { useState } from 'react';
import { announce } from '@/components/announcer';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Name } from '@/components/name';
import { ErrorNote } from '@/components/note';
import { ProgressBar } from '@/components/progress-bar';
import { countOf, formatNumber } from '@/lib/format';
import { useDeleteImages } from '../api/delete-images';
import styles from './delete-dialog.module.css';

interface DeleteDialogProps {
  ids: readonly number[];
  /** Name of the only one. */
  name?: string | undefined;
  /** Called with those that are gone, as soon as they are. */
  onGone: (ids: readonly number[]) => void;
  /** Called when all of them are gone, before the dialog closes. */
  onDone: () => void;
  onClose: () => void;
}

/** Asks before it deletes, shows how far it is, and says what could not be deleted. */
export function DeleteDialog({ ids, name, onGone, onDone, onClose }: DeleteDialogProps) {
  const [asked] = useState(ids);
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const deletion = useDeleteImages();
  const left = asked.filter((id) => !gone.has(id));
  const error = deletion.error ?? deletion.data?.error ?? null;

  const start = () => {
    deletion.mutate(
      {
        ids: left,
        onGone: (now) => {
          setGone((before) => new Set([...before, ...now]));
          onGone(now);
        },
      },
      {
        onSuccess: (done) => {
          if (done.error) return;
          announce(`${countOf(asked.length, 'image')} deleted`);
          onDone();
          onClose();
        },
      },
    );
  };

  const what = name === undefined ? countOf(asked.length, 'image') : 'this image';
  return (
    <Dialog
      title={deletion.isPending ? `Deleting ${what}` : `Delete ${what}?`}
      {...(deletion.isPending ? {} : { onClose })}
      actions={
        !deletion.isPending && (
          <>
            <Button onClick={onClose}>{gone.size > 0 ? 'Close' : 'Cancel'}</Button>
            <Button kind="danger" icon="trash" onClick={start}>
              {error ? `Try again with ${formatNumber(left.length)}` : 'Delete'}
            </Button>
          </>
        )
      }
    >
      <div className={styles.body}>
        {name !== undefined && (
          <p className={styles.name}>
            <Name lines={4}>{name}</Name>
          </p>
        )}
        {deletion.isPending ? (
          <>
            <ProgressBar
              label="Deleting"
              value={asked.length > 1000 ? gone.size / asked.length : null}
              text={`${formatNumber(gone.size)} of ${formatNumber(asked.length)}`}
            />
            <p>{`${formatNumber(gone.size)} of ${countOf(asked.length, 'image')} deleted`}</p>
          </>
        ) : (
          <p>
            {asked.length === 1 ? 'It is removed from this gallery, and its file' : 'They are removed from this gallery, and their files'} from
            your storage. Nothing in Google Drive is touched. This cannot be undone.
          </p>
        )}
        {error && !deletion.isPending && (
          <>
            {gone.size > 0 && <p>{`${countOf(gone.size, 'image')} of ${formatNumber(asked.length)} deleted. The others are still there:`}</p>}
            <ErrorNote error={error} />
          </>
        )}
      </div>
    </Dialog>
  );
}
