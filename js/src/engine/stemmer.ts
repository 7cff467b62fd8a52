/* A stemmer: a module that imports nothing (wasm/stemmer.c). */

interface StemmerExports {
  memory: WebAssembly.Memory;
  word(): number;
  stem(size: number): number;
}

export class Stemmer {
  readonly #exports: StemmerExports;
  /** Its memory, which does not grow. */
  readonly #bytes: Uint8Array;

  constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports as unknown as StemmerExports;
    this.#bytes = new Uint8Array(this.#exports.memory.buffer);
  }

  /** A word's stem, in UTF-8; undefined: it has failed. Lives until the next call. */
  stem(word: Uint8Array): Uint8Array | undefined {
    const at = this.#exports.word();
    this.#bytes.set(word, at);
    const size = this.#exports.stem(word.length);
    return size < 0 ? undefined : this.#bytes.subarray(at, at + size);
  }
}
