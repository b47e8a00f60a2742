import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import styles from './dialog.module.css';

interface DialogProps {
  title: string;
  /** Called for Escape and a click beside it; absent where the dialog must be answered. */
  onClose?: () => void;
  actions: ReactNode;
  children: ReactNode;
}

/** A question before everything else: the browser's own modal dialog, which keeps and returns the focus. */
export function Dialog({ title, onClose, actions, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const isPressedBeside = useRef(false);
  // it must be closed while it is still in the document, for only then the focus goes back to where it was
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={styles.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // browsers close it at a second Escape without asking
        if (ref.current?.open === false) {
          if (onClose) onClose();
          else ref.current.showModal();
        }
      }}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === ref.current;
      }}
      onClick={(event) => {
        // selecting text may end beside it
        if (isPressedBeside.current && event.target === ref.current) onClose?.();
      }}
    >
      <div className={styles.box}>
        <h2 id={titleId}>{title}</h2>
        <div className={styles.body}>{children}</div>
        <div className={styles.actions}>{actions}</div>
      </div>
    </dialog>
  );
}
