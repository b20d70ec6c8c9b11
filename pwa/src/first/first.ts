/**
 * Stands in the page's head and runs before anything else. A new phone reads the welcome that stands
 * in the page too; when a rating is due, its scale is there with the first paint. Both take taps
 * while the app is still coming, which then takes their place.
 */
import { isInstalled } from '../views/installed';
import { draw, KEY, type FirstScreen } from './sketch';
import { noteTaps } from './taps';

const LATEST_MILLISECONDS = 500;

const root = Object.assign(document.createElement('div'), { id: 'app' });
let welcomes = false;

function showFirst(): void {
  if (/^#\/./.test(location.hash)) return; // not home
  const kept = localStorage.getItem(KEY);
  if (kept !== null) return showKept(JSON.parse(kept) as FirstScreen);
  // What was just installed may be linked already: it asks the server before it welcomes anybody.
  welcomes =
    localStorage.getItem('language') === null && navigator.language.startsWith('en') && !isInstalled();
}

function showKept({ lang, dir, screen, windows }: FirstScreen): void {
  const now = Date.now();
  const open = windows.find(([opensAt, closesAt]) => opensAt <= now && now < closesAt);
  if (!open || !screen) return;
  Object.assign(document.documentElement, { lang, dir });
  root.append(draw(screen));
  root.querySelector('.above')?.replaceChildren(open[2]);
}

/** The app's script, and beside it those that it imports, which it would else find only later. */
function load(): void {
  const urls = JSON.parse(document.getElementById('scripts')?.textContent ?? '[]') as string[];
  for (const url of urls) void import(url);
  // The browser fetches it as soon as it is named: not before the first paint.
  Object.assign(document.getElementById('manifest')!, { rel: 'manifest' });
}

function whenThereIsABody(_: MutationRecord[], observer: MutationObserver): void {
  const welcome = document.getElementById('welcome');
  if (!document.body || (welcomes && !document.getElementById('words'))) return;
  observer.disconnect();
  if (welcomes && welcome instanceof HTMLTemplateElement) root.append(welcome.content);
  document.body.prepend(root);
  if (!root.hasChildNodes()) return load();
  noteTaps(root);
  // Painted first: neither its scripts' arrival nor their work keeps a screen that is there from the eye.
  // The second frame begins once the first is drawn.
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(load)));
  setTimeout(load, LATEST_MILLISECONDS); // a page that is not seen draws no frame
}

try {
  showFirst();
} catch {
  root.replaceChildren(); // what is kept cannot be read: the app shows what is due
}
// The first paint follows the body's coming: a script that stands in it may run too late for that one.
new MutationObserver(whenThereIsABody).observe(document, { childList: true, subtree: true });
