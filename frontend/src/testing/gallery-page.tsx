/** The page of the gallery over images in memory, on a screen that scrolls. */

import { configure, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';
import { GalleryPage } from '@/features/gallery/gallery-page';
import { galleryHandlers, type FakeGallery } from './gallery';
import { renderAt } from './render';
import { server } from './server';

// the lightbox is a chunk of its own, and machines are busy
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

/** What jsdom does not do: everything is 1000 pixels wide, and at the top of a page that scrolls. Before each test. */
export function fakeScreen(): void {
  let y = 0;
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000);
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(() => new DOMRect(0, -y, 1000, 0));
  vi.spyOn(window, 'scrollY', 'get').mockImplementation(() => y);
  const scrollTo = (options?: ScrollToOptions | number) => {
    y = Math.max(0, typeof options === 'object' ? (options.top ?? 0) : 0);
    window.dispatchEvent(new Event('scroll'));
  };
  vi.spyOn(window, 'scrollTo').mockImplementation(scrollTo);
  window.scrollBy = (by?: ScrollToOptions | number) => scrollTo({ top: y + (typeof by === 'object' ? (by.top ?? 0) : 0) });
  URL.createObjectURL = () => 'blob:thumbnail';
  URL.revokeObjectURL = () => undefined;
}

export function showGallery(gallery: FakeGallery, path = '/', searchStep?: number) {
  server.use(...galleryHandlers(gallery, searchStep));
  renderAt(path, <GalleryPage />);
  return userEvent.setup();
}

/** The tile of an image that `makeGallery` named. */
export function tile(id: number): Promise<HTMLElement> {
  return screen.findByRole('link', { name: new RegExp(`^photo-${id}.jpg`) });
}
