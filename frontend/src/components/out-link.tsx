import type { ReactNode } from 'react';
import { Icon } from './icon';
import styles from './out-link.module.css';

/** A link in a text that leads out of this app, in a tab of its own. */
export function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className={styles.link}>
      {children}
      <Icon name="open" size={14} />
      <span className="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}
