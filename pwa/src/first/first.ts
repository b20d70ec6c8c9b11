/**
 * Stands in the page itself and runs before anything else: when a rating is due, its scale is there
 * with the first paint and takes taps, while the app is still coming. The app then takes its place.
 */
import { draw, KEY, type FirstScreen } from './sketch';
import { noteTaps } from './taps';

const root = document.getElementById('app');
const now = Date.now();
if (root && location.pathname === '/' && location.hash.length < 3) {
  const { lang, dir, screen, windows } = JSON.parse(
    localStorage.getItem(KEY) ?? '{"windows":[]}',
  ) as FirstScreen;
  const open = windows.find(([opensAt, closesAt]) => opensAt <= now && now < closesAt);
  if (open && screen) {
    Object.assign(document.documentElement, { lang, dir });
    root.append(draw(screen, root.namespaceURI));
    root.querySelector('.above')?.replaceChildren(open[2]);
    noteTaps();
  }
}
