import { useEffect, useRef, useState } from 'react';
import { Icon } from '@/components/icon';
import styles from './search-box.module.css';

/** Somebody who stops for so long wants to see what was found. */
const PAUSE_MS = 250;

interface SearchBoxProps {
  q: string;
  onSearch: (q: string) => void;
}

/** Looks for a part of a name while it is typed. `/` leads here. */
export function SearchBox({ q, onSearch }: SearchBoxProps) {
  const [text, setText] = useState(q);
  const [known, setKnown] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  if (q !== known) {
    // somebody went back or opened a link; what is being typed stays
    setKnown(q);
    if (q !== text.trim()) setText(q);
  }

  useEffect(() => {
    const wished = text.trim();
    if (wished === q) return undefined;
    const timer = setTimeout(() => onSearch(wished), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, q, onSearch]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea, [contenteditable]');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <form
      role="search"
      className={styles.box}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(text.trim());
      }}
    >
      <Icon name="search" size={18} />
      <input
        ref={input}
        className={styles.input}
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={255}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {text !== '' && (
        <button
          type="button"
          className={styles.clear}
          aria-label="Clear the search"
          title="Clear the search"
          onClick={() => {
            setText('');
            onSearch('');
            input.current?.focus();
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </form>
  );
}
