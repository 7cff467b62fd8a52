/* Elements without HTML in strings: nothing that a page or an index says can become markup. */

type Props = Record<string, string | number | boolean | undefined>;
export type Child = Node | string | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {},
  ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setProps(element, props);
  element.append(...children.filter(child => child !== undefined && child !== false) as Node[]);
  return element;
}

/** Attributes: true is an empty one; false and undefined are none. */
export function setProps(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

const sheets = new Map<string, CSSStyleSheet>();

/** The style sheet of this text, one for all elements. */
export function styleSheet(css: string): CSSStyleSheet {
  let sheet = sheets.get(css);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    sheets.set(css, sheet);
  }
  return sheet;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Of 16 by 16. */
export function drawing(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  setProps(svg, {viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true',
    focusable: 'false'});
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export const LENS =
  'M11 11l3.5 3.5M12.5 7.25a5.25 5.25 0 1 1-10.5 0a5.25 5.25 0 0 1 10.5 0z';
