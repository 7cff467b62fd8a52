import {SiteError, asSiteError, isOnline, isSiteError} from '../errors.ts';
import type {
  SiteEngineFactory, SiteFacet, SiteInfo, SiteProgress, SiteResults, SiteVectors,
} from '../types.ts';
import type {SiteHost} from './host.ts';
import type {StartedReader} from './start.ts';
import {untilAborted} from './until_aborted.ts';
import {placesOf, type Places} from './places.ts';
import {questionOf, type QueryOptions} from './question.ts';
import type * as Reader from './worker.ts';
import {WorkerHost} from './worker_host.ts';

export type {QueryOptions} from './question.ts';

export interface OpenOptions {
  /** Ends the opening. */
  signal?: AbortSignal | undefined;
  /** The folder of the .wasm files. Default: the index's. */
  wasm?: string | URL | undefined;
  /** The reader: a module script. Default: `lode-search-worker.js` beside the index. */
  reader?: string | URL | undefined;
  /**
   * Default: true; where a worker cannot be had (a reader of another origin, CSP), in this thread.
   */
  worker?: boolean | undefined;
  /** What is read of a large index for a question by meaning. Default: "near". */
  vectors?: SiteVectors | undefined;
  /** Another engine, in this thread. */
  engine?: SiteEngineFactory | undefined;
}

/**
 * - `none`: the index has no vectors;
 * - `waiting`: nobody has asked for the model yet;
 * - `loading`, `ready`;
 * - `failed`: the model could not be loaded: by words alone.
 */
export type ModelState = 'none' | 'waiting' | 'loading' | 'ready' | 'failed';

/** A site's index, open. Dispatches "model" when the state of the model changes. */
export class SiteSearch extends EventTarget {
  readonly info: SiteInfo;
  readonly #host: SiteHost;
  #model: ModelState;
  #modelError: SiteError | undefined;
  #loaded = 0;
  #loading: Promise<void> | undefined;
  #facets: Promise<SiteFacet[]> | undefined;

  /**
   * index: the folder that `lode site` has written; its URL, absolute or of the page. started: the
   * element's, which does not wait for this script.
   */
  static async open(index: string | URL, options: OpenOptions = {}, started?: StartedReader):
    Promise<SiteSearch> {
    return new SiteSearch(await openHost(placesOf(index, options), options, started));
  }

  private constructor(host: SiteHost) {
    super();
    this.#host = host;
    this.info = host.info;
    this.#model = host.info.model ? 'waiting' : 'none';
  }

  get model(): ModelState {
    return this.#model;
  }

  /** 0 to 1 */
  get modelProgress(): number {
    return this.#loaded;
  }

  /** Why the state is "failed". */
  get modelError(): SiteError | undefined {
    return this.#modelError;
  }

  /**
   * What pages can be filtered by, of those alone that the question finds; of each key as if it were
   * not filtered by it. The first 24 values of each, as `facets` has them. An AbortError also where
   * another question comes after it.
   */
  count(text: string, options: QueryOptions = {}): Promise<SiteFacet[]> {
    const hybrid = this.#model === 'ready' && options.mode !== 'keyword';
    return this.#host.count(questionOf(text, options, hybrid), options.signal);
  }

  /** Throws SiteError; an AbortError also where another question of this index came after it. */
  async query(text: string, options: QueryOptions = {}): Promise<SiteResults> {
    const {signal} = options;
    signal?.throwIfAborted();
    if (options.mode === 'hybrid') await untilAborted(this.loadModel(), signal);
    const hybrid = this.#model === 'ready' && options.mode !== 'keyword';
    return this.#host.search(questionOf(text, options, hybrid), signal);
  }

  /** What pages can be filtered by; fetched once. */
  facets(): Promise<SiteFacet[]> {
    this.#facets ??= this.#host.facets().catch((error: unknown) => {
      this.#facets = undefined;
      throw error;
    });
    return this.#facets;
  }

  /** Fetch the model, or take it from the cache. Never throws: see `model`. */
  loadModel(): Promise<void> {
    if (this.#model === 'none' || this.#model === 'ready') return Promise.resolve();
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Gives back all memory. */
  close(): void {
    this.#host.close();
  }

  async #load(): Promise<void> {
    const progress: SiteProgress = (loaded, total) => {
      // By whole percents: listeners draw.
      const percent = Math.floor((100 * loaded) / total) / 100;
      if (percent === this.#loaded) return;
      this.#loaded = percent;
      this.#setModel('loading');
    };
    this.#setModel('loading');
    try {
      await this.#host.loadModel(progress);
      this.#setModel('ready');
    } catch (error) {
      this.#modelError = asSiteError(error);
      this.#loading = undefined;
      this.#setModel('failed');
    }
  }

  #setModel(state: ModelState): void {
    this.#model = state;
    this.dispatchEvent(new Event('model'));
  }
}

async function openHost({url, wasm, reader}: Places, options: OpenOptions, started?: StartedReader):
  Promise<SiteHost> {
  const {signal, engine, vectors, worker = true} = options;
  if (!engine && typeof WebAssembly !== 'object') {
    throw new SiteError('unsupported', 'There is no WebAssembly here');
  }
  if (!engine && worker && typeof Worker === 'function') {
    try {
      return await WorkerHost.open(reader, url, wasm, signal, vectors, started);
    } catch (error) {
      signal?.throwIfAborted();
      // Without a worker it may do; any other fault is the index's.
      if (isSiteError(error) && error.code !== 'engine') throw error;
    }
  }
  let module: typeof Reader;
  try {
    module = await import(/* @vite-ignore */ /* webpackIgnore: true */ reader) as typeof Reader;
  } catch (cause) {
    throw new SiteError(isOnline() ? 'network' : 'offline', `${reader}: ${String(cause)}`,
      {url: reader, cause});
  }
  return module.openIndex(url, engine ?? wasm, signal, vectors);
}
