import type {TextReport} from './types.ts';

/** The vectors of some texts, in their order. */
export class Embeddings implements Iterable<Float32Array> {
  /** [count, dim], row by row. */
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly count: number;
  readonly #reports: Int32Array;

  /** @internal */
  constructor(vectors: Float32Array, reports: Int32Array, dim: number, count: number) {
    this.vectors = vectors;
    this.#reports = reports;
    this.dim = dim;
    this.count = count;
  }

  /** The vector of text `i`: a view, not a copy; undefined beyond the last. */
  at(i: number): Float32Array | undefined {
    const row = i < 0 ? this.count + i : i;
    if (!(row >= 0 && row < this.count)) return undefined;
    return this.vectors.subarray(row * this.dim, (row + 1) * this.dim);
  }

  /** What was done with text `i`. */
  report(i: number): TextReport | undefined {
    if (!(i >= 0 && i < this.count)) return undefined;
    const [tokens, leftOut, windows, replaced] = this.#reports.subarray(4 * i, 4 * i + 4);
    return {tokens: tokens!, leftOut: leftOut!, windows: windows!, replaced: replaced!};
  }

  /** What was done with each text. */
  get reports(): TextReport[] {
    return Array.from({length: this.count}, (_, i) => this.report(i)!);
  }

  *[Symbol.iterator](): IterableIterator<Float32Array> {
    for (let i = 0; i < this.count; i++) yield this.at(i)!;
  }
}
