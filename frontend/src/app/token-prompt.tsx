import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field } from '@/components/field';
import { ApiError } from '@/lib/api-error';
import { keepToken, readToken } from '@/lib/token';

/** Asks for the API's token when a call was answered with 401, and then asks everything again. */
export function TokenPrompt() {
  const client = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  const [token, setToken] = useState('');
  const formId = useId();

  useEffect(() => {
    const look = (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) setIsAsked(true);
    };
    const queries = client.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') look(event.action.error);
    });
    const mutations = client.getMutationCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') look(event.action.error);
    });
    return () => {
      queries();
      mutations();
    };
  }, [client]);

  if (!isAsked) return null;
  const wasWrong = readToken() !== null;
  const close = () => setIsAsked(false);
  return (
    <Dialog
      title="This system asks for a token"
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Not now</Button>
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
          keepToken(token.trim());
          setToken('');
          close();
          void client.invalidateQueries();
        }}
      >
        <Field
          label="Token"
          hint="Whoever runs it has set API_TOKEN. It is kept in this browser."
          error={wasWrong ? 'The token that was kept is not accepted.' : undefined}
          type="password"
          autoComplete="current-password"
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
