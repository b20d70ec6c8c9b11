/**
 * The second script: screens that no rating needs. It is fetched once the first screen stands, so
 * that a page that stays open while a new version comes holds all of its own version already.
 */
import { signal } from '@preact/signals';
import { h, type ComponentType } from 'preact';

export type ScreenView = ComponentType<{ about: string | null }>;
type Screens = typeof import('./second-screens');

/** null until it is here; 'missing' when it could not be had. */
export const secondScript = signal<Screens | 'missing' | null>(null);

/** Fetches it, once; after a failure again. Never rejects. */
export async function fetchSecond(): Promise<void> {
  if (secondScript.value !== null && secondScript.value !== 'missing') return;
  try {
    secondScript.value = await import('./second-screens');
  } catch {
    secondScript.value = 'missing';
  }
}

const ofSecond = new Set<ScreenView>();

/** A screen of the second script; app-view.tsx shows it only once that is here. */
export function second(name: keyof Screens): ScreenView {
  const View: ScreenView = (props) => {
    const here = secondScript.value;
    return here === null || here === 'missing' ? null : h(here[name], props);
  };
  ofSecond.add(View);
  return View;
}

/** What stands in the way of showing a screen: 'opening', 'not-here', or nothing. */
export function stillToCome(view: ScreenView): 'opening' | 'not-here' | null {
  if (!ofSecond.has(view)) return null;
  if (secondScript.value === null) return 'opening';
  return secondScript.value === 'missing' ? 'not-here' : null;
}
