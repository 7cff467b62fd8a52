/* A model's files, from wherever they are into the module's memory, and into the cache. */
import {LodeError} from '../errors.ts';
import type {CacheEntry, CacheWriter} from '../cache/store.ts';
import type {Call, Engine} from '../engine/engine.ts';
import type {OpenArgs, SourceData} from '../protocol.ts';
import {hasChanged, HtmlPage, looksLikeHtml} from './http.ts';
import {inFolder, openSource, type FileContext, type OpenFile} from './files.ts';
import {BundleStream, openFiles} from '../engine/open.ts';
import {Landing, plainSink} from './landing.ts';
import {fetchListed} from './listing.ts';

/** The name by which the C code knows a bundle. */
const BUNDLE = 'model.lode-model';
const PROGRESS_INTERVAL = 50; // milliseconds
/** Requests: what browsers make to one server. */
const AT_ONCE = 6;

export interface Loaded {
  files: {name: string; at: number; size: number}[];
  bytes: number;
  cachedBytes: number;
  /** lode_model *; the files' memory lives as long. */
  open(): number;
  /** The files are a model: keep them. What went wrong with that, if anything did. */
  keep(): Promise<string | undefined>;
  /** They are not, or the loading ended: nothing is kept, and what is damaged is forgotten. */
  refuse(error: unknown): Promise<void>;
  /** Files in whose place an HTML page came. */
  pages: string[];
}

class Loader {
  readonly #engine: Engine;
  readonly #call: Call;
  readonly #args: OpenArgs;
  readonly #context: FileContext;
  readonly files: Loaded['files'] = [];
  readonly #landings: Landing[] = [];
  readonly #writers: {writer: CacheWriter; entry: CacheEntry}[] = [];
  readonly #used: CacheEntry[] = [];
  readonly #absent: string[] = [];
  #cacheError: string | undefined;
  #bundle: BundleStream | undefined;
  #reported = 0;
  cachedBytes = 0;
  /** In whose place an HTML page came. Some servers answer so for every name that they lack. */
  readonly pages: string[] = [];

  constructor(engine: Engine, args: OpenArgs, call: Call, context: FileContext) {
    this.#engine = engine;
    this.#args = args;
    this.#call = call;
    this.#context = context;
  }

  #progress(file: string, force: boolean): void {
    const now = performance.now();
    if (!force && now - this.#reported < PROGRESS_INTERVAL) return;
    this.#reported = now;
    let loaded = 0;
    let total: number | undefined = 0;
    for (const {filled, size} of this.#landings) {
      loaded += filled;
      total = size === undefined || total === undefined ? undefined : total + size;
    }
    this.#call.progress({loaded, total, file});
  }

