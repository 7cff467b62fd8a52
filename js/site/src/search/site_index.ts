/* An open index: an engine, and the files that it is given. In a worker, or in the page. */
import {SiteError, isSiteError, superseded} from '../errors.ts';
import type {
  SiteAnswer, SiteEngine, SiteEngineFactory, SiteFacet, SiteFile, SiteFilters, SiteInfo, SiteProgress,
  SiteQuestion, SiteResults,
} from '../types.ts';
import {fetchFile} from './fetch.ts';
import {BOOT} from './host.ts';
import {loadModelFile} from './model_file.ts';
import {untilAborted} from './until_aborted.ts';

/**
 * Times that a question may ask for more files. It takes two, and two more for a slip of typing; an
 * index that asks on and on is broken.
 */
const ROUNDS = 8;

export class SiteIndex {
  readonly #url: string;
  readonly #make: SiteEngineFactory;
  #engine: SiteEngine;
  /** Counts questions: only the newest is answered. */
  #turn = 0;
  readonly #arriving = new Map<string, Promise<void>>();
  /** A question that is being answered before it was asked. */
  #expected: {question: string; results: Promise<SiteResults>} | undefined;
  #model: Uint8Array | undefined;

  private constructor(url: string, make: SiteEngineFactory, engine: SiteEngine) {
    this.#url = url;
    this.#make = make;
    this.#engine = engine;
  }

  /**
   * url: of the folder, absolute, with "/" at its end. question: that will be asked first, so that
   * nobody waits for who asks it.
   */
  static async open(url: string, make: SiteEngineFactory, signal?: AbortSignal,
    question?: SiteQuestion) {
    const engine = await make(await readBoot(url, signal));
    const index = new SiteIndex(url, make, engine);
    if (engine.ready) {
      index.#fetchAhead(question);
      await engine.ready;
    }
    if (question) index.#expect(question);
    return index;
  }

  get info(): SiteInfo {
    return this.#engine.info;
  }

  /** A newer question ends this one with an AbortError. */
  async search(question: SiteQuestion, signal?: AbortSignal): Promise<SiteResults> {
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected?.question === JSON.stringify(question)) {
      return untilAborted(expected.results, signal);
    }
    const turn = ++this.#turn;
    return this.#answer(engine => {
      if (turn !== this.#turn) throw superseded();
      return engine.ask(question);
    }, signal);
  }

  async facets(signal?: AbortSignal): Promise<SiteFacet[]> {
    return this.#answer(engine => engine.facets(), signal);
  }

  /**
   * Of each key: of the pages that would be found without its own filter, since its values are
   * alternatives. A newer question ends this one, too.
   */
  async count(question: SiteQuestion, signal?: AbortSignal): Promise<SiteFacet[]> {
    const turn = this.#turn;
    const ask = (filters: SiteFilters) => this.#answer(engine => {
      if (turn !== this.#turn) throw superseded();
      return engine.count ? engine.count({...question, filters}) : {value: []};
    }, signal);
    const facets = await ask(question.filters);
    for (const key of Object.keys(question.filters)) {
      const {[key]: _, ...others} = question.filters;
      const i = facets.findIndex(facet => facet.key === key);
      const free = i < 0 ? undefined : (await ask(others)).find(facet => facet.key === key);
      if (free) facets[i] = free;
    }
    return facets;
  }

  /** Fetch what questions are embedded with. */
  async loadModel(onProgress?: SiteProgress, signal?: AbortSignal): Promise<void> {
    if (!this.info.model || this.#model) return;
    await loadModelFile(this.#fileUrl(this.info.model), async bytes => {
      await this.#engine.giveModel(bytes);
      this.#model = bytes;
    }, onProgress, signal);
  }

  close(): void {
    this.#turn++;
    this.#engine.close();
  }

  async #answer<T>(ask: (engine: SiteEngine) => SiteAnswer<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.#rounds(ask, signal);
    } catch (error) {
      if (!isSiteError(error) || (error.status !== 404 && error.status !== 410)) {
        throw error;
      }
      // The site was published anew, and files of the old index are gone.
      await this.#reopen(signal);
      return this.#rounds(ask, signal);
    }
  }

  async #rounds<T>(ask: (engine: SiteEngine) => SiteAnswer<T>, signal?: AbortSignal): Promise<T> {
    for (let round = 0; round < ROUNDS; round++) {
      const answer = ask(this.#engine);
      if ('value' in answer) return answer.value;
      await this.#fetchAll(answer.needs, signal);
    }
    throw new SiteError('damaged', `${this.#url}: the index asks for files without end`,
      {url: this.#url});
  }

  /** What the question, or every one, needs first, while the engine is waiting for something else. */
  #fetchAhead(question: SiteQuestion = {
    text: '', typing: false, mode: 'keyword', limit: 1, passages: 1, all: false, filters: {},
  }): void {
    // What fails here, fails again where it is needed.
    try {
      const answer = this.#engine.ask(question);
      if ('needs' in answer) this.#fetchAll(answer.needs).catch(() => undefined);
    } catch {}
  }

  #expect(question: SiteQuestion): void {
    const results = this.search(question);
    results.catch(() => undefined); // another came instead of it, or it is told to who asks it
    this.#expected = {question: JSON.stringify(question), results};
  }

  async #reopen(signal?: AbortSignal): Promise<void> {
    const old = this.#engine;
    const engine = await this.#make(await readBoot(this.#url, signal));
    if (old !== this.#engine) {
      engine.close(); // another question came first
      return;
    }
    await engine.ready;
    this.#engine = engine;
    old.close();
    if (this.#model && engine.info.model === old.info.model) {
      await engine.giveModel(this.#model);
    } else {
      this.#model = undefined;
    }
  }

  /**
   * All at once. Files that the next question may want as well arrive even if this one is over,
   * so whoever types fast fetches nothing twice.
   */
  async #fetchAll(files: SiteFile[], signal?: AbortSignal): Promise<void> {
    const all = Promise.all(files.map(file => {
      let arriving = this.#arriving.get(file.name);
      if (!arriving) {
        arriving = this.#fetchOne(file).finally(() => this.#arriving.delete(file.name));
        this.#arriving.set(file.name, arriving);
      }
      return arriving;
    }));
    await untilAborted(all, signal);
  }

  async #fetchOne({name, size}: SiteFile): Promise<void> {
    const url = this.#fileUrl(name);
    const engine = this.#engine;
    for (const cache of ['default', 'reload'] as const) {
      try {
        const bytes = await fetchFile(url, {cache, size: size || undefined});
        if (engine === this.#engine) engine.give(name, bytes);
        return;
      } catch (error) {
        // What a cache on the way keeps may be an older site's, or half a file.
        const damaged = isSiteError(error) && error.code === 'damaged';
        if (!damaged || cache === 'reload') throw error;
      }
    }
  }

  /** An index names files of its own folder, and no others. */
  #fileUrl(name: string): string {
    if (!/^[\w-][\w.-]*$/.test(name)) {
      throw new SiteError('damaged', `${this.#url}: not a file's name`, {url: this.#url});
    }
    return this.#url + name;
  }
}

/** It is the one file that changes: the server is asked each time. */
function readBoot(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  return fetchFile(url + BOOT, {cache: 'no-cache', signal});
}
