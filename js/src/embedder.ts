import type {Client} from './client/client.ts';
import {Pool, type SliceOptions} from './client/pool.ts';
import {Embeddings} from './embeddings.ts';
import {LodeError, abortReason, badArgument} from './errors.ts';
import type {EmbedResult, EmbedTokensResult, TokenizeArgs} from './protocol.ts';
import {similarity} from './similarity.ts';
import type {
  EmbedOptions, ModelInfo, SelfTest, Text, TextReport, TokenizeOptions, Tokens,
} from './types.ts';

/** One of embedStream's results. */
export interface StreamedEmbedding {
  /** The text's number in the stream. */
  index: number;
  vector: Float32Array;
  report: TextReport;
}

/** Texts of a stream that are embedded together, at most. */
const STREAM_TEXTS = 256;
const STREAM_LENGTH = 65536;

function disposed(): LodeError {
  return new LodeError('LODE_E_CANCELLED', 'the embedder has been disposed of');
}

function isText(value: unknown): value is Text {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function checkTexts(texts: readonly Text[]): void {
  if (!Array.isArray(texts)) throw badArgument('texts: is neither a text nor an array of texts');
  const item = texts.findIndex((text) => !isText(text));
  if (item >= 0) throw badArgument(`texts: text ${item} is no string`, {item});
}

function oneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw badArgument(`${name}: "${value}" is none of ${allowed.join(', ')}`);
}

function sliceOptions(options: EmbedOptions): SliceOptions {
  const {prompt, dims = 0, normalize, longText, utf8} = options;
  const dimsGood = Number.isInteger(dims) && dims >= 0 && dims < 2 ** 31;
  if (!dimsGood || (dims === 0 && options.dims !== undefined)) {
    throw badArgument(`dims: ${String(dims)} is no number of dimensions`);
  }
  oneOf('longText', longText, ['truncate', 'chunk', 'error']);
  oneOf('utf8', utf8, ['error', 'replace']);
  return {prompt, dims, normalize, longText, utf8};
}

/** Texts to vectors; see createEmbedder. Calls may be made at any time: they queue. */
export class Embedder {
  readonly info: ModelInfo;
  readonly #pool: Pool;
  readonly #replicas: Promise<number>;
  readonly #registry: FinalizationRegistry<Client[]>;
  #disposed: Promise<void> | undefined;

  /** @internal */
  constructor(info: ModelInfo, pool: Pool, replicas: Promise<number>,
    registry: FinalizationRegistry<Client[]>) {
    this.info = info;
    this.#pool = pool;
    this.#replicas = replicas;
    this.#registry = registry;
    registry.register(this, pool.clients, this);
  }

  /** How many copies of the model work side by side, once all of them do. */
  get replicas(): Promise<number> {
    return this.#replicas;
  }

  #check(): void {
    if (this.#disposed !== undefined) throw disposed();
  }

