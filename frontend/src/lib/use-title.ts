import { useEffect } from 'react';

/** Characters that turn the direction of what follows them. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Longer ones are seen nowhere. */
const MOST = 200;

/** Names the page in the browser's tab and history. */
export function useTitle(title: string): void {
  useEffect(() => {
    const plain = title.replace(TURNS, '').slice(0, MOST);
    document.title = plain === '' ? 'Image Import' : `${plain} · Image Import`;
  }, [title]);
}
