/* Icons of the panel. */
import {LENS, drawing} from './dom.ts';

const ICONS = {
  search: LENS,
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  filter: 'M2 4h12M4.5 8h7M7 12h2',
  star: 'M8 1.8l1.9 4 4.3.6-3.1 3 .7 4.4L8 11.7l-3.8 2.1.7-4.4-3.1-3 4.3-.6z',
  page: 'M4 1.8h5l3.5 3.5v8.9H4zM9 1.8v3.5h3.5',
  hash: 'M6 2.5l-1.5 11M11.5 2.5l-1.5 11M2.5 5.75h11.5M2 10.25h11.5',
  clock: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z',
  spark: 'M8 1.5l1.6 4.9 4.9 1.6-4.9 1.6L8 14.5l-1.6-4.9L1.5 8l4.9-1.6z',
  alert: 'M8 5v3.5M8 11v.1M14.5 8a6.5 6.5 0 1 1-13 0a6.5 6.5 0 0 1 13 0z',
} as const;
export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGElement {
  return drawing(ICONS[name]);
}
