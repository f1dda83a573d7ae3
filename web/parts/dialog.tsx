import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Action } from './button.tsx';

type Props = { title: string; onClose: () => void; children: ComponentChildren };

/** A question or a form above the page. The browser keeps the focus in it, and gives it back. */
export function Dialog({ title, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

type EndProps = {
  /** while it works, such as "Saving …" */
  busy: string;
  /** why the form cannot be sent yet */
  unless?: string | undefined;
  act: () => unknown;
  onClose: () => void;
  children: ComponentChildren;
};

/** The end of a form in a dialog: its only primary button, and the way out. */
export function DialogEnd({ onClose, children, ...action }: EndProps) {
  return (
    <div class="row right gaptop">
      <button type="button" class="btn" onClick={onClose}>
        Cancel
      </button>
      <Action kind="primary" type="submit" {...action}>
        {children}
      </Action>
    </div>
  );
}
