import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError } from '@/lib/api-error';
import { useDebounced } from '@/lib/use-debounced';
import { usePreview } from './api/preview-import';
import { useStartImport, type ImportStarted } from './api/start-import';
import { lookAtLink } from './folder-link';

const SETTLED_AFTER_MS = 300;
const BAD_REQUEST = 400;

export interface Choice {
  link: string;
  isRecursive: boolean;
}

/** What the form knows and does: its two fields, the preview of what they name, and the start. */
export function useImportForm(initial: Choice) {
  const [choice, setChoice] = useState(initial);
  const [isMissing, setIsMissing] = useState(false);
  const [, navigate] = useLocation();
  const start = useStartImport();
  const isUnderWay = useRef(false);

  const link = choice.link.trim();
  const settled = useDebounced(link, SETTLED_AFTER_MS);
  const look = lookAtLink(settled);
  const preview = usePreview(settled, choice.isRecursive, look.kind === 'folder' || look.kind === 'wrong');
  const isSettled = settled === link;
  const previewError = isSettled ? preview.error : null;
  const isRefused = isBadLink(previewError) || isBadLink(start.error);

  const change = (part: Partial<Choice>) => {
    setIsMissing(false);
    start.reset();
    setChoice((before) => ({ ...before, ...part }));
  };

  /** Starts once, however often it is asked to. False where the link is wrong. */
  const submit = (): boolean => {
    if (link === '') setIsMissing(true);
    if (link === '' || isRefused) return false;
    if (isUnderWay.current) return true;
    isUnderWay.current = true;
    const done = ({ job_id: id }: ImportStarted) => {
      isUnderWay.current = id !== undefined;
      if (id !== undefined) navigate(`/jobs/${encodeURIComponent(id)}`);
    };
    start.mutate(
      { link, isRecursive: choice.isRecursive },
      { onSuccess: done, onError: () => (isUnderWay.current = false) },
    );
    return true;
  };

  return { choice, change, submit, start, preview, look: lookAtLink(link), fieldError: fieldError(), isSettled };

  /** The server's words where it has spoken. */
  function fieldError(): string | undefined {
    if (isMissing) return 'Paste the link of a folder first.';
    if (start.error && isAboutTheFolder(start.error)) return wordsOf(start.error);
    if (previewError && isAboutTheFolder(previewError)) return wordsOf(previewError);
    return isSettled && look.kind === 'wrong' && !preview.data ? look.message : undefined;
  }
}

/** A link that must be mended. Whatever else is wrong may pass. */
export function isBadLink(error: Error | null): boolean {
  return error instanceof ApiError && error.status === BAD_REQUEST;
}

/** What Drive or the server say about the folder, and not that nobody answers. */
export function isAboutTheFolder(error: Error): error is ApiError {
  return error instanceof ApiError && (error.status === 400 || error.status === 500);
}

/** What to do, without what only a log needs: `Error fetching files from Google Drive: 404 … (not-found). `. */
function wordsOf(error: Error): string {
  const code = error instanceof ApiError && error.code !== undefined ? `(${error.code}). ` : null;
  const advice = code === null ? '' : error.message.split(code).slice(1).join(code);
  return advice === '' ? error.message : advice;
}
