import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { Dialog } from './dialog';

function renderDialog(onClose?: () => void) {
  render(<Dialog title="Sure?" {...(onClose ? { onClose } : {})} actions={<button>Yes</button>}><input aria-label="Text" /></Dialog>);
  return screen.getByRole('dialog', { name: 'Sure?' });
}

test('a click beside it closes, one in it does not, and neither does text whose selection ends beside it', async () => {
  const onClose = vi.fn();
  const dialog = renderDialog(onClose);
  await userEvent.click(screen.getByRole('heading'));
  const inside = dialog.firstElementChild;
  if (inside) await userEvent.click(inside);
  fireEvent.pointerDown(screen.getByLabelText('Text'));
  fireEvent.click(dialog);
  expect(onClose).not.toHaveBeenCalled();
  await userEvent.click(dialog);
  expect(onClose).toHaveBeenCalledOnce();
});

test('one that the browser has closed without asking counts as closed', () => {
  const onClose = vi.fn();
  const dialog = renderDialog(onClose) as HTMLDialogElement;
  dialog.close();
  fireEvent(dialog, new Event('close'));
  expect(onClose).toHaveBeenCalledOnce();
});

test('one that must be answered is opened again', () => {
  const dialog = renderDialog() as HTMLDialogElement;
  dialog.close();
  fireEvent(dialog, new Event('close'));
  expect(dialog.open).toBe(true);
});
