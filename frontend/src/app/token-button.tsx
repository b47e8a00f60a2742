import { useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { announce } from '@/components/announcer';
import { Button, IconButton } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { keepToken, onTokenChange, tokenSpan } from '@/lib/token';

/** Says for how long the token is kept, and forgets it. Nothing where none is kept. */
export function TokenButton() {
  const client = useQueryClient();
  const span = useSyncExternalStore(onTokenChange, tokenSpan);
  const [isOpen, setIsOpen] = useState(false);
  if (span === null) return null;
  const forget = () => {
    setIsOpen(false);
    keepToken(null);
    // what it has shown goes too
    void client.resetQueries();
    announce('The token is forgotten');
  };
  const close = () => setIsOpen(false);
  return (
    <>
      <IconButton icon="key" label="Token of this system" onClick={() => setIsOpen(true)} />
      {isOpen && (
        <Dialog
          title="The token of this system"
          onClose={close}
          actions={
            <>
              <Button onClick={close}>Keep it</Button>
              <Button kind="danger" onClick={forget}>
                Forget token
              </Button>
            </>
          }
        >
          <p>
            {span === 'always' ? 'It is kept in this browser until it is forgotten.' : 'It is kept until this tab is closed.'} Without
            it, this page can show and do no more than the system allows to everybody.
          </p>
        </Dialog>
      )}
    </>
  );
}
