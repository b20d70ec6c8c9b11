import { effect, signal, type Signal } from '@preact/signals';

const KEY = 'link-token';

/**
 * The token of the enrolment link that the app was opened by; null if by none. It leaves the address
 * and the history at once; it stays with this tab, also over a reload, until it is set to null.
 */
export function linkToken(): Signal<string | null> {
  const token = signal(takeFromAddress() ?? sessionStorage.getItem(KEY));
  effect(() => {
    if (token.value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token.value);
  });
  // Another link, opened while the app is here, changes nothing but the hash.
  addEventListener('hashchange', () => {
    token.value = takeFromAddress() ?? token.value;
  });
  return token;
}

function takeFromAddress(): string | null {
  if (location.pathname !== '/e') return null;
  const token = location.hash.slice(1);
  // What begins with a slash is the address of a screen.
  if (token.startsWith('/')) return null;
  history.replaceState(null, '', '/');
  return token || null;
}
