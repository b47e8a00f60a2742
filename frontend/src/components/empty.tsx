import type { ReactNode } from 'react';
import styles from './empty.module.css';
import { Icon, type IconName } from './icon';

interface EmptyProps {
  icon: IconName;
  title: string;
  /** What leads on. */
  action?: ReactNode;
  children: ReactNode;
}

/** Where there is nothing yet: what will be here, and what leads there. */
export function Empty({ icon, title, action, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <Icon name={icon} size={48} />
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}
