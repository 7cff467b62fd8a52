/* One instance of a reader's module, with an index open. C's interface is include/lode.h's. */
import {
  lode_error, lode_file_data, lode_index_mode, lode_index_search_options, lode_model_options,
  lode_range, lode_result, lode_results, lode_site_info, lode_text,
} from '../../../src/abi.ts';
import {Heap, Scope, scoped} from '../../../src/engine/heap.ts';
import type {Exports} from '../../../src/engine/instance.ts';
import {SiteError, type SiteErrorCode} from '../errors.ts';
import type {
  Mark, SiteAnswer, SiteFacet, SiteFile, SitePage, SitePassage, SiteQuestion, SiteResults,
  SiteVectors,
} from '../types.ts';
import type {Stem} from './stemmers.ts';

interface SiteExports {
  lode_site_open(boot: number, size: number, out: number, error: number): number;
  lode_site_free(site: number): void;
  lode_site_get_info(site: number, info: number, error: number): number;
  lode_site_ask(site: number, query: number, options: number, error: number): number;
  lode_site_results(site: number, out: number, error: number): number;
  lode_site_counts(site: number, json: number, error: number): number;
  lode_site_facets(site: number, json: number, error: number): number;
  lode_site_needs(site: number): number;
  lode_site_need(site: number, i: number, size: number): number;
  lode_site_give(site: number, file: number, data: number, size: number, error: number): number;
  lode_results_free(results: number): void;
  /* Of modules that search by meaning: */
  lode_site_set_model(site: number, model: number, error: number): number;
  lode_site_set_near(site: number, near: number, error: number): number;
}

const PAGE = 65536;
const BUSY = 11;
/** lode_status as what it means here; all others are faults of ours. */
const CODES: Record<number, SiteErrorCode> = {5: 'damaged', 6: 'version'};

export interface ReaderInfo {
  pages: number;
  base: string;
  model: string | undefined;
  languages: string[];
}

export class Reader {
  readonly info: ReaderInfo;
  readonly #heap: Heap;
  readonly #site: number;
  #hasModel = false;

