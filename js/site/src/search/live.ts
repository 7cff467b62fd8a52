/* Results as somebody types: late, stale and double answers stay out of the way. */
import {isAbort} from '../errors.ts';
import type {SiteFilters, SiteResults} from '../types.ts';
import type {SiteSearch} from './site_search.ts';

export interface LiveQuestion {
  text: string;
  typing: boolean;
  limit: number;
  all: boolean;
  filters: SiteFilters;
}

export interface LiveListener {
  /** A question is under way; false: it has its last answer. */
  busy(on: boolean): void;
  /** Once by words, and again with meaning, where that takes longer. */
  results(results: SiteResults, question: LiveQuestion, ms: number): void;
  failed(error: unknown, question: LiveQuestion): void;
}

/** Keys that follow each other faster than this are one question. */
const PAUSE = 120;
/** For the characters of an input method, which change until one is chosen. */
const COMPOSING_PAUSE = 300;
/** An answer with meaning that comes this soon after the one by words is shown instead of it. */
const TOGETHER = 60;

export class LiveQuery {
  readonly #open: () => Promise<SiteSearch>;
  readonly #listener: LiveListener;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | undefined;

  constructor(open: () => Promise<SiteSearch>, listener: LiveListener) {
    this.#open = open;
    this.#listener = listener;
  }

  /** Whatever was asked before is not answered any more. */
  ask(question: LiveQuestion, when: 'now' | 'typing' | 'composing'): void {
    this.#stop();
    this.#listener.busy(true);
    const start = () => {
      this.#abort = new AbortController();
      void this.#run(question, this.#abort.signal);
    };
    if (when === 'now') start();
    else this.#timer = setTimeout(start, when === 'typing' ? PAUSE : COMPOSING_PAUSE);
  }

  cancel(): void {
    this.#stop();
    this.#listener.busy(false);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #run(question: LiveQuestion, signal: AbortSignal): Promise<void> {
    const {text, ...options} = question;
    const start = performance.now();
    const show = (results: SiteResults) => {
      if (!signal.aborted) this.#listener.results(results, question, performance.now() - start);
    };
    try {
      const search = await this.#open();
      if (signal.aborted) return;
      const words = await search.query(text, {...options, mode: 'keyword', signal});
      if (search.model !== 'ready') {
        show(words);
      } else {
        const both = search.query(text, {...options, mode: 'hybrid', signal});
        const soon = new Promise<undefined>(resolve => setTimeout(resolve, TOGETHER));
        const first = await Promise.race([both.catch(() => undefined), soon]);
        show(first ?? words);
        // Meaning is an addition: where it fails, the words have been answered.
        if (!first) await both.then(show, () => undefined);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isAbort(error)) this.#listener.failed(error, question);
    }
    if (!signal.aborted) this.#listener.busy(false);
  }
}
