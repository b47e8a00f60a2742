import { useState } from 'react';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { ErrorNote } from '@/components/note';
import { useFocusKept } from '@/lib/use-arrival';
import { useCancelJob } from '../api/cancel-job';

/** Stops a job, after a question. */
export function CancelButton({ jobId }: { jobId: string }) {
  const [isAsking, setIsAsking] = useState(false);
  const cancel = useCancelJob(jobId);
  useFocusKept();
  const close = () => {
    cancel.reset();
    setIsAsking(false);
  };
  return (
    <>
      <Button icon="stop" onClick={() => setIsAsking(true)}>
        Cancel import
      </Button>
      {isAsking && (
        <Dialog
          title="Cancel this import?"
          onClose={close}
          actions={
            <>
              <Button onClick={close}>Go on importing</Button>
              <Button kind="danger" aria-disabled={cancel.isPending} onClick={() => !cancel.isPending && cancel.mutate(undefined, { onSuccess: close })}>
                Cancel import
              </Button>
            </>
          }
        >
          <p>Images that are stored stay. The others can be imported later from this page.</p>
          {cancel.error && <ErrorNote error={cancel.error} />}
        </Dialog>
      )}
    </>
  );
}
