/** What the address of the gallery says: which images, in which order, and which one is open. Pure. */

import type { Query } from '@/lib/api';

export type Sort = 'imported' | 'name' | 'size';
export type Order = 'asc' | 'desc';

/** Which images, in which order. An empty text asks for nothing. */
export interface Filters {
  q: string;
  type: string;
  job: string;
  sort: Sort;
  order: Order;
}

export interface GalleryUrl {
  filters: Filters;
  /** Number of the image that is open. */
  image: number | null;
}

const SORTS: readonly string[] = ['imported', 'name', 'size'] satisfies Sort[];
export const NO_FILTERS: Filters = { q: '', type: '', job: '', sort: 'imported', order: 'desc' };

/** The order in which a sort is usually read: newest and largest first, names from A. */
export function usualOrder(sort: Sort): Order {
  return sort === 'name' ? 'asc' : 'desc';
}

/** Reads `?q=&type=&job=&sort=&order=&image=`. What is not understood is as if it were not there. */
export function readUrl(search: string): GalleryUrl {
  const parameters = new URLSearchParams(search);
  const text = (name: string) => (parameters.get(name) ?? '').trim();
  const sort = SORTS.includes(text('sort')) ? (text('sort') as Sort) : 'imported';
  const order = text('order');
  const image = text('image');
  return {
    filters: {
      q: text('q'),
      type: text('type'),
      job: text('job'),
      sort,
      order: order === 'asc' || order === 'desc' ? order : usualOrder(sort),
    },
    image: /^\d{1,15}$/.test(image) ? Number(image) : null,
  };
}

/** The same as an address. What is usual is left out, so that the address stays short. */
export function writeUrl({ filters, image }: GalleryUrl): string {
  const parameters = new URLSearchParams();
  if (filters.q !== '') parameters.set('q', filters.q);
  if (filters.type !== '') parameters.set('type', filters.type);
  if (filters.job !== '') parameters.set('job', filters.job);
  if (filters.sort !== 'imported') parameters.set('sort', filters.sort);
  if (filters.order !== usualOrder(filters.sort)) parameters.set('order', filters.order);
  if (image !== null) parameters.set('image', String(image));
  const text = parameters.toString();
  return text === '' ? '/' : `/?${text}`;
}

/** True where only some of the images are asked for. */
export function isFiltered(filters: Filters): boolean {
  return filters.q !== '' || filters.type !== '' || filters.job !== '';
}

/** Which images, as the API's parameters. */
export function filterQuery(filters: Filters): Query {
  return { q: filters.q, mime_type: filters.type, job_id: filters.job };
}

/** Which images in which order, as the API's parameters. */
export function listQuery(filters: Filters): Query {
  return { ...filterQuery(filters), sort: filters.sort, order: filters.order };
}
