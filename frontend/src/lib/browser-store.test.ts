import { expect, test, vi } from 'vitest';
import { keep, readKept } from './browser-store';

test('what is kept is read again, until it is forgotten', () => {
  keep('a', '1');
  expect(readKept('a')).toBe('1');
  keep('a', null);
  expect(readKept('a')).toBeNull();
});

test('a browser that keeps nothing keeps it until the page is left, and nothing breaks', () => {
  const refuse = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse, clear: () => undefined });
  try {
    expect(readKept('b')).toBeNull();
    keep('b', '2');
    expect(readKept('b')).toBe('2');
    keep('b', null);
    expect(readKept('b')).toBeNull();
  } finally {
    vi.unstubAllGlobals();
  }
});
