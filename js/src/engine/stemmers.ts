/* Stemmers of a collection: a module for each language, loaded when the module with the collection has
 * asked for it. What it was doing then has failed, changed nothing, and is done again. */
import {LodeError} from '../errors.ts';
import type {Call} from './engine.ts';
import type {Heap} from './heap.ts';
import type {HostImports} from './instance.ts';
import {Stemmer} from './stemmer.ts';

export class Stemmers {
  readonly imports: HostImports;
  /* By the address of their language's code, which the module says always the same. */
  readonly #there = new Map<number, Stemmer>();
  readonly #wanted = new Set<number>();

  constructor(heap: () => Heap) {
    const find = (language: number) => {
      const stemmer = this.#there.get(language);
      if (stemmer === undefined) this.#wanted.add(language);
      return stemmer;
    };
    this.imports = {
      stem_ready: (language: number) => (find(language) ? 1 : 0),
      stem: (language: number, word: number, size: number, out: number) =>
        find(language)?.stem(heap().bytes, word, size, out) ?? -1,
    };
  }

  /** Load what was asked for; false: nothing was. */
  async load(heap: Heap, call: Call): Promise<boolean> {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    await Promise.all(wanted.map(async (language) => {
      const code = heap.string(language) ?? '';
      const module = await call.pull<WebAssembly.Module>(code);
      if (module === undefined) throw new LodeError('LODE_E_ENGINE', `no stemmer for "${code}"`);
      this.#there.set(language,
        new Stemmer(await WebAssembly.instantiate(module)));
    }));
    return wanted.length > 0;
  }
}
