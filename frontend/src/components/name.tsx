import type { CSSProperties } from 'react';
import styles from './name.module.css';

interface NameProps {
  /** As a stranger wrote it: of any length, in any direction. */
  children: string;
  /** So many lines are shown; all of it is in the tooltip, and read by screen readers. */
  lines: number;
}

/** A name that changes neither the direction nor the shape of what is around it. */
export function Name({ children, lines }: NameProps) {
  return (
    <bdi className={styles.name} style={{ '--lines': lines } as CSSProperties} title={children}>
      {children}
    </bdi>
  );
}
