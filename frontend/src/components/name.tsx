import type { CSSProperties } from 'react';
import styles from './name.module.css';

interface NameProps {
  /** As a stranger wrote it: of any length, in any direction. */
  children: string;
  /** So many lines are shown; all of it is in the tooltip, and read by screen readers. */
  lines: number;
}

/**
 * A name that changes neither the direction nor the shape of what is around it. It is a box of its own: a `<bdi>` in the
 * midst of a text is left by names that open an isolate and do not close it.
 */
export function Name({ children, lines }: NameProps) {
  return (
    <bdi className={styles.name} style={{ '--lines': lines } as CSSProperties} title={children}>
      {children}
    </bdi>
  );
}
