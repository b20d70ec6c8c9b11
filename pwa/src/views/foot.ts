/**
 * The actions at the foot lie over what follows further down. Where a screen rests at its top, what
 * can be tapped under their edge shows enough of itself, or nothing: else they reach up to its edge.
 */

/** A target that shows less of itself is missed (WCAG 2.2, 2.5.8). */
const LEAST_PIXELS = 24;

function clear(): void {
  const foot = document.querySelector<HTMLElement>('.actions');
  if (!foot) return;
  Object.assign(foot.style, { paddingBlockStart: '', marginBlockStart: '' });
  const { top } = foot.getBoundingClientRect();
  const shows = [...document.querySelectorAll('.content :is(a, button, summary, label)')]
    .map((target) => target.getBoundingClientRect())
    .filter(({ bottom }) => bottom + scrollY > top)
    .map((box) => top - box.top - scrollY)
    .filter((pixels) => pixels > 0 && pixels < LEAST_PIXELS);
  if (shows.length === 0) return;
  const most = Math.max(...shows);
  // Higher and further up by as much: the page stays as long as it is.
  Object.assign(foot.style, {
    paddingBlockStart: `calc(${getComputedStyle(foot).paddingBlockStart} + ${most}px)`,
    marginBlockStart: `${-most}px`,
  });
}

// Whatever makes a screen shorter or longer: another screen, a language, a line that comes or goes.
new ResizeObserver(clear).observe(document.body);
