/** Taps on the first screen before the app has taken it over: none is lost. */

declare global {
  interface Window {
    /** Selectors of what was tapped, in order; none when no first screen was drawn. */
    firstTaps?: string[];
  }
}

export function noteTaps(): void {
  window.firstTaps = [];
  document.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLInputElement) {
      window.firstTaps?.push(`[name="${target.name}"][value="${target.value}"]`);
    } else if (target instanceof Element && target.closest('.actions .primary')) {
      window.firstTaps?.push('.actions .primary');
    }
  });
}

/** Taps again, for the app, what was tapped before it was there. */
export async function repeatTaps(root: Element): Promise<void> {
  const taps = window.firstTaps ?? [];
  delete window.firstTaps;
  for (const selector of taps) {
    root.querySelector<HTMLElement>(selector)?.click();
    await Promise.resolve(); // the screen shows one before it takes the next
  }
}
