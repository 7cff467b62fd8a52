import {SiteError, asSiteError, isOnline} from '../errors.ts';
import {placesOf} from '../search/places.ts';
import {questionOf, typedText} from '../search/question.ts';
import type {OpenOptions, SiteSearch} from '../search/site_search.ts';
import {startReader, type StartedReader} from '../search/start.ts';
import type {SiteQuestion} from '../types.ts';
import {LENS, drawing, h, setProps, styleSheet} from './dom.ts';
import css from './element.css';
import {emitFrom} from './events.ts';
import {parseFilters} from './filters.ts';
import {ariaShortcuts, isPlain, isTyping, matches, parseShortcuts, shortcutText} from './keys.ts';
import {FIRST, loadLabels, type Labels, type SomeLabels} from './labels.ts';
import {MARK_PARAM, markWords} from './landing.ts';
import type {Panel, PanelContext, PanelState} from './panel.ts';
import {safeUrl} from './urls.ts';

const SHORTCUTS = 'mod+k /';

/** So that this file can be read where there are no elements, on a server. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Most people who look at a page do not search: the greater part comes when somebody does. */
const loadUi = () => import('./ui.ts');

/** The elements on the page, in the order in which they came. */
const connected = new Set<LodeSearchElement>();

/** `<lode-search index="/search/">`; README.md has its attributes, events, parts. */
export class LodeSearchElement extends Base {
  static readonly observedAttributes = [
    'index', 'variant', 'lang', 'hotkeys', 'facets', 'filters', 'base',
  ];

  readonly #emit = emitFrom(this);
  readonly #root: ShadowRoot;
  readonly #dialog = h('dialog', {part: 'dialog'});
  /** In the dialog until there is a panel: whoever types at once loses no key. */
  readonly #early = h('input', {class: 'early', part: 'input', autocomplete: 'off'});
  readonly #label = h('span', {class: 'label'});
  readonly #hint = h('kbd', {part: 'hint', 'aria-hidden': 'true'});
  readonly #trigger = h('button', {type: 'button', part: 'trigger', 'aria-haspopup': 'dialog'},
    drawing(LENS), this.#label, this.#hint);
  readonly #slot = h('slot', {name: 'trigger'}, this.#trigger);
  #panel: Panel | undefined;
  #loading: Promise<Panel> | undefined;
  #query: string | undefined;
  #opening: Promise<SiteSearch> | undefined;
  #started: StartedReader | undefined;
  #own: SiteSearch | undefined;
  #shared: SiteSearch | undefined;
  #openOptions: OpenOptions = {};
  #labels: SomeLabels | undefined;
  #shown: [labels: SomeLabels, tag: string] = [FIRST, 'en'];
  #touched = false;
  /** Enter was pressed in #early. */
  #hurried = false;
  #composing = false;
  #composed: ((value: unknown) => void) | undefined;
  /** The dialog says that there can be no panel. */
  #failed = false;
  #overflow: [string, string] | undefined;
  #leave: AbortController | undefined;

  constructor() {
    super();
    this.#root = this.shadowRoot ?? this.attachShadow({mode: 'open'});
    this.#root.adoptedStyleSheets = [styleSheet(css)];
    this.#listen();
  }

  /* ---------------------------------------------------------------- for the page */

  /** Whether the dialog is open. */
  get open(): boolean {
    return this.#dialog.open;
  }

  /** What is shown: also the attribute data-state, for styles. */
  get state(): PanelState {
    return this.#panel?.state ?? 'idle';
  }

  get query(): string {
    return this.#panel?.query ?? this.#query ?? '';
  }

