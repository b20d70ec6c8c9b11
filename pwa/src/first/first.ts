/**
 * Stands in the page itself and runs before anything else. A new phone reads the welcome that stands
 * in the page too; when a rating is due, its scale is there with the first paint. Both take taps
 * while the app is still coming, which then takes their place.
 */
import { draw, KEY, type FirstScreen } from './sketch';
import { noteTaps } from './taps';

const root = document.getElementById('app')!;
const isHome = !/^#\/./.test(location.hash);
const isNew = localStorage.getItem('language') === null && navigator.language.startsWith('en');
if (!isHome || !isNew) root.replaceChildren();
const kept = localStorage.getItem(KEY);
if (isHome && kept !== null) {
  const now = Date.now();
  const { lang, dir, screen, windows } = JSON.parse(kept) as FirstScreen;
  const open = windows.find(([opensAt, closesAt]) => opensAt <= now && now < closesAt);
  if (open && screen) {
    Object.assign(document.documentElement, { lang, dir });
    root.append(draw(screen, root.namespaceURI));
    root.querySelector('.above')?.replaceChildren(open[2]);
  }
}
if (root.hasChildNodes()) noteTaps();
