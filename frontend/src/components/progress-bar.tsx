import styles from './progress-bar.module.css';

interface ProgressBarProps {
  /** What is under way. */
  label: string;
  /** From 0 to 1; null while nobody can tell. */
  value: number | null;
  /** How far it is, in words. */
  text: string;
}

export function ProgressBar({ label, value, text }: ProgressBarProps) {
  const percent = value === null ? null : Math.floor(Math.min(1, Math.max(0, value)) * 100);
  const now = percent === null ? {} : { 'aria-valuenow': percent };
  return (
    <div
      className={`${styles.bar} ${percent === null ? (styles.unknown ?? '') : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={text}
      {...now}
    >
      <div className={styles.fill} style={percent === null ? {} : { width: `${percent}%` }} />
    </div>
  );
}
