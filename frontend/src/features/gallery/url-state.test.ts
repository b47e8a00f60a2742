import { expect, test } from 'vitest';
import { NO_FILTERS, readUrl, writeUrl, type GalleryUrl } from './url-state';

test('every address comes back as it was written', () => {
  const cases: GalleryUrl[] = [
    { filters: NO_FILTERS, image: null },
    { filters: { q: 'a&b=ü 日本', type: 'image/svg+xml', job: 'j/1', sort: 'name', order: 'desc' }, image: 7 },
    { filters: { ...NO_FILTERS, sort: 'size', order: 'asc' }, image: null },
  ];
  for (const url of cases) expect(readUrl(writeUrl(url).replace('/', ''))).toEqual(url);
});

test('what is usual is not in the address', () => {
  expect(writeUrl({ filters: NO_FILTERS, image: null })).toBe('/');
  expect(writeUrl({ filters: { ...NO_FILTERS, sort: 'name', order: 'asc' }, image: null })).toBe('/?sort=name');
});

test('what nobody understands is as if it were not there', () => {
  for (const search of ['?sort=date&order=up&image=x', '?image=-1', '?image=1e3', '?q=%20&type=', '?image=99999999999999999999']) {
    expect(readUrl(search)).toEqual({ filters: NO_FILTERS, image: null });
  }
});
