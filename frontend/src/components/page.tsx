import { useRef, type ReactNode } from 'react';
import { useArrival } from '@/lib/use-arrival';
import { useTitle } from '@/lib/use-title';
import { announce } from './announcer';
import { Name } from './name';
import styles from './page.module.css';

interface PageProps {
  title: string;
  /** What the browser's tab says, where that is more than the heading. */
  tabTitle?: string | undefined;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of text width with its heading. */
export function Page({ title, tabTitle, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(tabTitle ?? title);
  useArrival(heading, () => announce(title));
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          <Name lines={3}>{title}</Name>
        </h1>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
