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

  /**
   * The stem of the word in memory[word .. word + size), in UTF-8, to memory[out ..]. Its bytes; -1:
   * it has failed. Byte by byte: words are short, and views of them would take longer.
   */
  stem(memory: Uint8Array, word: number, size: number, out: number): number {
    const bytes = this.#bytes;
    const at = this.#exports.word();
    for (let i = 0; i < size; i++) bytes[at + i] = memory[word + i]!;
    const stemmed = this.#exports.stem(size);
    for (let i = 0; i < stemmed; i++) memory[out + i] = bytes[at + i]!;
    return stemmed;
  }
}
