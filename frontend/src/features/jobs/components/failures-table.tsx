import { Name } from '@/components/name';
import { OutLink } from '@/components/out-link';
import { formatNumber } from '@/lib/format';
import type { FailedImage } from '../api/list-failures';
import styles from './failures-table.module.css';

/** On a narrow screen each row becomes a card; the roles keep it a table for screen readers there too. */
export function FailuresTable({ failures }: { failures: FailedImage[] }) {
  return (
    <table className={styles.table} role="table">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Image
          </th>
          <th role="columnheader" scope="col">
            Reason
          </th>
          <th role="columnheader" scope="col">
            What to do
          </th>
          <th role="columnheader" scope="col" className={styles.number}>
            Tries
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {failures.map((failure) => (
          <tr key={failure.file_id} role="row">
            <th role="rowheader" scope="row">
              <OutLink href={failure.drive_url}><Name lines={3}>{failure.name === '' ? failure.file_id : failure.name}</Name></OutLink>
            </th>
            <td role="cell">
              {failure.message}
              {!failure.message.includes(failure.reason) && <span className={styles.code}>{failure.reason}</span>}
            </td>
            <td role="cell">{failure.advice}</td>
            <td role="cell" className={styles.number}>
              <span className={styles.tries}>Tries: </span>
              {formatNumber(failure.attempts)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
