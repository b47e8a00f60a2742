import { useId, type ReactNode } from 'react';
import { formatNumber } from '@/lib/format';
import { typeName } from '@/lib/image';
import type { ImageCounts } from '../api/count-images';
import type { Filters, Order, Sort } from '../url-state';
import styles from './selects.module.css';

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Select({ label, value, onChange, children }: SelectProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <select id={id} className={styles.select} value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

interface TypeSelectProps {
  value: string;
  counts: ImageCounts | undefined;
  onChange: (type: string) => void;
}

/** One type, or all of them, with how many there are. */
export function TypeSelect({ value, counts, onChange }: TypeSelectProps) {
  const types = counts?.by_type ?? [];
  const isListed = value === '' || types.some((type) => type.mime_type === value);
  const number = (images: number) => (counts?.total_is_exact === true ? ` (${formatNumber(images)})` : '');
  return (
    <Select label="Type" value={value} onChange={onChange}>
      <option value="">All types</option>
      {!isListed && <option value={value}>{typeName(value)}</option>}
      {types.map(({ mime_type, images }) => (
        <option key={mime_type} value={mime_type}>
          {typeName(mime_type)}
          {number(images)}
        </option>
      ))}
    </Select>
  );
}

const ORDERS: { sort: Sort; order: Order; name: string }[] = [
  { sort: 'imported', order: 'desc', name: 'Newest first' },
  { sort: 'imported', order: 'asc', name: 'Oldest first' },
  { sort: 'name', order: 'asc', name: 'Name A to Z' },
  { sort: 'name', order: 'desc', name: 'Name Z to A' },
  { sort: 'size', order: 'desc', name: 'Largest first' },
  { sort: 'size', order: 'asc', name: 'Smallest first' },
];

interface SortSelectProps {
  filters: Filters;
  onChange: (change: Partial<Filters>) => void;
}

export function SortSelect({ filters, onChange }: SortSelectProps) {
  const value = ORDERS.findIndex(({ sort, order }) => sort === filters.sort && order === filters.order);
  return (
    <Select
      label="Order"
      value={String(value)}
      onChange={(chosen) => {
        const { sort, order } = ORDERS[Number(chosen)] ?? { sort: 'imported', order: 'desc' };
        onChange({ sort, order });
      }}
    >
      {ORDERS.map(({ name }, index) => (
        <option key={name} value={index}>
          {name}
        </option>
      ))}
    </Select>
  );
}
