/** Taps on the first screen before the app has taken it over: none is lost, and none goes elsewhere. */

declare global {
  interface Window {
    /** Selectors of what was tapped, in order; none when no first screen was drawn. */
    firstTaps?: string[];
  }
}

/** Notes them, each with the screen that it was meant for. */
export function noteTaps(root: Element): void {
  const screen = `.${[...(root.querySelector('main')?.classList ?? [])].join('.')} `;
  window.firstTaps = [];
  document.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLInputElement) {
      window.firstTaps?.push(`${screen}[name="${target.name}"][value="${target.value}"]`);
    } else if (target instanceof Element && target.closest('.actions .primary')) {
      window.firstTaps?.push(`${screen}.actions .primary`);
    }
  });
}

/** Taps again, for the app, what was tapped before it was there; another screen is left alone. */
export async function repeatTaps(root: Element): Promise<void> {
  const taps = window.firstTaps ?? [];
  delete window.firstTaps;
  for (const selector of taps) {
    root.querySelector<HTMLElement>(selector)?.click();
    await Promise.resolve(); // the screen shows one before it takes the next
  }
}
