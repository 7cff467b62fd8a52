/* Chips to filter by. */
import type {SiteFacet, SiteFilters} from '../types.ts';
import {h, setProps} from './dom.ts';
import type {Labels} from './labels.ts';

/** Values of a key that are shown; the rest are the rarest. */
const MOST_VALUES = 24;

/** What generators say of themselves and of each page, and nobody looks for. */
const TECHNICAL = /^(url|title|description|image|date|keywords|generator|robots|referrer|docusaurus_.*)$|[:.]|-(app|verification)\b/i;

export class FacetBar {
  readonly element = h('div', {id: 'facets', part: 'facets', hidden: true});
  readonly #changed: () => void;
  #facets: SiteFacet[] = [];
  #filters: SiteFilters = {};
  #counts: SiteFacet[] | undefined;
  #tag: string | undefined;
  /** Made when there is a number: the first of a page takes it ten milliseconds. */
  #number: Intl.NumberFormat | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get filters(): SiteFilters {
    return this.#filters;
  }

  /** Values that are filtered by. */
  get count(): number {
    return Object.values(this.#filters).reduce((sum, {length}) => sum + length, 0);
  }

  get empty(): boolean {
    return this.#facets.length === 0;
  }

  /**
   * A key that all pages have one value of tells nothing; nor, unless it is asked for, one that each
   * page has its own value of.
   */
  set(facets: SiteFacet[], keys: string[] | undefined): void {
    const useful = facets.filter(({values}) => values.length > 1);
    this.#facets = keys
      ? keys.flatMap(key => useful.find(facet => facet.key === key) ?? [])
      : useful.filter(({key, values}) => !TECHNICAL.test(key) && values.some(({count}) => count > 1));
  }

  format(n: number): string {
    this.#number ??= new Intl.NumberFormat(this.#tag);
    return this.#number.format(n);
  }

  /** Of the pages that were found; undefined: of all. */
  showCounts(counts: SiteFacet[] | undefined): void {
    this.#counts = counts;
    for (const span of this.element.querySelectorAll<HTMLElement>('.count')) {
      const {key = '', value = ''} = span.dataset;
      span.textContent = this.#countOf(key, value);
    }
  }

  #countOf(key: string, value: string): string {
    const of = (facets: SiteFacet[]) => facets.find(facet => facet.key === key)
      ?.values.find(other => other.value === value)?.count;
    return this.format((this.#counts && of(this.#counts)) ?? of(this.#facets) ?? 0);
  }

  clear(): void {
    this.#filters = {};
    for (const chip of this.element.querySelectorAll('button')) {
      setProps(chip, {'aria-pressed': 'false'});
    }
  }

  render(tag: string, labels: Labels): void {
    this.#tag = tag;
    this.#number = undefined;
    setProps(this.element, {role: 'group', 'aria-label': labels.filters});
    this.element.replaceChildren(...this.#facets.map(({key, values}) => {
      // "docType" and "doc_type" are "Doc type" for people.
      const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').toLowerCase();
      const name = words.replace(/^\p{L}/u, letter => letter.toUpperCase());
      return h('div', {role: 'group', 'aria-label': name, class: 'facet', part: 'facet'},
        h('span', {class: 'name', 'aria-hidden': 'true'}, name),
        ...values.slice(0, MOST_VALUES).map(({value}) => {
          const chip = h('button', {
            type: 'button', class: 'chip', part: 'chip',
            'aria-pressed': this.#filters[key]?.includes(value) ? 'true' : 'false',
          }, h('span', {dir: 'auto'}, value),
          h('span', {class: 'count', 'data-key': key, 'data-value': value}, this.#countOf(key, value)));
          chip.addEventListener('click', () => this.#toggle(key, value, chip));
          return chip;
        }));
    }));
  }

  #toggle(key: string, value: string, chip: HTMLElement): void {
    const on = this.#filters[key] ?? [];
    const chosen = on.includes(value) ? on.filter(other => other !== value) : [...on, value];
    const {[key]: _, ...others} = this.#filters;
    this.#filters = chosen.length > 0 ? {...others, [key]: chosen} : others;
    setProps(chip, {'aria-pressed': on.includes(value) ? 'false' : 'true'});
    this.#changed();
  }
}
