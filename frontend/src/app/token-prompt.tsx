import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { Button } from '@/components/button';
import { Checkbox } from '@/components/checkbox';
import { Dialog } from '@/components/dialog';
import { Field } from '@/components/field';
import { Note } from '@/components/note';
import { ApiError } from '@/lib/api-error';
import { keepToken, onTokenChange, readToken } from '@/lib/token';
import styles from './token-prompt.module.css';

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Asks for the API's token when a call was answered with 401, and then asks everything again. */
export function TokenPrompt() {
  const client = useQueryClient();
  const [state, setState] = useState<'silent' | 'asking' | 'declined'>('silent');
  const [token, setToken] = useState('');
  const [isRemembered, setIsRemembered] = useState(false);
  const formId = useId();

  useEffect(() => {
    const queries = client.getQueryCache().subscribe((event) => {
      const isRefused = event.type === 'updated' && event.action.type === 'error' && isUnauthorized(event.action.error);
      // many pages ask again and again by themselves: who has declined is not interrupted by that
      if (isRefused) setState((before) => (before === 'declined' ? before : 'asking'));
    });
    const mutations = client.getMutationCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error' && isUnauthorized(event.action.error)) setState('asking');
    });
    return () => {
      queries();
      mutations();
    };
  }, [client]);

  // with another token, or none, the question is a new one
  useEffect(() => onTokenChange(() => setState('silent')), []);

  if (state === 'silent') return null;
  if (state === 'declined') {
    return (
      <div className={styles.declined}>
        <Note kind="warning" actions={<Button onClick={() => setState('asking')}>Enter the token</Button>}>
          This system asks for a token, and shows nothing without it.
        </Note>
      </div>
    );
  }
  const wasWrong = readToken() !== null;
  const decline = () => setState('declined');
  return (
    <Dialog
      title="This system asks for a token"
      onClose={decline}
      actions={
        <>
          <Button onClick={decline}>Not now</Button>
          <Button kind="primary" type="submit" form={formId}>
            Continue
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault();
          keepToken(token.trim(), isRemembered ? 'always' : 'visit');
          setToken('');
          void client.invalidateQueries();
        }}
      >
        <Field
          label="Token"
          hint="Whoever runs this system can tell you."
          error={wasWrong ? 'The token that was kept is not accepted.' : undefined}
          type="password"
          autoComplete="current-password"
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <Checkbox
          label="Remember it in this browser"
          hint="Otherwise it is forgotten when this tab is closed."
          checked={isRemembered}
          onChange={setIsRemembered}
        />
      </form>
    </Dialog>
  );
}
