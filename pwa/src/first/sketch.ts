/**
 * A screen as data, so that the page can show it before the app's scripts have come: what first.ts
 * draws, and first-screen.ts keeps. A page's policy lets no text become HTML.
 */

/** An element: its name, its attributes, then its children; a text is itself. */
export type Sketch = [tag: string, attributes: Record<string, string>, ...children: (Sketch | string)[]];

/** The rating screen, for the times at which it is the first one. */
export interface FirstScreen {
  /** The block, its sites and the language that the screen is for. */
  of: string;
  lang: string;
  dir: string;
  /** null until the rating screen was seen once. */
  screen: Sketch | null;
  /** When it is due by this phone's clock, epoch ms, and the line above its heading then. */
  windows: [opensAt: number, closesAt: number, above: string][];
}

/** Where it is kept: what is read before the first paint cannot wait for the store. */
export const KEY = 'first-screen';

/** @param leaveOut a selector of what is not kept */
export function sketch(element: Element, leaveOut: string): Sketch {
  const children = [...element.childNodes].map((child) => {
    if (!(child instanceof Element)) return child.textContent ?? '';
    return child.matches(leaveOut) ? '' : sketch(child, leaveOut);
  });
  // Where it stood is worked out anew; a page's policy lets no text become style either.
  const attributes = [...element.attributes]
    .filter(({ name }) => name !== 'style')
    .map(({ name, value }) => [name, value]);
  // To open what is left out would show nothing, and such an element is slow to draw.
  const tag = element.localName.replace('details', 'div');
  return [tag, Object.fromEntries(attributes), ...children.filter((one) => one !== '')];
}

export function draw([tag, attributes, ...children]: Sketch, within?: string): Element {
  const space = tag === 'svg' ? 'http://www.w3.org/2000/svg' : within;
  const element = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]!);
  for (const one of children) element.append(typeof one === 'string' ? one : draw(one, space));
  return element;
}
