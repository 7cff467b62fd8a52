/* Stemmers: a small module for each language that an index has. */
import {Stemmer} from '../../../src/engine/stemmer.ts';
import {SiteError} from '../errors.ts';
import {loadModule} from './wasm_module.ts';

/**
 * The stem of the word in memory[word .. word + size), in UTF-8, to memory[out ..]. Its bytes; NONE;
 * LATER: the stemmer is on the way, and until then the word will do.
 */
export type Stem = (language: string, memory: Uint8Array, word: number, size: number, out: number)
  => number;
export const NONE = -1;
export const LATER = -2;

/** url: of a language's module. */
export async function loadStemmers(languages: string[], url: (language: string) => string):
  Promise<Stem> {
  const loaded = await Promise.all(languages.map(async language => {
    // What is read from an index becomes a file's name.
    if (!/^[a-z]{2,3}$/.test(language)) throw new SiteError('damaged', 'not a language');
    const instance = new WebAssembly.Instance(await loadModule(url(language)));
    return [language, new Stemmer(instance)] as const;
  }));
  const stemmers = new Map(loaded);
  return (language, ...word) => stemmers.get(language)?.stem(...word) ?? NONE;
}