  /** stem: called for words of the languages in `info`. */
  constructor(module: WebAssembly.Module, boot: Uint8Array, stem: Stem) {
    const memory = new WebAssembly.Memory({initial: 40, maximum: PAGE});
    const codes = new Map<number, string>(); // of languages, which stay where they are
    const instance = new WebAssembly.Instance(module, {
      env: {memory},
      lode: {
        now: () => performance.now() / 1000,
        progress: () => 0,
        stem: (language: number, word: number, size: number, out: number) => {
          let code = codes.get(language);
          if (code === undefined) codes.set(language, code = this.#heap.string(language) ?? '');
          return stem(code, this.#heap.bytes, word, size, out);
        },
        log: Math.log,
        decompose: (c: number, out: number) => {
          const parts = Array.from(String.fromCodePoint(c).normalize('NFD'));
          parts.forEach((part, i) => this.#heap.setU32(out + 4 * i, part.codePointAt(0) ?? 0));
          return parts.length;
        },
      },
    });
    const exports = instance.exports as unknown as Exports;
    this.#heap = new Heap(memory, exports);
    exports._initialize();
    this.#site = this.#scoped(scope => {
      const out = scope.alloc(4);
      this.#check(scope, this.#exports.lode_site_open(this.#put(scope, boot), boot.length, out,
        scope.error));
      return this.#heap.u32(out);
    });
    this.info = this.#readInfo();
  }

  give(file: string, bytes: Uint8Array): void {
    this.#scoped(scope => this.#check(scope, this.#exports.lode_site_give(this.#site,
      scope.string(file), this.#put(scope, bytes), bytes.length, scope.error)));
  }

  ask(question: SiteQuestion): SiteAnswer<SiteResults> {
    return this.#scoped(scope => {
      const text = this.#text(scope, question.text);
      const options = this.#options(scope, question);
      this.#check(scope, this.#exports.lode_site_ask(this.#site, text, options, scope.error));
      const out = scope.alloc(4);
      const status = this.#exports.lode_site_results(this.#site, out, scope.error);
      if (status === BUSY) return {needs: this.#needs(scope)};
      this.#check(scope, status);
      const results = this.#heap.u32(out);
      try {
        return {value: this.#readResults(results)};
      } finally {
        this.#exports.lode_results_free(results);
      }
    });
  }

  facets(): SiteAnswer<SiteFacet[]> {
    return this.#json('lode_site_facets');
  }

  count(question: SiteQuestion): SiteAnswer<SiteFacet[]> {
    const answer = this.ask({...question, limit: 1, passages: 1});
    return 'needs' in answer ? answer : this.#json('lode_site_counts');
  }

  #json(name: 'lode_site_facets' | 'lode_site_counts'): SiteAnswer<SiteFacet[]> {
    return this.#scoped(scope => {
      const out = scope.alloc(4);
      const status = this.#exports[name](this.#site, out, scope.error);
      if (status === BUSY) return {needs: this.#needs(scope)};
      this.#check(scope, status);
      return {value: JSON.parse(this.#string(this.#heap.u32(out))) as SiteFacet[]};
    });
  }

  /**
   * Of a module that has an embedder; refused where it is not the index's. The model stays until the
   * reader goes.
   */
  openModel(bytes: Uint8Array, vectors: SiteVectors): void {
    const {exports} = this.#heap;
    const data = this.#heap.alloc(bytes.length); // read where it lies: never freed
    this.#heap.bytes.set(bytes, data);
    this.#scoped(scope => {
      const file = scope.struct(lode_file_data.sizeof);
      this.#heap.setU32(file + lode_file_data.name, scope.string('model.lode-model'));
      this.#heap.setU32(file + lode_file_data.data, data);
      this.#heap.setU32(file + lode_file_data.size, bytes.length);
      const how = scope.struct(lode_model_options.sizeof);
      this.#heap.setU32(how + lode_model_options.struct_size, lode_model_options.sizeof);
      const out = scope.alloc(4);
      this.#check(scope, exports.lode_model_open_memory(file, 1, how, out, scope.error));
      this.#check(scope, this.#exports.lode_site_set_model(this.#site, this.#heap.u32(out),
        scope.error));
      this.#check(scope, this.#exports.lode_site_set_near(this.#site,
        Number(vectors === 'near'), scope.error));
      this.#hasModel = true;
    });
  }

  get #exports(): SiteExports {
    return this.#heap.exports as unknown as SiteExports;
  }

  #scoped<T>(work: (scope: Scope) => T): T {
    return scoped(this.#heap, work);
  }

  #check(scope: Scope, status: number): void {
    if (status === 0) return;
    const text = this.#heap.string(scope.error + lode_error.text) || `status ${status}`;
    throw new SiteError(CODES[status] ?? 'engine', text);
  }

  #string(p: number): string {
    return this.#heap.string(p) ?? '';
  }

  #put(scope: Scope, bytes: Uint8Array): number {
    const p = scope.alloc(bytes.length);
    this.#heap.bytes.set(bytes, p);
    return p;
  }

  /** A lode_text, which functions take by its address. */
  #text(scope: Scope, text: string): number {
    const bytes = new TextEncoder().encode(text);
    const p = scope.alloc(lode_text.sizeof);
    this.#heap.setU32(p + lode_text.data, this.#put(scope, bytes));
    this.#heap.setU32(p + lode_text.size, bytes.length);
    return p;
  }

  #readInfo(): ReaderInfo {
    return this.#scoped(scope => {
      const p = scope.struct(lode_site_info.sizeof);
      this.#heap.setU32(p + lode_site_info.struct_size, lode_site_info.sizeof);
      this.#check(scope, this.#exports.lode_site_get_info(this.#site, p, scope.error));
      return {
        pages: this.#heap.i64(p + lode_site_info.documents),
        base: this.#string(this.#heap.u32(p + lode_site_info.base)),
        model: this.#heap.string(this.#heap.u32(p + lode_site_info.model)),
        languages: this.#string(this.#heap.u32(p + lode_site_info.languages)).split(' ')
          .filter(Boolean),
      };
    });
  }

  #options(scope: Scope, question: SiteQuestion): number {
    const heap = this.#heap;
    const hybrid = question.mode === 'hybrid' && this.#hasModel;
    const filters = Object.entries(question.filters)
      .flatMap(([key, values]) => values.map(value => `${key}=${value}`));
    const list = scope.alloc(4 * filters.length + 4);
    filters.forEach((filter, i) => heap.setU32(list + 4 * i, scope.string(filter)));
    const p = scope.struct(lode_index_search_options.sizeof);
    const set = (offset: number, value: number) => heap.setU32(p + offset, value);
    set(lode_index_search_options.struct_size, lode_index_search_options.sizeof);
    set(lode_index_search_options.mode,
      hybrid ? lode_index_mode.LODE_INDEX_HYBRID : lode_index_mode.LODE_INDEX_KEYWORD);
    set(lode_index_search_options.limit, question.limit);
    set(lode_index_search_options.passages, question.passages);
    set(lode_index_search_options.typing, Number(question.typing));
    set(lode_index_search_options.all, Number(question.all));
    set(lode_index_search_options.filters, list);
    set(lode_index_search_options.filter_count, filters.length);
    return p;
  }

  #needs(scope: Scope): SiteFile[] {
    const size = scope.alloc(4);
    return Array.from({length: this.#exports.lode_site_needs(this.#site)}, (_, i) => ({
      name: this.#string(this.#exports.lode_site_need(this.#site, i, size)),
      size: this.#heap.u32(size),
    }));
  }

  /* ---------------------------------------------------------------- results */

  #readResults(p: number): SiteResults {
    const heap = this.#heap;
    const modes = ['hybrid', 'keyword', 'semantic'] as const;
    return {
      pages: this.#readPages(heap.u32(p + lode_results.list), heap.u32(p + lode_results.count)),
      total: heap.i64(p + lode_results.total),
      totalAtLeast: heap.u32(p + lode_results.total_at_least) !== 0,
      relevant: heap.u32(p + lode_results.relevant) !== 0,
      correction: heap.string(heap.u32(p + lode_results.correction)),
      mode: modes[heap.u32(p + lode_results.mode)] ?? 'keyword',
    };
  }

  /** Results of one page follow each other. */
  #readPages(list: number, count: number): SitePage[] {
    const heap = this.#heap;
    const pages: SitePage[] = [];
    let last: string | undefined;
    for (let p = list; p < list + count * lode_result.sizeof; p += lode_result.sizeof) {
      const id = this.#string(heap.u32(p + lode_result.id));
      if (id !== last) pages.push(this.#readPage(p, id));
      last = id;
      const passage = this.#readPassage(p);
      if (passage) pages.at(-1)?.passages.push(passage);
    }
    return pages;
  }

  #readPage(p: number, id: string): SitePage {
    const heap = this.#heap;
    const title = heap.u32(p + lode_result.title);
    const marks = this.#readMarks(heap.u32(p + lode_result.title_marks),
      heap.u32(p + lode_result.title_mark_count), title, 0);
    return {
      url: this.#string(heap.u32(p + lode_result.url)) || id,
      title: this.#string(title),
      titleMarks: marks,
      metadata: readMetadata(this.#string(heap.u32(p + lode_result.metadata))),
      score: heap.f64(p + lode_result.score),
      passages: [],
    };
  }

  #readPassage(p: number): SitePassage | undefined {
    const heap = this.#heap;
    const text = heap.u32(p + lode_result.text);
    const begin = heap.u32(p + lode_result.snippet + lode_range.begin);
    const end = heap.u32(p + lode_result.snippet + lode_range.end);
    const anchor = this.#string(heap.u32(p + lode_result.anchor));
    if (end <= begin && !anchor) return undefined;
    const marks = this.#readMarks(heap.u32(p + lode_result.marks),
      heap.u32(p + lode_result.mark_count), text + begin, begin);
    return {
      headings: this.#string(heap.u32(p + lode_result.heading)).split(' > ').filter(Boolean),
      anchor,
      cutBefore: begin > 0,
      cutAfter: heap.bytes[text + end] !== 0,
      ...collapse(heap.text(text + begin, end - begin), marks),
    };
  }

  /** Bytes from `shift` on, as offsets of the string at `text`. */
  #readMarks(list: number, count: number, text: number, shift: number): Mark[] {
    const heap = this.#heap;
    const marks: Mark[] = [];
    let byte = 0;
    let unit = 0;
    const to = (target: number) => {
      unit += heap.text(text + byte, target - byte).length;
      byte = target;
      return unit;
    };
    for (let i = 0; i < count; i++) {
      const range = list + i * lode_range.sizeof;
      const begin = to(heap.u32(range + lode_range.begin) - shift);
      marks.push({begin, end: to(heap.u32(range + lode_range.end) - shift)});
    }
    return marks;
  }
}

/** Runs of white space to one space each. */
export function collapse(text: string, marks: Mark[]): {snippet: string; marks: Mark[]} {
  const runs = [...text.matchAll(/\s+/g)].filter(([run]) => run !== ' ');
  if (runs.length === 0) return {snippet: text, marks};
  const less = (at: number) => runs.reduce((sum, {0: run, index}) =>
    sum + Math.max(0, Math.min(run.length, at - index) - 1), 0);
  return {
    snippet: text.replace(/\s+/g, ' '),
    marks: marks.map(({begin, end}) => ({begin: begin - less(begin), end: end - less(end)})),
  };
}

/** A JSON object of arrays of strings, as documents have it; anything else is left out. */
function readMetadata(json: string): Record<string, string[]> {
  try {
    const object = JSON.parse(json) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(object).map(([key, value]) =>
      [key, (Array.isArray(value) ? value : [value]).map(String)]));
  } catch {
    return {};
  }
}
