import { useRef } from 'react';
import { Button } from '@/components/button';
import { Checkbox } from '@/components/checkbox';
import { Field } from '@/components/field';
import { Icon } from '@/components/icon';
import { ErrorNote, JobLink, Note } from '@/components/note';
import { Spinner } from '@/components/spinner';
import { PreviewCard } from './components/preview-card';
import styles from './import-form.module.css';
import { useDroppedText } from './use-dropped-text';
import { isAboutTheFolder, isBadLink, useImportForm, type Choice } from './use-import-form';

const NOTHING: Choice = { link: '', isRecursive: false };

/** From a link to an import: paste, look at what it would bring, start. */
export function ImportForm({ initial = NOTHING }: { initial?: Choice }) {
  const form = useImportForm(initial);
  const { choice, change, start, preview } = form;
  const field = useRef<HTMLDivElement>(null);
  const isOver = useDroppedText((link) => change({ link }));
  const trouble = form.isSettled && !preview.isFetching ? preview.error : null;
  const lookAgain = () => void preview.refetch();
  return (
    <form
      className={`${styles.form} ${isOver ? (styles.over ?? '') : ''}`}
      aria-label="Import a folder"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!form.submit()) field.current?.querySelector('input')?.focus();
      }}
    >
      <div ref={field}>
        <Field
          label="Link of a Google Drive folder"
          hint="The folder must be shared with ‘Anyone with the link’. Paste its link, or drop it here."
          error={form.fieldError}
          name="link"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="https://drive.google.com/drive/folders/…"
          value={choice.link}
          onChange={(event) => change({ link: event.target.value })}
        />
        {form.look.kind === 'folder' && form.fieldError === undefined && (
          <p className={styles.recognised}>
            <Icon name="check" size={16} />
            This is a folder link
          </p>
        )}
      </div>
      <Checkbox
        label="Include subfolders"
        checked={choice.isRecursive}
        onChange={(isRecursive) => change({ isRecursive })}
      />
      <div className={styles.preview} aria-live="polite">
        {preview.isFetching && <Spinner label="Looking into the folder…" />}
        {form.isSettled && preview.data && !preview.isFetching && <PreviewCard preview={preview.data} />}
      </div>
      {trouble && !isAboutTheFolder(trouble) && <ErrorNote error={trouble} onRetry={lookAgain} />}
      {start.error && !isAboutTheFolder(start.error) && <ErrorNote error={start.error} />}
      {start.data && start.data.job_id === undefined && (
        <Note>
          <p>{start.data.message}</p>
          {start.data.hint !== undefined && <p>{start.data.hint}</p>}
        </Note>
      )}
      <div className={styles.actions}>
        <Button kind="primary" type="submit" icon="download" aria-disabled={start.isPending}>
          {start.isPending ? 'Starting…' : 'Start import'}
        </Button>
        {start.error && isAboutTheFolder(start.error) && start.error.jobId !== undefined && <JobLink id={start.error.jobId} />}
        {trouble && isAboutTheFolder(trouble) && !isBadLink(trouble) && (
          <Button icon="retry" onClick={lookAgain}>
            Look again
          </Button>
        )}
      </div>
    </form>
  );
}
