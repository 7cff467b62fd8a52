/* The engine in WebAssembly: a small module for words; a larger one, with the embedder inside, in
 * its place when the model has come. */
import type {
  SiteAnswer, SiteEngine, SiteEngineFactory, SiteFacet, SiteInfo, SiteQuestion, SiteResults,
  SiteVectors,
} from '../types.ts';
import type {WasmUrls} from './host.ts';
import {LATER, loadStemmers, type Stem} from './stemmers.ts';
import {loadModule} from './wasm_module.ts';
import {Reader} from './wasm_reader.ts';

/** Of files that were given, for the second module; others it will ask for again. */
const KEPT = 16 * 1024 * 1024;

class WasmEngine implements SiteEngine {
  readonly info: SiteInfo;
  readonly ready: Promise<void>;
  readonly #urls: WasmUrls;
  readonly #boot: Uint8Array;
  #stem: Stem = () => LATER;
  readonly #vectors: SiteVectors;
  #reader: Reader;
  #given: [string, Uint8Array][] = [];
  #givenBytes = 0;

  constructor(urls: WasmUrls, boot: Uint8Array, module: WebAssembly.Module, vectors: SiteVectors) {
    this.#urls = urls;
    this.#boot = boot;
    this.#reader = this.#read(module);
    this.#vectors = vectors;
    const {pages, base, model, languages} = this.#reader.info;
    this.info = {pages, base, model};
    this.ready = loadStemmers(languages, urls.stemmer).then(stem => {
      this.#stem = stem;
    });
  }

  #read(module: WebAssembly.Module): Reader {
    return new Reader(module, this.#boot, (...word) => this.#stem(...word));
  }

  ask(question: SiteQuestion): SiteAnswer<SiteResults> {
    return this.#reader.ask(question);
  }

  facets(): SiteAnswer<SiteFacet[]> {
    return this.#reader.facets();
  }

  count(question: SiteQuestion): SiteAnswer<SiteFacet[]> {
    return this.#reader.count(question);
  }

  give(file: string, bytes: Uint8Array): void {
    this.#reader.give(file, bytes);
    if (!this.info.model || this.#givenBytes + bytes.length > KEPT) return;
    this.#given.push([file, bytes]);
    this.#givenBytes += bytes.length;
  }

  async giveModel(bytes: Uint8Array): Promise<void> {
    const module = await loadModule(this.#urls.embed);
    const reader = this.#read(module);
    reader.openModel(bytes, this.#vectors);
    for (const [file, data] of this.#given) reader.give(file, data);
    this.#given = [];
    this.#givenBytes = KEPT;
    this.#reader = reader; // the first goes with its memory
  }

  close(): void {
    this.#given = [];
  }
}

export function wasmEngine(urls: WasmUrls, vectors: SiteVectors = 'near'): SiteEngineFactory {
  // It does not wait for the index; its failure is told where it is wanted.
  loadModule(urls.site).catch(() => undefined);
  return async boot => {
    return new WasmEngine(urls, boot, await loadModule(urls.site), vectors);
  };
}
