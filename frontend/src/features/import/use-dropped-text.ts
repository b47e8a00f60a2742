import { useEffect, useEffectEvent, useState } from 'react';

/** Takes a text that is dropped, or pasted outside of any field, anywhere on the page. True while one is held over it. */
export function useDroppedText(onText: (text: string) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const take = useEffectEvent((data: DataTransfer | null) => {
    const text = textOf(data);
    if (text !== '') onText(text);
    return text !== '';
  });

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.some((type) => type.startsWith('text/'))) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      setIsOver(false);
      if (take(event.dataTransfer)) event.preventDefault();
    };
    const paste = (event: ClipboardEvent) => {
      const isField = event.target instanceof Element && event.target.closest('input, textarea, select, dialog') !== null;
      if (!isField && take(event.clipboardData)) event.preventDefault();
    };
    document.addEventListener('dragover', over, { signal });
    document.addEventListener('dragleave', leave, { signal });
    document.addEventListener('drop', drop, { signal });
    document.addEventListener('paste', paste, { signal });
    return () => stop.abort();
  }, []);
  return isOver;
}

/** The first address of a list, else the text itself. */
function textOf(data: DataTransfer | null): string {
  const addresses = (data?.getData('text/uri-list') ?? '').split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  return (addresses[0] ?? data?.getData('text/plain') ?? '').trim();
}
