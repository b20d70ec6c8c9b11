import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

type Look = 'primary' | 'secondary' | 'plain' | 'danger';

/** A button; while what it started runs, further presses do nothing and the words say so. */
export function Button(props: {
  look?: Look;
  /** The id of a form that Enter sends by pressing this button. */
  form?: string;
  busyWords?: string;
  onPress?: () => void | Promise<void>;
  children: ComponentChildren;
}) {
  const { look = 'primary', busyWords } = props;
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const press = async () => {
    if (running.current || !props.onPress) return;
    running.current = true;
    setBusy(true);
    try {
      await props.onPress();
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return (
    <button
      type={props.form ? 'submit' : 'button'}
      form={props.form}
      class={`button ${look}`}
      aria-disabled={busy || undefined}
      onClick={() => void press()}
    >
      {busy && busyWords ? busyWords : props.children}
    </button>
  );
}

/** A link that looks like a button, to another screen or to the telephone. */
export function ButtonLink(props: { look?: Look; href: string; children: ComponentChildren }) {
  return (
    <a class={`button ${props.look ?? 'primary'}`} href={props.href}>
      {props.children}
    </a>
  );
}
