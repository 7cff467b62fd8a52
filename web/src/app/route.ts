/* Where one is, in the part of the address behind "#": it can be kept and shared, and is never sent to
 * a server. */
import {signal} from '@preact/signals';

export const PAGES = ['search', 'library', 'map', 'compare', 'bench', 'status'] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  page: Page;
  params: URLSearchParams;
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const page = PAGES.find((each) => each === path) ?? 'search';
  return {page, params: new URLSearchParams(query)};
}

export const route = signal<Route>(parse(location.hash));

addEventListener('hashchange', () => {
  route.value = parse(location.hash);
});

export type Params = Record<string, string | undefined>;

export function href(page: Page, params: Params = {}): string {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(entries as [string, string][]).toString();
  return `#/${page === 'search' && query === '' ? '' : page}${query === '' ? '' : `?${query}`}`;
}

export function go(page: Page, params: Params = {}): void {
  location.hash = href(page, params);
}

/** Note a page's state in the address, without a step in the history. */
export function note(params: Params): void {
  const {page} = route.value;
  const merged: Params = {...Object.fromEntries(route.value.params), ...params};
  history.replaceState(history.state, '', href(page, merged));
  route.value = parse(location.hash);
}