  /** Where a file is kept on its way; undefined: it is not. */
  async #writer(file: OpenFile): Promise<CacheWriter | undefined> {
    const {cache} = this.#context;
    if (cache === undefined || file.cached || file.keepAs === undefined) return undefined;
    if ((file.size ?? 0) > cache.maxBytes) {
      this.#cacheError = `${file.label}: larger than the cache may be`;
      return undefined;
    }
    try {
      return await cache.create(file.keepAs().url);
    } catch (error) {
      this.#cacheError = String(error);
      return undefined;
    }
  }

  /** All of a file into its landing; a writer that fails is given up, and no more. */
  async #transfer(file: OpenFile, landing: Landing): Promise<CacheWriter | undefined> {
    let writer = await this.#writer(file);
    const give = async (work: (w: CacheWriter) => Promise<void>) => {
      try {
        if (writer !== undefined) await work(writer);
      } catch (error) {
        this.#cacheError = String(error);
        await writer?.abort().catch(() => undefined);
        writer = undefined;
      }
    };
    try {
      for await (const chunk of file.chunks) {
        if (chunk === 'restart') {
          landing.restart(file.size);
          await give((w) => w.restart());
          continue;
        }
        if (landing.filled === 0 && looksLikeHtml(chunk)) throw new HtmlPage(file.label);
        landing.write(chunk);
        this.#progress(landing.name, false);
        await give((w) => w.write(chunk));
      }
      return writer;
    } catch (error) {
      await writer?.abort().catch(() => undefined);
      throw error;
    }
  }

  /** False: there is no such file. */
  async load(source: SourceData, name: string, fresh = false): Promise<boolean> {
    const file = await openSource(this.#context, source, name, fresh);
    if (file === undefined) {
      if (source.kind === 'url') this.#absent.push(source.url);
      return false;
    }
    const heap = this.#engine.heap!;
    const landing = new Landing(heap, name, file.size, () => {
      if (name !== BUNDLE) return plainSink(heap);
      return (this.#bundle = new BundleStream(heap, this.#args));
    });
    this.#landings.push(landing);
    let writer: CacheWriter | undefined;
    try {
      writer = await this.#transfer(file, landing);
      this.files.push(landing.finish());
    } catch (error) {
      await writer?.abort().catch(() => undefined);
      this.#landings.splice(this.#landings.indexOf(landing), 1);
      landing.discard();
      // Another page may have made room for its own model meanwhile.
      if (file.cached && !this.#call.signal.aborted) return this.load(source, name, true);
      throw error;
    }
    if (writer !== undefined) {
      this.#writers.push({writer, entry: {...file.keepAs!(), size: landing.filled}});
    }
    if (file.cached) {
      this.cachedBytes += landing.filled;
      this.#used.push(file.keepAs!());
    }
    this.#progress(name, true);
    return true;
  }

  /** The same for a file that need not be there. */
  async loadOptional(source: SourceData | undefined, name: string): Promise<boolean> {
    if (source === undefined) return false;
    try {
      return await this.load(source, name);
    } catch (error) {
      if (!(error instanceof HtmlPage)) throw error;
      this.pages.push(name);
      return false;
    }
  }

  open(): number {
    if (this.#bundle !== undefined) return this.#bundle.finish();
    return openFiles(this.#engine.heap!, this.#args, this.files);
  }

  textOf(name: string): string | undefined {
    const file = this.files.find((each) => each.name === name);
    return file && this.#engine.heap!.text(file.at, file.size);
  }

  async keep(): Promise<string | undefined> {
    const {cache} = this.#context;
    if (cache === undefined) return undefined;
    try {
      const keep = new Set([...this.#used, ...this.#writers.map(({entry}) => entry)]
        .map(({url}) => url));
      const bytes = this.files.reduce((sum, {size}) => sum + size, 0);
      if (!(await cache.makeRoom(bytes, keep))) {
        this.#cacheError = 'the model is larger than the cache may be';
        await this.#abortWriters();
        return this.#cacheError;
      }
      for (const {writer, entry} of this.#writers.splice(0)) await writer.commit(entry);
      for (const url of this.#absent) await cache.put({url, size: -1, used: Date.now()});
      for (const entry of this.#used) await cache.touch(entry);
    } catch (error) {
      this.#cacheError = String(error);
      await this.#abortWriters();
    }
    this.#revalidate();
    return this.#cacheError;
  }

  /** Ask the server, after the fact, about what came out of the cache. */
  #revalidate(): void {
    const {cache, http, revalidate} = this.#context;
    const {source} = this.#args;
    if (cache === undefined || revalidate !== 'background') return;
    const request = source.kind === 'file' && source.file.kind === 'url' ? source.file.request
      : source.kind === 'folder' && source.base.kind === 'url' ? source.base.request : {};
    for (const entry of this.#used) {
      hasChanged(entry.url, request, http, entry)
        .then((changed) => (changed ? cache.remove(entry.url) : undefined))
        .catch(() => undefined);
    }
  }

  async #abortWriters(): Promise<void> {
    for (const {writer} of this.#writers.splice(0)) await writer.abort().catch(() => undefined);
  }

  async refuse(error: unknown): Promise<void> {
    await this.#abortWriters();
    const {cache} = this.#context;
    // What is in the cache has been a model: if it is none any more, it is damaged.
    if (!(error instanceof LodeError) || error.code !== 'LODE_E_FORMAT') return;
    for (const {url} of this.#used) await cache?.remove(url).catch(() => undefined);
  }
}

async function checkIntegrity(engine: Engine, file: Loaded['files'][number],
  wanted: string): Promise<void> {
  const match = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(wanted);
  if (match === null) {
    throw new LodeError('LODE_E_ARG', 'integrity: is not "sha256-" and 44 characters of base64');
  }
  if (globalThis.crypto?.subtle === undefined) {
    throw new LodeError('LODE_E_UNSUPPORTED', 'integrity: only in a secure context (HTTPS)');
  }
  const heap = engine.heap!;
  const shared = !(heap.memory.buffer instanceof ArrayBuffer);
  const bytes = shared ? heap.copy(file.at, file.size)
    : heap.bytes.subarray(file.at, file.at + file.size);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = btoa(String.fromCharCode(...digest));
  if (found !== match[1]) {
    throw new LodeError('LODE_E_FORMAT', `${file.name}: its digest is sha256-${found}, not ${wanted}`);
  }
}

async function loadAll(engine: Engine, loader: Loader, args: OpenArgs): Promise<void> {
  const {source} = args;
  if (source.kind === 'file') {
    if (!(await loader.load(source.file, BUNDLE))) {
      const label = source.file.kind === 'url' ? source.file.url
        : source.file.kind === 'path' ? source.file.path : BUNDLE;
      throw new LodeError('LODE_E_NOT_FOUND', `${label}: no such file`);
    }
    if (args.integrity !== undefined) {
      await checkIntegrity(engine, loader.files[0]!, args.integrity);
    }
    return;
  }
  if (args.integrity !== undefined) {
    throw new LodeError('LODE_E_ARG', 'integrity: is for a model of one file');
  }
  const given = source.kind === 'files' ? new Map(source.files) : undefined;
  const place = (name: string) =>
    source.kind === 'folder' ? inFolder(source.base, name) : given!.get(name);
  const seen = new Map<string, boolean>();
  await fetchListed(async (names) => {
    const unseen = [...new Set(names)].filter((name) => !seen.has(name));
    while (unseen.length > 0) {
      const some = unseen.splice(0, AT_ONCE);
      const results = await Promise.allSettled(
        some.map((name) => loader.loadOptional(place(name), name)));
      results.forEach((result, i) => {
        if (result.status === 'rejected') throw result.reason;
        seen.set(some[i]!, result.value);
      });
    }
    return names.map((name) =>
      seen.get(name) ? (name.endsWith('.json') ? loader.textOf(name) : '') : undefined);
  });
}

export async function loadModel(engine: Engine, args: OpenArgs, call: Call): Promise<Loaded> {
  const {platform} = engine;
  const cache = args.cache && (await platform.openCache(args.cache).catch(() => undefined));
  const loader = new Loader(engine, args, call, {
    platform, call, cache,
    http: {
      signal: call.signal, retries: args.retries, stallTimeout: args.stallTimeout,
      headers: platform.requestHeaders,
    },
    revalidate: args.cache?.revalidate ?? 'background',
  });
  try {
    await loadAll(engine, loader, args);
  } catch (error) {
    await loader.refuse(error);
    throw error;
  }
  return {
    files: loader.files,
    bytes: loader.files.reduce((sum, {size}) => sum + size, 0),
    cachedBytes: loader.cachedBytes,
    open: () => loader.open(),
    keep: () => loader.keep(),
    refuse: (error) => loader.refuse(error),
    pages: loader.pages,
  };
}
