import type {Client} from './client/client.ts';
import type {Pool, SliceOptions} from './client/pool.ts';
import {Embeddings} from './embeddings.ts';
import {LodeError, badArgument, checkWhole} from './errors.ts';
import type {EmbedResult, EmbedTokensResult, TokenizeArgs} from './protocol.ts';
import type {Platform} from './platform/platform.ts';
import {similarity} from './similarity.ts';
import {checkText, isText, type StreamedEmbedding} from './texts.ts';
import type {
  EmbedOptions, ModelInfo, SelfTest, Text, TokenizeOptions, Tokens,
} from './types.ts';

/** Of what is a number in C. */
const MOST = 2 ** 31 - 1;

function disposed(): LodeError {
  return new LodeError('LODE_E_CANCELLED', 'the embedder has been disposed of');
}

function checkTexts(texts: readonly Text[]): void {
  if (!Array.isArray(texts)) throw badArgument('texts: is neither a text nor an array of texts');
  texts.forEach(checkText);
}

function oneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw badArgument(`${name}: "${value}" is none of ${allowed.join(', ')}`);
}

function sliceOptions(options: EmbedOptions): SliceOptions {
  const {prompt, dims = 0, normalize, longText, utf8} = options;
  checkWhole('dims', options.dims, 1, MOST);
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
  readonly #streams: Platform['streams'];
  #disposed: Promise<void> | undefined;

  /** @internal */
  constructor(info: ModelInfo, pool: Pool, replicas: Promise<number>,
    registry: FinalizationRegistry<Client[]>, streams: Platform['streams']) {
    this.info = info;
    this.#streams = streams;
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
      op: 'seldom.embedTokens', texts: [...texts], options: sliceOptions(options), owner: this,
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
    const {embedStream} = await this.#streams();
    yield* embedStream(texts, (batch) => this.#embed(batch, options), options.signal);
  }

  /** A text's tokens, as the model gets them. */
  async tokenize(text: Text, options: TokenizeOptions & {signal?: AbortSignal} = {}): Promise<Tokens> {
    this.#check();
    const {pair, special = true, truncate = true, maxTokens = 0, utf8, signal} = options;
    if (!isText(text) || (pair !== undefined && !isText(pair))) {
      throw badArgument('tokenize: the text is no string');
    }
    checkWhole('maxTokens', maxTokens, 0, MOST);
    oneOf('utf8', utf8, ['error', 'replace']);
    const args: TokenizeArgs = {text, pair, special, truncate, maxTokens, utf8};
    return this.#call<Tokens>('seldom.tokenize', args, signal);
  }

  /** Compare every byte of a bundle with its digests, and run the model's self-test. */
  async verify(options: {signal?: AbortSignal} = {}): Promise<SelfTest> {
    this.#check();
    return this.#call<SelfTest>('seldom.verify', undefined, options.signal);
  }

  /** Bytes of WebAssembly memory, of all copies of the model. */
  async memory(): Promise<number> {
    this.#check();
    const sizes = await Promise.all(
      this.#pool.clients.map((client) => client.call<number>('memory')));
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
