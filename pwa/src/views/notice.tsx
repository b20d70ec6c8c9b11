import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon';

/** A calm word on something to know, or, in red, that something failed and what to do. */
export function Notice(props: { tone: 'attention' | 'danger' | 'ok'; children: ComponentChildren }) {
  const failed = props.tone === 'danger';
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (failed) notice.current?.scrollIntoView({ block: 'center' });
  }, [failed]);
  return (
    <div ref={notice} class={`notice ${props.tone}`} role={failed ? 'alert' : undefined}>
      <Icon name={props.tone === 'ok' ? 'tick' : 'attention'} />
      <div>{props.children}</div>
    </div>
  );
}
