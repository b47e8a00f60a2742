import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Announcer } from '@/components/announcer';
import { Icon, type IconName } from '@/components/icon';
import styles from './layout.module.css';
import { ThemeButton } from './theme-button';
import { TokenButton } from './token-button';

const PLACES: { to: string; name: string; icon: IconName }[] = [
  { to: '/', name: 'Gallery', icon: 'image' },
  { to: '/import', name: 'Import', icon: 'add' },
  { to: '/jobs', name: 'Jobs', icon: 'jobs' },
  { to: '/stats', name: 'Stats', icon: 'stats' },
];

/** The frame of every page: header, navigation (at the bottom of a phone), the page itself. */
export function Layout({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const isAt = (to: string) => location === to || (to !== '/' && location.startsWith(`${to}/`));
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link href="/" className={styles.brand} aria-label="Image Import, to the gallery">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span className={styles.name}>Image Import</span>
        </Link>
        <nav className={styles.nav} aria-label="Pages">
          {PLACES.map(({ to, name, icon }) => (
            <Link key={to} href={to} className={styles.link} {...(isAt(to) ? { 'aria-current': 'page' as const } : {})}>
              <Icon name={icon} />
              {name}
            </Link>
          ))}
        </nav>
        <TokenButton />
        <ThemeButton />
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      <Announcer />
    </>
  );
}
