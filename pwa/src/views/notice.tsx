import type { ComponentChildren } from 'preact';
import { Icon } from './icon';

/** A calm word on something to know, or, in red, that something failed and what to do. */
export function Notice(props: { tone: 'attention' | 'danger' | 'ok'; children: ComponentChildren }) {
  return (
    <div class={`notice ${props.tone}`} role={props.tone === 'danger' ? 'alert' : undefined}>
      <Icon name={props.tone === 'ok' ? 'tick' : 'attention'} />
      <div>{props.children}</div>
    </div>
  );
}