  /** Asked as soon as it can be. */
  set query(text: string) {
    this.#query = text;
    if (this.#panel) this.#panel.query = text;
  }

  /** The open index; undefined until it is. To share one among elements, or bring another, set it. */
  get search(): SiteSearch | undefined {
    return this.#shared ?? this.#own;
  }

  set search(search: SiteSearch | undefined) {
    this.#shared = search;
    this.#restart();
  }

  /** Options for opening the index: where wasm files and the reader are. */
  get openOptions(): OpenOptions {
    return this.#openOptions;
  }

  set openOptions(options: OpenOptions) {
    this.#openOptions = options;
    this.#restart();
  }

  /** Texts of the page's own, instead of a language's file. */
  get labels(): Partial<Labels> | undefined {
    return this.#labels;
  }

  set labels(labels: Partial<Labels> | undefined) {
    this.#labels = labels && {...FIRST, ...labels};
    if (this.isConnected) void this.#localize();
  }

  /** Open the dialog; in the page, go to the field. Never throws: see the event lode-search:error. */
  async show(): Promise<void> {
    const opened = this.#openDialog();
    if (opened === undefined) return;
    let panel: Panel;
    try {
      panel = await this.#load();
    } catch {
      this.#showFailure();
      return;
    }
    if (this.#early.isConnected) {
      await this.#takeOver(panel);
    } else if (!this.#isDialog || this.#dialog.open) { // not closed meanwhile
      panel.input.focus();
      panel.input.select();
      if (opened) panel.wake();
    }
  }

  close(): void {
    if (this.#dialog.open) this.#dialog.close();
    this.#closed();
  }

  toggle(): void {
    if (this.#dialog.open) this.close();
    else void this.show();
  }

  /** Get ready before anybody asks: all but the model. */
  async preload(): Promise<void> {
    await Promise.all([this.#load(), this.#open()]);
  }

  /* ---------------------------------------------------------------- life */

  connectedCallback(): void {
    for (const name of ['query', 'search', 'openOptions', 'labels'] as const) this.#upgrade(name);
    connected.add(this);
    this.#leave = new AbortController();
    const {signal} = this.#leave;
    document.addEventListener('keydown', event => this.#shortcut(event), {signal});
    addEventListener('online', () => {
      if (this.#failed) void this.show();
      else if (this.state === 'offline') this.#panel?.retry();
    }, {signal});
    const param = this.getAttribute('query-param');
    const query = param && new URLSearchParams(location.search).get(param);
    if (query && !this.query) this.query = query;
    this.#arrange();
    void this.#localize();
  }

  disconnectedCallback(): void {
    connected.delete(this);
    this.#leave?.abort();
    this.close();
    this.#panel?.rest();
    // Only moved to another place in the page, it keeps what it has.
    queueMicrotask(() => {
      if (!this.isConnected) this.#drop();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    // Those that it begins with are read once it is connected, all together.
    if (before === after || !connected.has(this)) return;
    if (name === 'variant') {
      this.close();
      this.#arrange();
    }
    if (/^(index|base|facets|filters)$/.test(name)) this.#restart();
    void this.#localize();
  }

  /** Values that the page set before it had this class. */
  #upgrade(name: 'query' | 'search' | 'openOptions' | 'labels'): void {
    const self = this as Record<string, unknown>;
    if (!Object.hasOwn(this, name)) return;
    const value = self[name];
    delete self[name];
    self[name] = value;
  }

  /* ---------------------------------------------------------------- what comes later */

  async #load(): Promise<Panel> {
    if (this.#panel) return this.#panel;
    this.#loading ??= this.#makePanel();
    return this.#loading;
  }

  /** What reads the index is on its way at once, not when that which asks it has come. */
  #startReader(): void {
    const index = this.#indexUrl();
    const {engine, worker = true, vectors} = this.#openOptions;
    if (!index || this.search || this.#opening || this.#started || engine || !worker) return;
    if (typeof Worker !== 'function' || typeof WebAssembly !== 'object') return;
    try {
      const {reader, url, wasm} = placesOf(index, this.#openOptions);
      this.#started = startReader(reader, url, wasm, vectors, this.#question());
    } catch {
      // Who opens the index finds the same, and another way.
    }
  }

  /** That the panel will ask as soon as it is there: the reader need not wait for it. */
  #question(): SiteQuestion | undefined {
    const asked = typedText(this.#query ?? '');
    if (!asked.text) return undefined;
    return questionOf(asked.text, {
      typing: asked.typing, limit: this.#limit, filters: parseFilters(this.#filters),
    }, false);
  }

  async #makePanel(): Promise<Panel> {
    this.#startReader();
    let ui: Awaited<ReturnType<typeof loadUi>>;
    try {
      ui = await loadUi();
    } catch (cause) {
      this.#loading = undefined; // the next attempt is a new one
      const error = new SiteError(isOnline() ? 'network' : 'offline', String(cause), {cause});
      this.#emit('lode-search:error', {error});
      throw error;
    }
    const panel = new ui.Panel(this.#context(), this.#root);
    this.#panel = panel;
    if (!this.#early.isConnected) this.#arrange();
    panel.localize(...this.#shown, this.#isDialog);
    panel.element.addEventListener('focusin', () => {
      if (this.#isDialog || this.#touched) return;
      this.#touched = true;
      panel.wake();
      this.#emit('lode-search:open', {});
    });
    if (this.#query) panel.query = this.#query;
    return panel;
  }

  #context(): PanelContext {
    return {
      open: () => this.#open(),
      emit: this.#emit,
      close: () => this.close(),
      base: search => this.#base(search),
      markParam: () => this.getAttribute('highlight') === 'off' ? '' : MARK_PARAM,
      facetKeys: () => this.getAttribute('facets')?.split(/[\s,]+/).filter(Boolean),
      filters: () => this.#filters,
      limit: () => this.#limit,
      visited: () => this.getAttribute('recents') === 'off' ? undefined
        : this.#indexUrl()?.pathname ?? '',
      wantsModel: () => this.getAttribute('semantic') !== 'off' && !savesData(),
      mark: markWords,
    };
  }

  get #filters(): string {
    return this.getAttribute('filters') ?? '';
  }

  get #limit(): number {
    return Math.min(Math.max(Number(this.getAttribute('limit')) || 10, 1), 100);
  }

  /** Whether it was closed until now; undefined: it cannot be opened. In the page, false. */
  #openDialog(): boolean | undefined {
    const dialog = this.#dialog;
    if (!this.#isDialog) return false;
    if (!this.isConnected) return undefined;
    if (!this.#panel) {
      this.#failed = this.#hurried = false;
      dialog.replaceChildren(this.#early, this.#closer());
      this.#early.focus();
    }
    if (dialog.open) return false;
    dialog.showModal();
    if (!isRendered(dialog)) {
      dialog.close(); // nobody would see it, and the page behind it would be dead
      return undefined;
    }
    this.#lockScroll(true);
    this.toggleAttribute('open', true);
    this.#emit('lode-search:open', {});
    return true;
  }

  /** What was typed meanwhile is the panel's. */
  async #takeOver(panel: Panel): Promise<void> {
    const early = this.#early;
    // An input method's characters are lost with the field that they are put together in.
    if (this.#composing) await new Promise(done => (this.#composed = done));
    const {value, selectionStart, selectionEnd} = early;
    // In this order: where the focus is nowhere, telephones take their keyboard away.
    const others = [...this.#dialog.children];
    this.#dialog.append(panel.element);
    panel.input.focus();
    for (const other of others) other.remove();
    early.value = '';
    if (!this.#dialog.open) return; // closed meanwhile
    panel.wake();
    if (value === '') return;
    panel.query = value;
    panel.input.setSelectionRange(selectionStart, selectionEnd);
    if (this.#hurried) panel.input.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));
  }

  /** Without what the panel is made of, a word at least. */
  #showFailure(): void {
    if (!this.#dialog.open) return;
    this.#failed = true;
    const [labels] = this.#shown;
    const retry = button(labels.retry, () => void this.show());
    this.#dialog.replaceChildren(h('p', {role: 'alert'}, isOnline() ? labels.error : labels.offline),
      retry, this.#closer());
    retry.focus();
  }

  #closer(): HTMLElement {
    return button(this.#shown[0].close, () => this.close());
  }

  /* ---------------------------------------------------------------- the index */

  #indexUrl(): URL | undefined {
    const index = this.getAttribute('index');
    const url = index === null ? undefined : safeUrl(index, document.baseURI);
    if (url && !url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  }

  async #open(): Promise<SiteSearch> {
    if (this.#shared) return this.#shared;
    this.#opening ??= this.#openOwn();
    return this.#opening;
  }

  async #openOwn(): Promise<SiteSearch> {
    const url = this.#indexUrl();
    try {
      if (!url) throw new SiteError('engine', '<lode-search> needs an attribute index: a URL');
      const {SiteSearch} = await loadUi();
      const started = this.#started;
      this.#started = undefined;
      const search = await SiteSearch.open(url, this.#openOptions, started);
      this.#own = search;
      return search;
    } catch (error) {
      this.#opening = undefined;
      throw asSiteError(error);
    }
  }

  /** Of pages' URLs: told here, told to the index, or the folder that the index is in, "./". */
  #base({info}: SiteSearch): string {
    const above = new URL('..', this.#indexUrl()?.href ?? document.baseURI).href;
    const told = this.getAttribute('base');
    // Where it begins with a dot, so do the pages' URLs, which are of the same folder.
    const base = info.base.startsWith('.') ? above : info.base || above;
    return safeUrl(told ?? base, document.baseURI)?.href ?? above;
  }

  #drop(): void {
    this.#started?.worker.terminate();
    this.#started = undefined;
    this.#own?.close();
    this.#own = this.#opening = undefined;
  }

  #restart(): void {
    this.#drop();
    this.#panel?.reset();
  }

  /* ---------------------------------------------------------------- the look */

  get #isDialog(): boolean {
    return this.getAttribute('variant') !== 'inline';
  }

  /** In the page, what is written inside of the element is seen until there is a field. */
  #arrange(): void {
    const panel = this.#panel?.element;
    if (this.#isDialog) {
      this.#dialog.replaceChildren(...panel ? [panel] : []);
      // Not again: the button may have the focus.
      if (!this.#dialog.isConnected) this.#root.replaceChildren(this.#slot, this.#dialog);
    } else {
      this.#root.replaceChildren(panel ?? h('slot'));
      if (!panel) this.#load().catch(() => undefined);
    }
  }

  get #language(): string {
    return this.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || 'en';
  }

  async #localize(): Promise<void> {
    const tag = this.#language;
    this.#apply(this.#labels ?? FIRST, tag);
    const folder = this.#openOptions.wasm ?? this.#indexUrl()?.href;
    if (this.#labels || !folder) return;
    const labels = await loadLabels(tag, new URL(folder, document.baseURI));
    if (tag === this.#language && !this.#labels) this.#apply(labels, tag);
  }

  #apply(labels: SomeLabels, tag: string): void {
    this.#shown = [labels, tag];
    const shortcuts = this.#shortcuts;
    const keys = {'aria-keyshortcuts': ariaShortcuts(shortcuts) || undefined};
    this.#label.textContent = labels.search;
    this.#hint.textContent = shortcuts[0] ? shortcutText(shortcuts[0]) : '';
    this.#hint.hidden = !shortcuts[0];
    setProps(this.#trigger, {...keys, lang: tag, dir: labels.dir});
    for (const element of this.#slot.assignedElements()) {
      setProps(element, {...keys, 'aria-haspopup': 'dialog'});
    }
    setProps(this.#dialog, {'aria-label': labels.search, lang: tag, dir: labels.dir});
    setProps(this.#early, {'aria-label': labels.search, placeholder: labels.placeholder});
    this.#panel?.localize(labels, tag, this.#isDialog);
    if (this.#panel && !this.#isDialog) setProps(this.#panel.input, keys);
  }

  /** The page behind the dialog stays where it is, and as wide as it is. */
  #lockScroll(on: boolean): void {
    const {style} = document.documentElement;
    if (on && !this.#overflow) {
      this.#overflow = [style.overflow, style.scrollbarGutter];
      if (innerWidth > document.documentElement.clientWidth) style.scrollbarGutter = 'stable';
      style.overflow = 'hidden';
    } else if (!on && this.#overflow) {
      [style.overflow, style.scrollbarGutter] = this.#overflow;
      this.#overflow = undefined;
    }
  }

  /* ---------------------------------------------------------------- what people do */

  get #shortcuts() {
    return parseShortcuts(this.getAttribute('hotkeys') ?? SHORTCUTS);
  }

  #shortcut(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    // Navigation bars hide what has no room in them, and may have another elsewhere.
    if (!isRendered(this) && !isRendered(this.#trigger)) return;
    const shortcut = this.#shortcuts.find(candidate => matches(candidate, event));
    if (!shortcut || (isPlain(shortcut) && isTyping(event))) return;
    // One dialog at a time; whose it is, is whose keys these are.
    const open = [...connected].find(other => other.open);
    if (open && open !== this) return;
    // A dialog of the page's own is in front of everything else.
    if (!open && document.querySelector('dialog:modal')) return;
    event.preventDefault();
    if (this.#isDialog && !isPlain(shortcut)) this.toggle();
    else void this.show();
  }

  #listen(): void {
    this.#slot.addEventListener('click', () => void this.show());
    this.#slot.addEventListener('slotchange', () => this.#apply(...this.#shown));
    // What will be needed is fetched while the hand is on its way.
    for (const type of ['pointerenter', 'focusin']) {
      this.#slot.addEventListener(type, () => {
        if (this.#indexUrl()) this.preload().catch(() => undefined);
      }, {once: true});
    }
    this.#early.addEventListener('keydown', event => {
      if (event.key === 'Enter' && !event.isComposing) this.#hurried = true;
    });
    for (const type of ['compositionstart', 'compositionend', 'blur']) {
      this.#early.addEventListener(type, () => {
        this.#composing = type === 'compositionstart';
        if (!this.#composing) this.#composed?.(undefined);
      });
    }
    // Pressed and let go on the backdrop: not a selection that ended there.
    let pressed = false;
    this.#dialog.addEventListener('pointerdown', event => {
      pressed = event.target === this.#dialog;
    });
    this.#dialog.addEventListener('click', event => {
      if (pressed && event.target === this.#dialog) this.close();
    });
    // It comes late: the dialog may be open again.
    this.#dialog.addEventListener('close', () => {
      if (!this.#dialog.open) this.#closed();
    });
  }

  /** After the dialog has closed, by whatever: once. */
  #closed(): void {
    if (!this.hasAttribute('open')) return;
    this.toggleAttribute('open', false);
    // What is hidden keeps the focus until the next frame, and a "/" typed before would be its own.
    this.#panel?.input.blur();
    this.#lockScroll(false);
    this.#panel?.rest();
    this.#emit('lode-search:close', {});
  }
}

function button(text: string, act: () => void): HTMLElement {
  const made = h('button', {type: 'button'}, text);
  made.addEventListener('click', act);
  return made;
}

/** Not so in what is hidden. */
function isRendered(element: Element): boolean {
  return element.getClientRects().length > 0;
}

/** People who have asked for less to be transferred. */
function savesData(): boolean {
  const {connection} = navigator as {connection?: {saveData?: boolean}};
  return connection?.saveData === true;
}

/** Define the element; twice is once, and where there are no elements, nothing. */
export function defineLodeSearch(name = 'lode-search'): void {
  if (!globalThis.customElements || customElements.get(name)) return;
  customElements.define(name, LodeSearchElement);
}

declare global {
  interface HTMLElementTagNameMap {
    'lode-search': LodeSearchElement;
  }
}
