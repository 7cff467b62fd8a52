/* A model's files, from wherever they are into the module's memory, and into the cache. */
import {LodeError, badArgument} from '../errors.ts';
import type {CacheStore} from '../cache/store.ts';
import type {Call, Engine} from '../engine/engine.ts';
import {bundleStream, type BundleStream} from '../engine/open.ts';
import type {OpenArgs, SourceData} from '../protocol.ts';
import {openSource, type FileContext, type OpenFile} from './files.ts';
import type * as FolderLoaderModule from './folder.ts';
import {HtmlPage, looksLikeHtml} from './http.ts';
import {makeKeeper, type Keeper, type Keeping} from './keeper.ts';
import {landingOf, plainSink, type Landing} from './landing.ts';

/** The name by which the C code knows a bundle. */
const BUNDLE = 'model.lode-model';
const PROGRESS_INTERVAL = 50; // milliseconds

/** For models of several files, loaded when there is one. */
export type FolderLoader = typeof FolderLoaderModule;

/** A file in memory. */
export interface LandedFile {
  name: string;
  at: number;
  size: number;
}

export interface Loader {
  files: LandedFile[];
  /** False: there is no such file. */
  load(source: SourceData, name: string, fresh?: boolean): Promise<boolean>;
  /** In whose place an HTML page came. Some servers answer so for every name that they lack. */
  pages: string[];
}

/** Files that are there. */
export interface Loaded extends Pick<Loader, 'files' | 'pages'>, Pick<Keeper, 'refuse'> {
  bytes: number;
  cachedBytes: number;
  /** lode_model *; the files' memory lives as long. */
  open(): number;
  /** They are a model: see Keeper. */
  keep(): Promise<string | undefined>;
}

/** Where a source's files come from, if that has a name; and how they are asked for. */
export function originOf({source}: OpenArgs): {label: string; request: {}} {
  const from = source.kind === 'file' ? source.file : source.kind === 'folder' ? source.base : source;
  if (from.kind === 'url') return {label: from.url, request: from.request};
  return {label: from.kind === 'path' ? from.path : '', request: {}};
}

async function checkIntegrity(engine: Engine, {name, at, size}: LandedFile,
  wanted: string): Promise<void> {
  if (!/^sha256-[A-Za-z0-9+/]{43}=$/.test(wanted)) {
    throw badArgument('integrity: is not "sha256-" and 44 characters of base64');
  }
  if (globalThis.crypto?.subtle === undefined) {
    throw new LodeError('LODE_E_UNSUPPORTED', 'integrity: only in a secure context (HTTPS)');
  }
  const heap = engine.heap!;
  const shared = !(heap.memory.buffer instanceof ArrayBuffer);
  const bytes = shared ? heap.copy(at, size) : heap.bytes.subarray(at, at + size);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = `sha256-${btoa(String.fromCharCode(...digest))}`;
  if (found !== wanted) {
    throw new LodeError('LODE_E_FORMAT', `${name}: its digest is ${found}, not ${wanted}`);
  }
}

export async function loadModel(engine: Engine, args: OpenArgs,
  cache: Promise<CacheStore | undefined> | undefined, call: Call): Promise<Loaded> {
  const {platform} = engine;
  const heap = engine.heap!;
  const {signal} = call;
  const {source, integrity, retries, stallTimeout} = args;
  const {label, request} = originOf(args);
  const context: FileContext = {
    platform, call, cache: await cache, revalidate: args.cache?.revalidate ?? 'background',
    http: {signal, retries, stallTimeout, headers: platform.requestHeaders},
  };
  const keeper = makeKeeper(context, request);
  const landings: Landing[] = [];
  const files: LandedFile[] = [];
  const pages: string[] = [];
  let bundle: BundleStream | undefined;
  let folder: FolderLoader | undefined;
  let cachedBytes = 0;
  let reported = 0;

  function progress(file: string, force?: boolean): void {
    const now = performance.now();
    if (!force && now - reported < PROGRESS_INTERVAL) return;
    reported = now;
    let loaded = 0;
    let total: number | undefined = 0;
    for (const {filled, size} of landings) {
      loaded += filled;
      total = size === undefined || total === undefined ? undefined : total + size;
    }
    call.progress({loaded, total, file});
  }

  /** All of a file into its landing. */
  async function transfer(file: OpenFile, landing: Landing, keeping: Keeping): Promise<void> {
    for await (const chunk of file.chunks) {
      signal.throwIfAborted();
      if (chunk === 'restart') {
        landing.restart(file.size);
        await keeping.restart();
        continue;
      }
      const read = chunk instanceof Uint8Array;
      if (read && landing.filled === 0 && looksLikeHtml(chunk)) throw new HtmlPage(file.label);
      landing.write(chunk);
      progress(landing.name);
      if (read) await keeping.write(chunk);
    }
  }

  async function load(from: SourceData, name: string, fresh = false): Promise<boolean> {
    const file = await openSource(context, from, name, fresh);
    if (file === undefined) {
      if (from.kind === 'url') keeper.missing(from.url);
      return false;
    }
    const landing = landingOf(heap, name, file.size, () =>
      (name === BUNDLE ? (bundle = bundleStream(heap, args)) : plainSink(heap)));
    landings.push(landing);
    const keeping = await keeper.begin(file);
    try {
      await transfer(file, landing, keeping);
      files.push(landing.finish());
    } catch (error) {
      await keeping.abort();
      landings.splice(landings.indexOf(landing), 1);
      landing.discard();
      // Another page may have made room for its own model meanwhile.
      if (file.cached && !signal.aborted) return load(from, name, true);
      throw error;
    }
    keeping.done(landing.filled);
    if (file.cached) cachedBytes += landing.filled;
    progress(name, true);
    return true;
  }

  try {
    if (source.kind === 'file') {
      if (!(await load(source.file, BUNDLE))) {
        throw new LodeError('LODE_E_NOT_FOUND', `${label || BUNDLE}: no such file`);
      }
      if (integrity !== undefined) await checkIntegrity(engine, files[0]!, integrity);
    } else {
      if (integrity !== undefined) throw badArgument('integrity: is for a model of one file');
      folder = await platform.folderLoader();
      await folder.loadFolder({files, load, pages}, heap, source);
    }
  } catch (error) {
    await keeper.refuse(error);
    throw error;
  }
  const bytes = files.reduce((sum, {size}) => sum + size, 0);
  return {
    files, pages, bytes, cachedBytes,
    open: () => bundle?.finish() ?? folder!.openFiles(heap, args, files),
    keep: () => keeper.keep(bytes),
    refuse: keeper.refuse,
  };
}