  /** One text's vector; or the vectors of many, in their order. */
  embed(text: Text, options?: EmbedOptions): Promise<Float32Array>;
  embed(texts: readonly Text[], options?: EmbedOptions): Promise<Embeddings>;
  async embed(texts: Text | readonly Text[],
    options: EmbedOptions = {}): Promise<Float32Array | Embeddings> {
    if (!isText(texts)) return this.#embed(texts, options);
    return (await this.#embed([texts], options)).vectors;
  }

  async #embed(texts: readonly Text[], options: EmbedOptions): Promise<Embeddings> {
    this.#check();
    checkTexts(texts);
    const slice = sliceOptions(options);
    const dim = slice.dims === 0 ? this.info.dim : slice.dims;
    const n = texts.length;
    let vectors: Float32Array | undefined;
    let reports: Int32Array | undefined;
    await this.#pool.run<EmbedResult>({
      op: 'embed', texts: [...texts], options: slice, owner: this,
      signal: options.signal, onProgress: options.onProgress,
      onSlice: (start, result) => {
        if (result.vectors.length === n * dim) {
          vectors = result.vectors; // all in one slice
          reports = result.reports;
          return;
        }
        vectors ??= new Float32Array(n * dim);
        reports ??= new Int32Array(4 * n);
        vectors.set(result.vectors, start * dim);
        reports.set(result.reports, 4 * start);
      },
    });
    return new Embeddings(vectors ?? new Float32Array(0), reports ?? new Int32Array(0), dim, n);
  }

  /** The last hidden state of every token: for each text its rows, [tokens, info.tokenDim]. */
  async embedTokens(texts: readonly Text[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    this.#check();
    checkTexts(texts);
    const rows: Float32Array[] = [];
    const {tokenDim} = this.info;
    await this.#pool.run<EmbedTokensResult>({
      op: 'embedTokens', texts: [...texts], options: sliceOptions(options), owner: this,
      signal: options.signal, onProgress: options.onProgress,
      onSlice: (start, {vectors, rowStart}) => {
        for (let i = 0; i + 1 < rowStart.length; i++) {
          rows[start + i] = vectors.slice(rowStart[i]! * tokenDim, rowStart[i + 1]! * tokenDim);
        }
      },
    });
    return rows;
  }

  /**
   * Vectors of a stream's texts, in their order. What has arrived is embedded together; the stream
   * is read no further ahead than two such batches.
   */
  async *embedStream(texts: AsyncIterable<Text> | Iterable<Text>,
    options: Omit<EmbedOptions, 'onProgress'> = {}): AsyncGenerator<StreamedEmbedding> {
    this.#check();
    sliceOptions(options);
    const batches = batched(texts, options.signal)[Symbol.asyncIterator]();
    let index = 0;
    try {
      let running: Promise<Embeddings> | undefined;
      for (;;) {
        const {done, value} = await batches.next();
        const following = done ? undefined : this.#embed(value, options);
        following?.catch(() => undefined); // it is awaited a round later
        if (running !== undefined) {
          for (const [i, vector] of [...(await running)].entries()) {
            yield {index: index++, vector, report: (await running).report(i)!};
          }
        }
        if (following === undefined) return;
        running = following;
      }
    } finally {
      await batches.return(undefined);
    }
  }

  /** A text's tokens, as the model gets them. */
  async tokenize(text: Text, options: TokenizeOptions & {signal?: AbortSignal} = {}): Promise<Tokens> {
    this.#check();
    const {pair, special = true, truncate = true, maxTokens = 0, utf8, signal} = options;
    if (!isText(text) || (pair !== undefined && !isText(pair))) {
      throw badArgument('tokenize: the text is no string');
    }
    if (!Number.isInteger(maxTokens) || maxTokens < 0 || maxTokens >= 2 ** 31) {
      throw badArgument(`maxTokens: ${String(maxTokens)} is no number of tokens`);
    }
    oneOf('utf8', utf8, ['error', 'replace']);
    const args: TokenizeArgs = {text, pair, special, truncate, maxTokens, utf8};
    return this.#call<Tokens>('tokenize', args, signal);
  }

  /** Compare every byte of a bundle with its digests, and run the model's self-test. */
  async verify(options: {signal?: AbortSignal} = {}): Promise<SelfTest> {
    this.#check();
    return this.#call<SelfTest>('verify', undefined, options.signal);
  }

  /** Bytes of WebAssembly memory, of all copies of the model. */
  async memory(): Promise<number> {
    this.#check();
    const sizes = await Promise.all(
      this.#pool.clients.map((client) => client.call<number>('memory', undefined)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async #call<T>(op: string, args: unknown, signal: AbortSignal | undefined): Promise<T> {
    const result = await this.#pool.clients[0]!.call<T>(op, args, {signal});
    this.#check(); // and so that this lives until here
    return result;
  }

  /** Cosine of two vectors. */
  similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
    return similarity(a, b);
  }

  /**
   * End the engine and give its memory back. Calls under way, and later ones, are rejected with
   * LODE_E_CANCELLED. Disposing twice does nothing.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    this.#registry.unregister(this);
    const {clients} = this.#pool;
    this.#pool.close(disposed());
    await Promise.all(clients.map(({closed}) => closed));
  }

  [Symbol.dispose](): void {
    void this.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** What has arrived of a stream, as arrays: as many as are there, and never more than is useful. */
async function* batched(texts: AsyncIterable<Text> | Iterable<Text>,
  signal: AbortSignal | undefined): AsyncGenerator<Text[]> {
  let batch: Text[] = [];
  let length = 0;
  let item = 0;
  const iterator = Symbol.asyncIterator in texts ? texts[Symbol.asyncIterator]()
    : texts[Symbol.iterator]();
  const nothing = Symbol('nothing yet');
  try {
    let next: Promise<IteratorResult<Text>> | undefined;
    for (;;) {
      next ??= Promise.resolve(iterator.next());
      // A stream that makes us wait gets what it has given so far.
      const got = batch.length === 0 ? await next
        : await Promise.race([next, settled(nothing)]);
      if (signal?.aborted) throw abortReason(signal);
      if (got !== nothing) {
        next = undefined;
        const {done, value} = got as IteratorResult<Text>;
        if (done) break;
        if (!isText(value)) throw badArgument(`texts: text ${item} is no string`, {item});
        batch.push(value);
        length += value.length;
        item++;
        if (batch.length < STREAM_TEXTS && length < STREAM_LENGTH) continue;
      }
      yield batch;
      batch = [];
      length = 0;
    }
    if (batch.length > 0) yield batch;
  } finally {
    await iterator.return?.();
  }
}

/** After what is already waiting to run has run. */
function settled<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, 0, value));
}
