/* The search itself: field, filters, results, messages. In a dialog or in the page. */
import english from '../../lang/en.json' with {type: 'json'};
import {asSiteError, isPassing} from '../errors.ts';
import {LiveQuery, type LiveQuestion} from '../search/live.ts';
import {typedText} from '../search/question.ts';
import type {SiteSearch} from '../search/site_search.ts';
import type {SiteResults} from '../types.ts';
import {h, setProps, styleSheet} from './dom.ts';
import type {Emit, QueryDetail} from './events.ts';
import {FacetBar} from './facets.ts';
import {parseFilters} from './filters.ts';
import {icon, type IconName} from './icons.ts';
import type {Labels, SomeLabels} from './labels.ts';
import {OptionList, resultGroups, visitedOption, type Group, type Option} from './options.ts';
import css from './panel.css';
import {countText, fill} from './text.ts';
import {markedWords, safeUrl} from './urls.ts';
import {visitedStore, type VisitedStore} from './visited.ts';

/** What the element tells its panel; read anew each time. */
export interface PanelContext {
  open(): Promise<SiteSearch>;
  emit: Emit;
  /** Close the dialog; nothing where there is none. */
  close(): void;
  /** Pages' URLs are relative to this. */
  base(search: SiteSearch): string;
  /** The parameter of URLs; "": no marks. */
  markParam(): string;
  facetKeys(): string[] | undefined;
  /** What is always filtered by: "key:value, key:value". */
  filters(): string;
  limit(): number;
  /** The name of the list of recent pages; undefined: there is to be none. */
  visited(): string | undefined;
  wantsModel(): boolean;
  /** Mark them on this page. */
  mark(words: string[]): Range[];
}

/** What is shown; the element's `data-state`, for styles and tests. */
export type PanelState =
  | 'idle' | 'loading' | 'results' | 'none' | 'irrelevant' | 'empty'
  | 'offline' | 'error' | 'unsupported';

/** Longer questions are cut: nobody types them. */
const MOST_CHARACTERS = 1000;
const MORE = 10;
/** Typing has ended, for those who count questions. */
const SETTLED = 1000;
/** What is said aloud waits for a pause. */
const SAY_AFTER = 400;
const LOADING_AFTER = 250;

