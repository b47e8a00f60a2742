import { Link } from 'wouter';
import { formatNumber } from '@/lib/format';
import { Icon } from './icon';
import styles from './pager.module.css';

interface PagerProps {
  /** Of what these are the pages. */
  label: string;
  /** From 1 on. */
  page: number;
  pages: number;
  /** Address of a page. */
  href: (page: number) => string;
}

/** Leads to the pages before and after this one. Nothing where there is only one. */
export function Pager({ label, page, pages, href }: PagerProps) {
  if (pages <= 1 && page <= 1) return null;
  const before = Math.min(page - 1, pages);
  return (
    <nav className={styles.pager} aria-label={label}>
      {before >= 1 && (
        <Link href={href(before)} className={styles.link} rel="prev">
          <Icon name="back" />
          Previous
        </Link>
      )}
      <span className={styles.place}>
        Page {formatNumber(page)} of {formatNumber(Math.max(1, pages))}
      </span>
      {page < pages && (
        <Link href={href(page + 1)} className={styles.link} rel="next">
          Next
          <Icon name="next" />
        </Link>
      )}
    </nav>
  );
}
