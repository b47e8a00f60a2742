import styles from './spinner.module.css';

/** Something is on its way, and what. */
export function Spinner({ label }: { label: string }) {
  return (
    <div className={styles.spinner} role="status">
      <span className={styles.wheel} aria-hidden="true" />
      {label}
    </div>
  );
}
