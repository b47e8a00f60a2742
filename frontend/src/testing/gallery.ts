/** A gallery's part of the API over images in memory, for tests. */

import { http, HttpResponse } from 'msw';
import type { Image } from '@/lib/image';
import { makeImage } from './jobs';
import { API } from './server';

export interface FakeGallery {
  images: Image[];
  /** Queries of `GET /images`, as they came. */
  asked: URLSearchParams[];
  /** Ids of every `POST /images/delete`. */
  deleted: number[][];
}

/** So many images, newest (highest id) first. */
export function makeGallery(count: number, part: (id: number) => Partial<Image> = () => ({})): FakeGallery {
  const images = Array.from({ length: count }, (_, index) => {
    const id = count - index;
    return makeImage(id, { width: 400, height: 300, job_id: 'j1', ...part(id) });
  });
  return { images, asked: [], deleted: [] };
}

function found(gallery: FakeGallery, query: URLSearchParams): Image[] {
  const is = (name: string, value: string | undefined) => [null, '', value ?? null].includes(query.get(name));
  const q = (query.get('q') ?? '').toLowerCase();
  const list = gallery.images.filter(
    (image) => image.name.toLowerCase().includes(q) && is('mime_type', image.mime_type) && is('job_id', image.job_id),
  );
  if (query.get('sort') === 'name') list.sort((a, b) => a.name.localeCompare(b.name));
  return query.get('order') === 'asc' && query.get('sort') === 'imported' ? list.reverse() : list;
}

/** Answers as the real one: a search knows no total, and its pages may be short (`searchStep` rows are looked at). */
export function galleryHandlers(gallery: FakeGallery, searchStep = 1000) {
  return [
    http.get(`${API}/images`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      gallery.asked.push(query);
      const all = found(gallery, query);
      const perPage = Number(query.get('per_page') ?? 50);
      const cursor = query.get('cursor');
      const start = cursor === null ? (Number(query.get('page') ?? 1) - 1) * perPage : Number(cursor);
      const isSearch = (query.get('q') ?? '') !== '';
      const end = start + (isSearch ? Math.min(perPage, searchStep) : perPage);
      return HttpResponse.json({
        images: all.slice(start, end),
        total: isSearch ? null : all.length,
        total_is_exact: !isSearch,
        next_cursor: end < all.length ? String(end) : null,
      });
    }),
    http.get(`${API}/images/counts`, ({ request }) => {
      const list = found(gallery, new URL(request.url).searchParams);
      const types = new Map<string, number>();
      for (const image of list) types.set(image.mime_type, (types.get(image.mime_type) ?? 0) + 1);
      const by_type = [...types].map(([mime_type, images]) => ({ mime_type, images }));
      return HttpResponse.json({ total: list.length, total_is_exact: true, bytes: list.length * 1000, by_type });
    }),
    http.get(`${API}/images/histogram`, () => {
      const buckets = [{ day: '2026-11-23', images: gallery.images.length }];
      return HttpResponse.json({ buckets, total_is_exact: true });
    }),
    http.get(`${API}/images/:id`, ({ params }) => {
      const image = gallery.images.find(({ id }) => id === Number(params.id));
      return image ? HttpResponse.json(image) : HttpResponse.json({ error: 'Image not found', code: 'not-found' }, { status: 404 });
    }),
    http.post(`${API}/images/delete`, async ({ request }) => {
      const { ids } = (await request.json()) as { ids: number[] };
      gallery.deleted.push(ids);
      gallery.images = gallery.images.filter(({ id }) => !ids.includes(id));
      return HttpResponse.json({ message: '', deleted: ids, not_found: [] });
    }),
    http.get(`${API}/import/jobs/:id`, () => HttpResponse.json({ job_id: 'j1', folder_name: 'Holiday' })),
  ];
}
