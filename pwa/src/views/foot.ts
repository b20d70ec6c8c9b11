/**
 * The actions at the foot lie over what follows further down. Where a screen rests at its top, a row
 * under their edge shows enough of itself to be tapped, or nothing: else they reach up to its edge.
 */

/** A target that shows less of itself is missed (WCAG 2.2, 2.5.8). */
const LEAST_PIXELS = 24;

function clear(): void {
  const foot = document.querySelector<HTMLElement>('.actions');
  if (!foot) return;
  reach(foot, '', '');
  const { top } = foot.getBoundingClientRect();
  for (const row of document.querySelectorAll('.row, .entry')) {
    const shows = top - row.getBoundingClientRect().top - scrollY;
    if (shows > 0 && shows < LEAST_PIXELS) {
      reach(foot, `calc(${getComputedStyle(foot).paddingBlockStart} + ${shows}px)`, `${-shows}px`);
    }
  }
}

/** Higher and further up by as much, so that the page stays as long as it is. */
function reach({ style }: HTMLElement, paddingBlockStart: string, marginBlockStart: string): void {
  Object.assign(style, { paddingBlockStart, marginBlockStart });
}

// Whatever makes a screen shorter or longer: another screen, a language, a line that comes or goes.
new ResizeObserver(clear).observe(document.body);
