import { signal } from '@preact/signals';

/** What a screen reader says next, without moving the focus; app-view.tsx holds the live region. */
export const announced = signal('');

export function announce(words: string): void {
  announced.value = words;
}
