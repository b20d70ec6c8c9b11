import type { ComponentChildren } from 'preact';
import { Icon } from './icon';

/** One line of a list of quieter ways on. */
export function Row({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a class="row" href={href}>
      {children}
      <Icon name="onward" />
    </a>
  );
}
