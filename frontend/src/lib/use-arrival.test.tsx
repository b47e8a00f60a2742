import { render } from '@testing-library/react';
import { useRef } from 'react';
import { expect, test, vi } from 'vitest';
import { useArrival } from './use-arrival';

function Heading({ onUnread = () => undefined }: { onUnread?: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useArrival(heading, onUnread);
  return <h1 ref={heading} tabIndex={-1}>A page</h1>;
}

function arriveAt(path: string, isBack = false) {
  history.pushState(null, '', path);
  // the router tells of the one, the browser of the other
  dispatchEvent(new Event(isBack ? 'popstate' : 'pushState'));
}

test('the page that a document begins with is left to the browser, however often it draws itself', () => {
  const scrollTo = vi.spyOn(window, 'scrollTo').mockImplementation(() => undefined);
  render(<Heading />).unmount();
  render(<Heading />);
  expect(scrollTo).not.toHaveBeenCalled();
  expect(document.body).toHaveFocus();
});

test('a new page begins at its top, and back leads to where one was', () => {
  const scrollTo = vi.spyOn(window, 'scrollTo').mockImplementation(() => undefined);
  arriveAt('/jobs');
  render(<Heading />).unmount();
  expect(scrollTo).toHaveBeenCalledOnce();

  arriveAt('/import', true);
  render(<Heading />).unmount();
  expect(scrollTo).toHaveBeenCalledOnce();
});

test('back within one page does not keep the next from its top', () => {
  const scrollTo = vi.spyOn(window, 'scrollTo').mockImplementation(() => undefined);
  arriveAt('/', true);
  arriveAt('/stats');
  render(<Heading />);
  expect(scrollTo).toHaveBeenCalledWith(0, 0);
});

test('where the focus was on something that is gone, the heading takes it', () => {
  const { getByRole } = render(<Heading />);
  expect(getByRole('heading')).toHaveFocus();
});

test('where it is still on a link, it stays, and the heading is to be read out', () => {
  const onUnread = vi.fn();
  render(<a href="/jobs">Jobs</a>).getByRole('link').focus();
  const { getByRole } = render(<Heading onUnread={onUnread} />);
  expect(onUnread).toHaveBeenCalledOnce();
  expect(getByRole('link')).toHaveFocus();
});
