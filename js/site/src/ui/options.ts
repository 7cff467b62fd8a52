/* The list box: groups of links, one of which is active while the focus stays in the input. */
import type {Mark, SitePage, SitePassage, SiteResults} from '../types.ts';
import {h, setProps, type Child} from './dom.ts';
import {icon, type IconName} from './icons.ts';
import {breadcrumb, headingsBelow, resultUrl} from './urls.ts';

export interface Option {
  url: URL;
  title: string;
  crumb: string;
  /** The words that it was found by, for marking them there. */
  passage: SitePassage | undefined;
  content: Child[];
  /** Below another result of the same page. */
  sub: boolean;
}

export interface Group {
  label: string;
  /** Whether people see it, too. */
  heading: boolean;
  options: Option[];
}

const SEPARATOR = ' › ';

/** Text with its marks; they are checked, as everything that comes out of an index. */
export function markedText(text: string, marks: Mark[]): Child[] {
  const children: Child[] = [];
  let at = 0;
  for (const {begin, end} of marks) {
    if (!(begin >= at && end > begin && end <= text.length)) continue;
    children.push(text.slice(at, begin), h('mark', {part: 'mark'}, text.slice(begin, end)));
    at = end;
  }
  children.push(text.slice(at));
  return children;
}

function content(name: IconName, title: Child[], crumb: string, passage?: SitePassage): Child[] {
  const snippet = passage?.snippet.trim() ? passage : undefined;
  return [
    icon(name),
    h('span', {class: 'text'},
      h('span', {class: 'title', part: 'title', dir: 'auto'}, ...title),
      crumb !== '' && h('span', {class: 'crumb', part: 'breadcrumb', dir: 'auto'}, crumb),
      snippet && h('span', {class: 'snippet', part: 'snippet', dir: 'auto'},
        snippet.cutBefore && '… ', ...markedText(snippet.snippet, snippet.marks),
        snippet.cutAfter && ' …')),
  ];
}

/** A page's options: itself, at its best passage, and then its other passages. */
function pageGroup(page: SitePage, base: string, param: string): Group | undefined {
  const [best, ...others] = page.passages;
  const url = resultUrl(page, best, base, param);
  if (!url) return undefined;
  const title = page.title.trim() || url.pathname;
  const below = headingsBelow(page.title, best?.headings ?? []);
  const crumb = [...breadcrumb(page), ...below].join(SEPARATOR);
  const marked = page.title.trim() ? markedText(page.title, page.titleMarks) : [title];
  const options: Option[] = [{
    url, title, crumb, passage: best, sub: false, content: content('page', marked, crumb, best),
  }];
  const links = new Set([url.href]);
  for (const passage of others) {
    const link = resultUrl(page, passage, base, param);
    const headings = headingsBelow(page.title, passage.headings);
    // Without a place of its own there, it is the same link again.
    if (!link || links.has(link.href) || !passage.anchor) continue;
    links.add(link.href);
    const heading = headings.at(-1) ?? title;
    const path = headings.slice(0, -1).join(SEPARATOR);
    options.push({
      url: link, title: heading, crumb: [title, path].filter(Boolean).join(SEPARATOR), passage,
      sub: true, content: content('hash', [heading], path, passage),
    });
  }
  return {label: title, heading: false, options};
}

export function resultGroups(results: SiteResults, base: string, param: string): Group[] {
  return results.pages.flatMap(page => pageGroup(page, base, param) ?? []);
}

export function visitedOption(url: URL, title: string, crumb: string, name: IconName): Option {
  return {url, title, crumb, passage: undefined, sub: false, content: content(name, [title], crumb)};
}

export class OptionList {
  readonly element = h('div', {id: 'list', role: 'listbox', part: 'results'});
  readonly #input: HTMLInputElement;
  #options: {option: Option; link: HTMLAnchorElement}[] = [];
  #content: string | undefined;
  #active = -1;
  /** The active one was chosen, and did not just come first. */
  #chosen = false;

  constructor(input: HTMLInputElement) {
    this.#input = input;
    this.element.addEventListener('pointermove', event => {
      const index = this.indexOf(event);
      if (index >= 0 && index !== this.#active) this.setActive(index, false);
    });
  }

  get length(): number {
    return this.#options.length;
  }

  get active(): number {
    return this.#active;
  }

  get chosen(): boolean {
    return this.#chosen;
  }

  at(index: number): Option | undefined {
    return this.#options[index]?.option;
  }

  /** Of an event's target; -1: none. */
  indexOf(event: Event): number {
    const path = event.composedPath();
    return this.#options.findIndex(({link}) => path.includes(link));
  }

  link(index: number): HTMLAnchorElement | undefined {
    return this.#options[index]?.link;
  }

  /** first: the first is active at once. */
  show(groups: Group[], first: boolean): void {
    // Found again, by words and then by meaning as well: nothing is to flicker, or to lose its place.
    const content = JSON.stringify([groups.map(({label, options}) => [label, options.map(
      ({url, title, crumb, passage}) => [url, title, crumb, passage?.snippet, passage?.marks])])]);
    if (content === this.#content) return;
    this.#content = content;
    const before = this.#chosen ? this.at(this.#active)?.url.href : undefined;
    this.#options = [];
    this.element.replaceChildren(...groups.map(group => this.#group(group)));
    this.element.hidden = this.#options.length === 0;
    setProps(this.#input, {'aria-expanded': this.#options.length > 0 ? 'true' : 'false'});
    this.#active = -1;
    const same = this.#options.findIndex(({option}) => option.url.href === before);
    this.#chosen = false;
    if (same >= 0) this.setActive(same);
    else this.setActive(first && this.length > 0 ? 0 : -1, false);
  }

  setActive(index: number, chosen = true): void {
    const last = this.#options[this.#active]?.link;
    const next = this.#options[index]?.link;
    if (last) setProps(last, {'aria-selected': 'false', part: 'result'});
    if (next) setProps(next, {'aria-selected': 'true', part: 'result active'});
    this.#active = next ? index : -1;
    this.#chosen = chosen;
    setProps(this.#input, {'aria-activedescendant': next?.id});
    if (chosen && next) next.scrollIntoView({block: 'nearest'});
  }

  /** To the next ones; past the ends and around. */
  move(by: number): void {
    if (this.length === 0) return;
    const from = this.#active < 0 && by < 0 ? 0 : this.#active;
    this.setActive((from + by + this.length) % this.length);
  }

  #group({label, heading, options}: Group): HTMLElement {
    return h('div', {
      role: 'group', 'aria-label': label, part: 'group', class: heading ? 'headed' : undefined,
      'data-label': heading ? label : undefined,
    }, ...options.map(option => {
      const link = h('a', {
        role: 'option', id: `option-${this.#options.length}`, part: 'result', tabindex: -1,
        href: option.url.href, 'aria-selected': 'false', class: option.sub ? 'sub' : undefined,
      }, ...option.content);
      this.#options.push({option, link});
      return link;
    }));
  }
}