export class Panel {
  readonly input = h('input', {
    type: 'text', role: 'combobox', part: 'input', id: 'input', autocomplete: 'off',
    autocorrect: 'off', autocapitalize: 'off', spellcheck: 'false', inputmode: 'search',
    enterkeyhint: 'search', maxlength: MOST_CHARACTERS, 'aria-autocomplete': 'list',
    'aria-haspopup': 'listbox', 'aria-expanded': 'false', 'aria-controls': 'list',
  });
  readonly #clear = h('button', {type: 'button', part: 'clear', class: 'tool', hidden: true},
    icon('close'));
  readonly #filterName = h('span', {class: 'unseen'});
  readonly #filter = h('button', {
    type: 'button', part: 'filter', class: 'tool', 'aria-controls': 'facets', hidden: true,
  }, icon('filter'), this.#filterName, h('span', {class: 'badge'}));
  readonly #close = h('button', {type: 'button', part: 'close', class: 'close'});
  readonly #facets = new FacetBar(() => this.#refilter());
  readonly #list = new OptionList(this.input);
  readonly #actions = h('div', {class: 'actions', part: 'actions'});
  readonly #info = h('p', {class: 'info', part: 'info'});
  readonly #message = h('div', {class: 'message', part: 'message', hidden: true});
  readonly #more = h('button', {type: 'button', class: 'more', part: 'more', hidden: true});
  readonly #status = h('div', {role: 'status', class: 'unseen'});
  readonly #keys = h('span', {class: 'keys', part: 'keys', 'aria-hidden': 'true'});
  readonly #model = h('span', {class: 'model', part: 'model'});
  readonly #bar = h('div', {class: 'bar', part: 'bar', role: 'search'},
    icon('search'), this.input, this.#clear, this.#filter, this.#close);
  readonly #body = h('div', {class: 'body', part: 'body'}, this.#info,
    h('div', {class: 'rows'}, this.#list.element, this.#actions), this.#more, this.#message);
  readonly element = h('div', {class: 'panel', part: 'panel'}, this.#bar, this.#facets.element,
    this.#body, this.#status,
    h('div', {class: 'footer', part: 'footer'}, this.#keys, this.#model));

  readonly #context: PanelContext;
  readonly #live: LiveQuery;
  #labels: Labels = english;
  #tag = 'en';
  #dialog = true;
  #search: SiteSearch | undefined;
  /** Whose filters are there, or on the way. */
  #faceted: SiteSearch | undefined;
  #state: PanelState = 'idle';
  #results: SiteResults | undefined;
  /** That the results are of. */
  #shown: LiveQuestion | undefined;
  #limit = 0;
  #all = false;
  #composing = false;
  /** Enter was pressed before there were results of what is typed. */
  #openFirst = false;
  #settled: QueryDetail | undefined;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #sayTimer: ReturnType<typeof setTimeout> | undefined;
  #busyTimer: ReturnType<typeof setTimeout> | undefined;
  #reported: string | undefined;
  #prepared = false;

  /** root: whose styles are set. */
  constructor(context: PanelContext, root: ShadowRoot) {
    this.#context = context;
    root.adoptedStyleSheets.push(styleSheet(css));
    this.#live = new LiveQuery(() => this.#opened(), {
      busy: on => this.#busy(on),
      results: (results, question, ms) => this.#show(results, question, ms),
      failed: (error, question) => this.#fail(error, question),
    });
    this.#listen();
    this.#list.show([], false);
  }

  get state(): PanelState {
    return this.#state;
  }

  get query(): string {
    return this.input.value;
  }

  set query(text: string) {
    this.input.value = text.slice(0, MOST_CHARACTERS);
    this.#typed('now');
  }

  /** dialog: it is in one, and can be closed. */
  localize(some: SomeLabels, tag: string, dialog: boolean): void {
    const labels = this.#labels = {...english, ...some};
    this.#tag = tag;
    this.#dialog = dialog;
    setProps(this.element, {dir: labels.dir, lang: tag});
    setProps(this.input, {'aria-label': labels.search, placeholder: labels.placeholder});
    setProps(this.#bar, {'aria-label': labels.search});
    setProps(this.#clear, {'aria-label': labels.clear, title: labels.clear});
    setProps(this.#filter, {title: labels.filters});
    this.#filterName.textContent = labels.filters;
    this.#renderFilter();
    setProps(this.#list.element, {'aria-label': labels.list});
    this.#close.textContent = labels.close;
    this.#close.hidden = !dialog;
    this.#more.textContent = labels.more;
    const keys = [['↑↓', labels.move], ['↵', labels.openKey], ...(dialog
      ? [['Esc', labels.closeKey]] : [])] as const;
    this.#keys.replaceChildren(...keys.map(([key, what]) =>
      h('span', {}, h('kbd', {part: 'key'}, key ?? ''), ` ${what}`)));
    this.#facets.render(tag, labels);
    this.#render();
  }

  /** It can be seen: draw what may have changed meanwhile, and get ready. */
  wake(): void {
    const text = this.input.value.trim();
    // What was asked when it was closed, and has no answer.
    const open = text !== '' && (this.#shown?.text !== text || !/results|none|irrelevant/.test(this.#state));
    if (open) this.#ask('now');
    else if (this.#state === 'idle') this.#render();
    this.#opened().catch((error: unknown) => {
      if (!open) this.#fail(error, undefined);
    });
  }

  /** Nobody looks any more. */
  rest(): void {
    this.#settle();
    this.#live.cancel();
  }

  /** Another index, or other options. */
  reset(): void {
    this.#live.cancel();
    this.#search?.removeEventListener('model', this.#modelChanged);
    this.#search = this.#faceted = undefined;
    this.#facets.clear();
    this.#facets.set([], undefined);
    this.#facets.render(this.#tag, this.#labels);
    this.#filter.hidden = this.#facets.element.hidden = true;
    this.#setState('idle');
    if (this.input.value.trim()) this.#ask('now');
  }

  /* ---------------------------------------------------------------- asking */

  async #opened(): Promise<SiteSearch> {
    const search = await this.#context.open();
    if (search === this.#search) return search;
    this.#search?.removeEventListener('model', this.#modelChanged);
    this.#search = search;
    search.addEventListener('model', this.#modelChanged);
    this.#renderModel();
    if (search.info.pages === 0) this.#setState('empty');
    // What was asked comes first.
    if (!this.input.value.trim()) this.#loadFacets(search);
    return search;
  }

  #loadFacets(search: SiteSearch): void {
    if (this.#faceted === search) return;
    this.#faceted = search;
    search.facets().then(facets => {
      if (search !== this.#search) return;
      const fixed = parseFilters(this.#context.filters());
      this.#facets.set(facets.filter(({key}) => !fixed[key]), this.#context.facetKeys());
      this.#facets.render(this.#tag, this.#labels);
      this.#filter.hidden = this.#facets.empty;
      this.#renderFilter();
      if (this.#results && this.#shown) this.#count(search, this.#shown);
    }, () => undefined); // filters are an addition
  }

  #typed(when: 'now' | 'typing' | 'composing'): void {
    this.#limit = this.#context.limit();
    this.#all = false;
    this.#openFirst = false;
    this.#clear.hidden = this.input.value === '';
    clearTimeout(this.#settleTimer);
    this.#status.textContent = ''; // "3 results" of another question is to be said again
    if (this.input.value.trim()) {
      this.#ask(when);
    } else {
      this.#live.cancel();
      this.#setState(this.#search?.info.pages === 0 ? 'empty' : 'idle');
    }
  }

  #ask(when: 'now' | 'typing' | 'composing'): void {
    if (this.#search?.info.pages === 0) return;
    this.#live.ask({
      ...typedText(this.input.value),
      limit: this.#limit || this.#context.limit(), all: this.#all,
      filters: {...this.#facets.filters, ...parseFilters(this.#context.filters())},
    }, when);
  }

  #refilter(): void {
    this.#renderFilter();
    if (this.input.value.trim()) this.#ask('now');
  }

  #busy(on: boolean): void {
    setProps(this.#list.element, {'aria-busy': on ? 'true' : undefined});
    clearTimeout(this.#busyTimer);
    if (!on) {
      this.element.classList.remove('busy');
      return;
    }
    // What is soon answered is not said to be on its way; and what moves is drawn sixty times a second.
    this.#busyTimer = setTimeout(() => {
      this.element.classList.add('busy');
      if (!this.#results) this.#setState('loading');
    }, LOADING_AFTER);
    this.#prepareNumbers();
  }

  /** The first number that a page writes takes it ten milliseconds: while it is waiting anyway. */
  #prepareNumbers(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    setTimeout(() => countText(this.#labels, this.#tag, 2, false));
  }

  #show(results: SiteResults, question: LiveQuestion, ms: number): void {
    const search = this.#search;
    if (!search) return;
    this.#shown = question;
    const found = results.pages.length > 0 && (results.relevant || question.all);
    this.#results = results;
    this.#setState(found ? 'results' : results.relevant ? 'none' : 'irrelevant');
    this.#settleLater({
      query: question.text, shown: found ? results.pages.length : 0,
      total: found ? results.total : 0, mode: results.mode, correction: results.correction,
      ms: Math.round(ms),
    });
    if (this.#openFirst && this.#list.length > 0) {
      this.#openFirst = false;
      this.#list.link(0)?.click();
    }
    this.#loadFacets(search);
    this.#count(search, question);
    // Where the connection was lost, it may be back.
    const again = search.model === 'failed' && isPassing(search.modelError);
    if ((again || search.model === 'waiting') && this.#context.wantsModel()) void search.loadModel();
  }

  /** Numbers beside filters are of what was found. */
  #count(search: SiteSearch, question: LiveQuestion): void {
    if (this.#facets.empty) return;
    const {text, ...options} = question;
    search.count(text, options).then(counts => {
      if (this.#shown === question) this.#facets.showCounts(counts);
    }, () => undefined); // an addition, too: those that are there stay
  }

  #fail(cause: unknown, question: LiveQuestion | undefined): void {
    const error = asSiteError(cause);
    if (this.#search) this.#loadFacets(this.#search);
    this.#shown = question;
    this.#setState(error.code === 'offline' ? 'offline'
      : error.code === 'unsupported' ? 'unsupported' : 'error');
    this.#context.emit('lode-search:error', {error});
  }

  retry(): void {
    if (this.input.value.trim()) {
      this.#results = undefined;
      this.#ask('now');
    } else {
      this.#setState('idle');
      this.wake();
    }
  }

  readonly #modelChanged = (): void => {
    const search = this.#search;
    if (!search) return;
    this.#renderModel();
    this.#context.emit('lode-search:model', {state: search.model});
    if (search.model === 'ready' && this.#shown && /results|none|irrelevant/.test(this.#state)) {
      this.#ask('now');
    }
  };

  /* ---------------------------------------------------------------- counting questions */

  #settleLater(detail: QueryDetail): void {
    clearTimeout(this.#settleTimer);
    this.#settled = detail;
    this.#settleTimer = setTimeout(() => this.#settle(), SETTLED);
  }

  /** Each question once, whether its answer came in one piece or two. */
  #settle(): void {
    clearTimeout(this.#settleTimer);
    const detail = this.#settled;
    this.#settled = undefined;
    if (!detail || detail.query === this.#reported) return;
    this.#reported = detail.query;
    this.#context.emit('lode-search:query', detail);
    if (detail.shown === 0) this.#context.emit('lode-search:no-results', detail);
  }

  /* ---------------------------------------------------------------- drawing */

  #setState(state: PanelState): void {
    this.#state = state;
    if (state !== 'results') {
      this.#results = undefined;
      if (state === 'idle') {
        this.#shown = this.#reported = undefined;
        this.#facets.showCounts(undefined);
      }
    }
    this.#render();
  }

  #render(): void {
    const {host} = (this.element.getRootNode() as Partial<ShadowRoot>);
    host?.setAttribute('data-state', this.#state);
    this.#renderList();
    this.#renderMessage();
    this.#renderModel();
  }

  #renderList(): void {
    const results = this.#results;
    this.#actions.replaceChildren();
    if (results && this.#search) {
      const base = this.#context.base(this.#search);
      this.#list.show(resultGroups(results, base, this.#context.markParam()), true);
    } else {
      this.#list.show(this.#state === 'idle' ? this.#visitedGroups() : [], false);
    }
    const count = results &&
      countText(this.#labels, this.#tag, results.total, results.totalAtLeast);
    const correction = results?.correction &&
      fill(this.#labels.correction, {q: results.correction});
    this.#info.replaceChildren(...[correction, count].flatMap(text =>
      text ? [h('span', {dir: 'auto'}, text)] : []));
    this.#info.hidden = !results;
    this.#more.hidden = !results || results.pages.length >= 100 ||
      (results.total <= results.pages.length && !results.totalAtLeast);
    if (results) this.#say([correction, count].filter(Boolean).join('. '));
  }

  /** The options, and beside them, outside of the list box, what can be done with each. */
  #visitedGroups(): Group[] {
    const list = this.#visited?.list() ?? [];
    const {labels, groups, buttons} = {
      labels: this.#labels, groups: [] as Group[], buttons: [] as HTMLElement[],
    };
    for (const favourite of [true, false]) {
      const entries = list.filter(entry => entry.favourite === favourite);
      const options: Option[] = [];
      const rows: HTMLElement[] = [];
      for (const {url, title, crumb} of entries) {
        const safe = safeUrl(url, document.baseURI);
        if (!safe) continue;
        options.push(visitedOption(safe, title, crumb, favourite ? 'star' : 'clock'));
        rows.push(h('div', {class: 'action'},
          this.#action('star', fill(labels.favourite, {t: title}), String(favourite), () =>
            this.#visited?.setFavourite(url, !favourite)),
          this.#action('close', fill(labels.remove, {t: title}), undefined, () =>
            this.#visited?.remove(url))));
      }
      if (options.length === 0) continue;
      groups.push({label: favourite ? labels.favourites : labels.recent, heading: true, options});
      buttons.push(h('div', {class: 'headed', part: 'action-group'}, ...rows));
    }
    this.#actions.replaceChildren(...buttons);
    return groups;
  }

  get #visited(): VisitedStore | undefined {
    const name = this.#context.visited();
    return name === undefined ? undefined : visitedStore(name);
  }

  #action(name: IconName, label: string, pressed: string | undefined, act: () => void): HTMLElement {
    const button = h('button', {
      type: 'button', class: 'tool', part: 'action', 'aria-label': label, title: label,
      'aria-pressed': pressed,
    }, icon(name));
    button.addEventListener('click', () => {
      act();
      this.#render();
      // The button is gone; without this, so would be the focus.
      this.input.focus();
    });
    return button;
  }

  #renderMessage(): void {
    const labels = this.#labels;
    const q = this.#shown?.text ?? this.input.value.trim();
    const text = (label: string) => fill(label, {q});
    const nothing = this.#list.length === 0;
    const filtered = this.#facets.count > 0;
    const parts: Partial<Record<PanelState, [IconName, string, string?, string?, (() => void)?]>> = {
      loading: ['search', labels.loading],
      none: ['search', text(labels.none), labels.noneHint,
        filtered ? labels.clearFilters : undefined, () => this.#clearFilters()],
      irrelevant: ['search', text(labels.irrelevant), labels.noneHint, labels.nearest,
        () => this.#showNearest()],
      empty: ['page', labels.empty],
      offline: ['alert', labels.offline, labels.offlineHint, labels.retry, () => this.retry()],
      error: ['alert', labels.error, undefined, labels.retry, () => this.retry()],
      unsupported: ['alert', labels.unsupported],
      ...(nothing && {idle: ['search', labels.idle]}),
    };
    const part = parts[this.#state];
    this.#message.hidden = !part;
    if (!part) {
      this.#message.replaceChildren();
      return;
    }
    const [name, title, hint, action, act] = part;
    const button = action && h('button', {type: 'button', class: 'button', part: 'button'}, action);
    if (button && act) button.addEventListener('click', () => (act(), this.input.focus()));
    this.#message.replaceChildren(icon(name), h('p', {}, title),
      ...[hint && h('p', {class: 'hint'}, hint), button].filter(node => !!node));
    if (this.#state !== 'idle') this.#say([title, hint].filter(Boolean).join('. '));
    else this.#say('');
  }

  #renderFilter(): void {
    const {count, empty, element} = this.#facets;
    const open = !empty && (count > 0 || this.#filter.getAttribute('aria-expanded') === 'true');
    setProps(this.#filter, {'aria-expanded': open ? 'true' : 'false'});
    element.hidden = !open;
    const badge = this.#filter.querySelector('.badge');
    if (badge) badge.textContent = count > 0 ? this.#facets.format(count) : '';
  }

  #renderModel(): void {
    const model = this.#search?.model ?? 'none';
    const percent = () => new Intl.NumberFormat(this.#tag, {style: 'percent'})
      .format(this.#search?.modelProgress ?? 0);
    const text = {
      none: '', waiting: '',
      loading: model === 'loading' && fill(this.#labels.modelLoading, {p: percent()}),
      ready: this.#labels.meaning, failed: this.#labels.modelFailed,
    }[model];
    this.#model.dataset['model'] = model;
    this.#model.replaceChildren(...(text ? [icon('spark'), text] : []));
  }

  #say(text: string): void {
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => {
      if (this.#status.textContent !== text) this.#status.textContent = text;
    }, SAY_AFTER);
  }

  #clearFilters(): void {
    this.#facets.clear();
    this.#refilter();
  }

  #showNearest(): void {
    this.#all = true;
    this.#ask('now');
  }

  /* ---------------------------------------------------------------- choosing */

  #choose(index: number, event: MouseEvent | undefined, newTab: boolean): void {
    const option = this.#list.at(index);
    if (!option) return;
    this.#settle();
    const ofQuery = this.#state === 'results';
    const detail = {
      query: ofQuery ? this.#shown?.text ?? '' : '', url: option.url.href, title: option.title,
      rank: ofQuery ? index + 1 : 0, newTab,
    };
    this.#context.emit('lode-search:click', detail);
    const clean = new URL(option.url);
    const param = this.#context.markParam();
    if (param) clean.searchParams.delete(param);
    this.#visited?.add(clean.href, option.title, option.crumb);
    if (newTab) {
      if (!event) window.open(option.url.href, '_blank', 'noopener');
      return;
    }
    const stays = clean.href.replace(/#.*/s, '') === location.href.replace(/#.*/s, '');
    if (!this.#context.emit('lode-search:navigate', detail)) {
      event?.preventDefault();
    } else if (stays) {
      // Loading the page again, for its marks, would lose what is on it.
      event?.preventDefault();
      if (clean.hash) location.hash = clean.hash;
      const marked = option.passage && param ? this.#context.mark(markedWords(option.passage)) : [];
      if (!clean.hash) marked[0]?.startContainer.parentElement?.scrollIntoView({block: 'center'});
    }
    this.#context.close();
  }

  #listen(): void {
    const {input} = this;
    input.addEventListener('compositionstart', () => (this.#composing = true));
    input.addEventListener('compositionend', () => {
      this.#composing = false;
      this.#typed('typing');
    });
    input.addEventListener('input', () => this.#typed(this.#composing ? 'composing' : 'typing'));
    input.addEventListener('keydown', event => this.#key(event));
    this.#list.element.addEventListener('click', event => {
      const index = this.#list.indexOf(event);
      if (index >= 0) this.#choose(index, event, hasModifier(event));
    });
    this.#list.element.addEventListener('auxclick', event => {
      const index = this.#list.indexOf(event);
      if (index >= 0 && event.button === 1) this.#choose(index, event, true);
    });
    this.#clear.addEventListener('click', () => {
      this.query = '';
      input.focus();
    });
    this.#close.addEventListener('click', () => this.#context.close());
    this.#more.addEventListener('click', () => {
      this.#limit = Math.min(this.#limit + MORE, 100);
      this.#ask('now');
    });
    this.#filter.addEventListener('click', () => {
      const open = this.#filter.getAttribute('aria-expanded') === 'true';
      setProps(this.#filter, {'aria-expanded': open ? 'false' : 'true'});
      this.#facets.element.hidden = open;
    });
  }

  #key(event: KeyboardEvent): void {
    // The keys that choose among an input method's characters are its own.
    if (event.isComposing || event.keyCode === 229) return;
    const {active, length} = this.#list;
    const chosen = event.key === 'Enter' ? this.#enter(event) : this.#move(event, active, length);
    if (chosen) event.preventDefault();
  }

  #enter(event: KeyboardEvent): boolean {
    const text = this.input.value.trim();
    if (text !== '' && this.#shown?.text !== text) {
      this.#ask('now');
      this.#openFirst = true;
    } else if (hasModifier(event)) {
      this.#choose(Math.max(this.#list.active, 0), undefined, true);
    } else {
      this.#list.link(this.#list.active)?.click();
    }
    return true;
  }

  /** True: the key was ours. */
  #move(event: KeyboardEvent, active: number, length: number): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const last = length - 1;
    switch (event.key) {
      case 'ArrowDown': this.#list.move(1); return true;
      case 'ArrowUp': this.#list.move(-1); return true;
      // In the text, while nothing was chosen.
      case 'Home': case 'End': {
        if (!this.#list.chosen || event.shiftKey) return false;
        this.#list.setActive(event.key === 'Home' ? 0 : last);
        return true;
      }
      case 'PageDown': this.#list.setActive(Math.min(Math.max(active, 0) + 5, last)); return true;
      case 'PageUp': this.#list.setActive(Math.max(active - 5, 0)); return true;
      case 'Delete': {
        const option = this.#state === 'idle' ? this.#list.at(active) : undefined;
        if (!option || this.input.value !== '') return false;
        this.#visited?.remove(option.url.href);
        this.#render();
        this.#list.setActive(Math.min(active, this.#list.length - 1));
        return true;
      }
      case 'Escape': {
        if (this.#dialog || this.input.value === '') return false;
        this.query = '';
        return true;
      }
      default: return false;
    }
  }
}

function hasModifier(event: MouseEvent | KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.shiftKey;
}
