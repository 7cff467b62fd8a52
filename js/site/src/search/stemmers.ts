/* Stemmers: a small module for each language that an index has. */
import {SiteError} from '../errors.ts';
import {loadModule} from './wasm_module.ts';

/** A word's stem, in UTF-8; undefined: there is none. Lives until the next call. */
export type Stem = (language: string, word: Uint8Array) => Uint8Array | undefined;

interface StemmerExports {
  memory: WebAssembly.Memory;
  word(): number;
  stem(size: number): number;
}

/** url: of a language's module. */
export async function loadStemmers(languages: string[], url: (language: string) => string):
  Promise<Stem> {
  const loaded = await Promise.all(languages.map(async language => {
    // What is read from an index becomes a file's name.
    if (!/^[a-z]{2,3}$/.test(language)) throw new SiteError('damaged', 'not a language');
    const instance = new WebAssembly.Instance(await loadModule(url(language)));
    return [language, instance.exports as unknown as StemmerExports] as const;
  }));
  const stemmers = new Map(loaded);
  return (language, word) => {
    const stemmer = stemmers.get(language);
    if (!stemmer) return undefined;
    const at = stemmer.word();
    new Uint8Array(stemmer.memory.buffer).set(word, at);
    const size = stemmer.stem(word.length);
    return size < 0 ? undefined : new Uint8Array(stemmer.memory.buffer, at, size);
  };
}
