/**
 * Which screen is open, kept in the address as "#/name/about", so that Back works and a reload
 * returns to it. No name is home: what is due decides what it shows (see home.tsx).
 */
import { signal } from '@preact/signals';

export interface Route {
  /** A key of `screens`, or '' for home; anything else is home too. */
  name: string;
  /** What the screen is about: the id of an entry or an assessment. */
  about: string | null;
}

export const route = signal<Route>(read(location.hash));

addEventListener('hashchange', () => {
  route.value = read(location.hash);
});

/** The address of a screen, for links. */
export function to(name: string, about?: string): string {
  return about === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(about)}`;
}

/** Opens a screen; Back returns to this one. */
export function open(name: string, about?: string): void {
  location.hash = to(name, about);
}

/** Opens a screen in place of this one, which is done with. */
export function replaceBy(name: string, about?: string): void {
  location.replace(to(name, about));
}

function read(hash: string): Route {
  const [, name = '', about] = /^#\/([\w-]*)(?:\/(.+))?$/.exec(hash) ?? [];
  return { name, about: about === undefined ? null : decode(about) };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // an address that somebody mangled
  }
}
