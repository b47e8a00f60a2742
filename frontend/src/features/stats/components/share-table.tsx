import { useId, type ReactNode } from 'react';
import { formatBytes, formatNumber } from '@/lib/format';
import styles from './share-table.module.css';

export interface Share {
  key: string;
  name: ReactNode;
  images: number;
  bytes: number;
}

interface ShareTableProps {
  title: string;
  /** Heading of the first column. */
  what: string;
  shares: Share[];
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

/** Parts of all images, with a bar each. The bar only repeats the number beside it. */
export function ShareTable({ title, what, shares }: ShareTableProps) {
  const titleId = useId();
  const all = shares.reduce((sum, { images }) => sum + images, 0);
  if (all === 0) return null;
  return (
    <section className={styles.section}>
      <h2 id={titleId}>{title}</h2>
      <table className={styles.table} aria-labelledby={titleId}>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" className={styles.number}>
              Images
            </th>
            <th scope="col" className={styles.number}>
              Size
            </th>
            <th scope="col" className={styles.share}>
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {shares.map(({ key, name, images, bytes }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              <td className={styles.number}>{formatNumber(images)}</td>
              <td className={styles.number}>{formatBytes(bytes)}</td>
              <td className={styles.share}>
                <span className={styles.percent}>{percent.format(images / all)}</span>
                <span className={styles.bar} aria-hidden="true">
                  <span style={{ width: `${(images / all) * 100}%` }} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
