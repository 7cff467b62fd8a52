/* Collections, in the engine: loaded when the first is opened. */
import {
  lode_error, lode_index_document, lode_index_info, lode_index_mode, lode_index_options,
  lode_index_parts, lode_index_report, lode_index_search_options, lode_index_watcher, lode_text,
} from '../abi.ts';
import type {
  IndexAddArgs, IndexAddResult, IndexListArgs, IndexOpenArgs, IndexPlace, IndexSearchArgs,
} from '../collection/protocol.ts';
import type {
  IndexDocument, IndexEntryList, IndexInfo, IndexReport, SearchResults,
} from '../collection/types.ts';
import {LodeError} from '../errors.ts';
import {openSource} from '../load/files.ts';
import {HtmlPage, looksLikeHtml} from '../load/http.ts';
import {landingOf, plainSink} from '../load/landing.ts';
import {readEntries} from './collection_entries.ts';
import {readResults} from './collection_results.ts';
import type {Call, Engine, Handlers} from './engine.ts';
import {scoped, type Heap, type Scope} from './heap.ts';
import {HostFiles} from './host_files.ts';
import {makeInstance, type Exports} from './instance.ts';
import {Stemmers} from './stemmers.ts';
import {doWork, scopedLong} from './steps.ts';

/** What the modules with collections have beside. */
interface IndexExports extends Exports {
  lode_index_open_begin(path: number, options: number, out: number, work: number,
    error: number): number;
  lode_index_free(index: number): void;
  lode_index_get_info(index: number, info: number, error: number): number;
  lode_index_add_begin(index: number, documents: number, n: number, watcher: number,
    report: number, work: number, error: number): number;
  lode_index_remove(index: number, ids: number, n: number, report: number, error: number): number;
  lode_index_compact(index: number, error: number): number;
  lode_index_verify(index: number, error: number): number;
  /* A lode_text by value is a pointer to one. */
  lode_index_search_begin(index: number, query: number, options: number, out: number,
    work: number, error: number): number;
  lode_index_similar(index: number, id: number, options: number, out: number,
    error: number): number;
  lode_results_free(results: number): void;
  lode_index_list(index: number, after: number, limit: bigint, parts: number, out: number,
    error: number): number;
  lode_index_read(index: number, id: number, parts: number, out: number, error: number): number;
  lode_index_entries_free(entries: number): void;
  lode_wasm_index_progress(): number;
  lode_wasm_index_skipped(): number;
  lode_wasm_memory_put(name: number, data: number, size: number): number;
  lode_wasm_memory_size(name: number): number;
  lode_wasm_memory_read(name: number, offset: number, out: number, n: number): number;
}

interface Collection {
  index: number;
  /** How the module calls it. */
  name: string;
  place: IndexPlace;
  /** Said by the call under way. */
  skipped: {id: string; reason: string}[];
  progress: number[];
}

/** What its module asks for. */
const hosts = new WeakMap<Engine, {files: HostFiles; stemmers: Stemmers}>();
const collections = new WeakMap<Engine, Collection>();
const PIECE = 4 * 1024 * 1024;

function exportsOf(heap: Heap): IndexExports {
  return heap.exports as IndexExports;
}

function current(engine: Engine): {heap: Heap; exports: IndexExports; collection: Collection} {
  const {heap} = engine;
  const collection = collections.get(engine);
  if (heap === undefined || collection === undefined) {
    throw new LodeError('LODE_E_ARG', 'the engine has no collection');
  }
  return {heap, exports: exportsOf(heap), collection};
}

/** A failed file has said more than the number that the module got. */
function explain(engine: Engine, error: unknown): unknown {
  const failure = hosts.get(engine)?.files.failure;
  if (!(error instanceof LodeError) || error.code !== 'LODE_E_IO' || failure === undefined) {
    return error;
  }
  return new LodeError(error.code, `${error.message} (${String(failure)})`, {cause: failure});
}

/** What the module does, and again if it lacked stemmers. */
async function run<T>(engine: Engine, call: Call,
  work: (scope: Scope) => T | Promise<T>): Promise<T> {
  const {files, stemmers} = hosts.get(engine)!;
  const heap = engine.heap!;
  for (;;) {
    files.failure = undefined;
    try {
      return await scopedLong(heap, async (scope) => work(scope));
    } catch (error) {
      if (!(await stemmers.load(heap, call))) throw explain(engine, error);
    }
  }
}

/** Before a model is opened, or instead: the imports that an instance of such a module needs. */
function prepare(engine: Engine): void {
  const files = new HostFiles(() => engine.heap!.memory);
  const stemmers = new Stemmers(() => engine.heap!);
  hosts.set(engine, {files, stemmers});
  engine.imports = {
    ...files.imports,
    ...stemmers.imports,
    index_progress: (_user: number, ...numbers: number[]) => {
      collections.get(engine)!.progress = numbers;
      return 0;
    },
    index_skipped: (_user: number, id: number, reason: number) => {
      const heap = engine.heap!;
      collections.get(engine)!.skipped.push(
        {id: heap.string(id) ?? '', reason: heap.string(reason) ?? ''});
    },
  };
}

// ---- opening

/** A file's bytes as a file of the module. */
async function landFile(engine: Engine, heap: Heap, name: string,
  args: IndexOpenArgs & {place: {kind: 'file'}}, call: Call): Promise<void> {
  const {platform} = engine;
  const {retries, stallTimeout} = args;
  const file = await openSource({
    platform, call, cache: undefined, revalidate: 'never',
    http: {signal: call.signal, retries, stallTimeout, headers: platform.requestHeaders},
  }, args.place.file, name);
  if (file === undefined) throw new LodeError('LODE_E_NOT_FOUND', `${name}: no such file`);
  const landing = landingOf(heap, name, file.size, () => plainSink(heap));
  try {
    for await (const chunk of file.chunks) {
      if (chunk === 'restart') {
        landing.restart(file.size);
        continue;
      }
      const read = chunk instanceof Uint8Array;
      if (read && landing.filled === 0 && looksLikeHtml(chunk)) throw new HtmlPage(file.label);
      landing.write(chunk);
      call.progress({loaded: landing.filled, total: landing.size, file: name});
    }
    const {at, size} = landing.finish();
    putMemory(heap, name, at, size);
  } catch (error) {
    landing.discard();
    throw error;
  }
}

function putMemory(heap: Heap, name: string, at: number, size: number): void {
  scoped(heap, (scope) => {
    const status = exportsOf(heap).lode_wasm_memory_put(scope.string(name), at, size);
    if (status !== 0) throw new LodeError('LODE_E_NOMEM', `${name}: out of memory`);
  });
}

function nameOf(place: IndexPlace): string {
  if (place.kind === 'named') return place.path;
  if (place.kind === 'memory') return 'memory';
  const {file} = place;
  return file.kind === 'url' ? file.url : file.kind === 'path' ? file.path : 'collection';
}

async function openIndex(scope: Scope, engine: Engine, name: string, args: IndexOpenArgs,
  signal: AbortSignal): Promise<number> {
  const {heap} = scope;
  const options = scope.struct(lode_index_options.sizeof);
  heap.setU32(options + lode_index_options.struct_size, lode_index_options.sizeof);
  heap.setU32(options + lode_index_options.access, args.access);
  heap.setU32(options + lode_index_options.model, engine.model);
  heap.setU32(options + lode_index_options.model_name, scope.string(args.modelName));
  heap.setU32(options + lode_index_options.threads, engine.threads.length + 1);
  heap.setU32(options + lode_index_options.vectors, scope.string(args.vectors));
  heap.view.setBigInt64(options + lode_index_options.chunk_tokens, BigInt(args.chunkTokens), true);
  const out = scope.alloc(4);
  const path = scope.string(name);
  await doWork(engine, scope, (work) =>
    exportsOf(heap).lode_index_open_begin(path, options, out, work, scope.error), signal);
  return heap.u32(out);
}

async function open(engine: Engine, args: IndexOpenArgs, call: Call): Promise<void> {
  const {files, stemmers} = hosts.get(engine)!;
  const {place} = args;
  const name = nameOf(place);
  try {
    engine.heap ??= await makeInstance(args.module, false, args.maxMemory, engine.imports);
    const {heap} = engine;
    if (place.kind === 'file') {
      await landFile(engine, heap, name, {...args, place}, call);
    } else if (place.kind === 'memory') {
      putMemory(heap, name, 0, 0);
    } else {
      const {openFiles} = engine.platform;
      if (openFiles === undefined) {
        throw new LodeError('LODE_E_UNSUPPORTED', `${name}: no files are kept here`);
      }
      files.set = await openFiles(place.path, args.access, place.wait);
    }
    call.signal.throwIfAborted();
    // The index has a context of its own, with the engine's threads.
    if (engine.context !== 0) heap.exports.lode_context_free(engine.context);
    engine.context = 0;
    const index = await run(engine, call,
      (scope) => openIndex(scope, engine, name, args, call.signal));
    const collection: Collection = {index, name, place, skipped: [], progress: []};
    collections.set(engine, collection);
    engine.cleanups.push(() => end(engine));
    // Those of the documents that are in it.
    await stemmers.load(heap, call);
  } catch (error) {
    await files.set?.close();
    files.set = undefined;
    throw error;
  }
}

function end(engine: Engine): void {
  const collection = collections.get(engine);
  if (collection === undefined) return;
  collections.delete(engine);
  exportsOf(engine.heap!).lode_index_free(collection.index);
}

/** Everything is written, and another may have the file. */
async function close(engine: Engine): Promise<void> {
  end(engine);
  const files = hosts.get(engine)?.files;
  await files?.set?.close();
  if (files !== undefined) files.set = undefined;
}

// ---- filling

function metadataOf({metadata}: IndexDocument): string | undefined {
  return metadata && JSON.stringify(metadata);
}

/** lode_index_document [n] */
function putDocuments(scope: Scope, documents: readonly IndexDocument[]): number {
  const {heap} = scope;
  const encoder = new TextEncoder();
  const list = scope.struct(lode_index_document.sizeof * documents.length);
  const put = (at: number, text: string | Uint8Array) => {
    const bytes = typeof text === 'string' ? encoder.encode(text) : text;
    const p = scope.alloc(bytes.length);
    heap.bytes.set(bytes, p);
    heap.setU32(at + lode_text.data, p);
    heap.setU32(at + lode_text.size, bytes.length);
  };
  documents.forEach((document, i) => {
    const p = list + lode_index_document.sizeof * i;
    put(p + lode_index_document.id, document.id);
    put(p + lode_index_document.content, document.content);
    heap.setU32(p + lode_index_document.format, scope.string(document.format));
    heap.setU32(p + lode_index_document.charset, scope.string(document.charset));
    heap.setU32(p + lode_index_document.title, scope.string(document.title));
    heap.setU32(p + lode_index_document.language, scope.string(document.language));
    heap.setU32(p + lode_index_document.metadata, scope.string(metadataOf(document)));
    const ms = document.modified?.getTime() ?? 0;
    heap.view.setBigInt64(p + lode_index_document.modified_ns,
      Number.isFinite(ms) ? BigInt(ms) * 1_000_000n : 0n, true);
  });
  return list;
}

function readReport(heap: Heap, p: number, reasons: IndexReport['reasons']): IndexReport {
  return {
    added: heap.i64(p + lode_index_report.added),
    updated: heap.i64(p + lode_index_report.updated),
    unchanged: heap.i64(p + lode_index_report.unchanged),
    removed: heap.i64(p + lode_index_report.removed),
    skipped: heap.i64(p + lode_index_report.skipped),
    chunks: heap.i64(p + lode_index_report.chunks),
    embedded: heap.i64(p + lode_index_report.embedded),
    tokens: heap.i64(p + lode_index_report.tokens),
    reasons,
  };
}

async function add(engine: Engine, {documents}: IndexAddArgs, call: Call): Promise<IndexAddResult> {
  const {heap, exports, collection} = current(engine);
  const {files, stemmers} = hosts.get(engine)!;
  collection.skipped = [];
  files.failure = undefined;
  return scopedLong(heap, async (scope) => {
    const list = putDocuments(scope, documents);
    const watcher = scope.struct(lode_index_watcher.sizeof);
    heap.setU32(watcher + lode_index_watcher.progress, exports.lode_wasm_index_progress());
    heap.setU32(watcher + lode_index_watcher.skipped, exports.lode_wasm_index_skipped());
    const report = scope.struct(lode_index_report.sizeof);
    let done = documents.length;
    try {
      await doWork(engine, scope, (work) => exports.lode_index_add_begin(
        collection.index, list, documents.length, watcher, report, work, scope.error), call.signal);
    } catch (error) {
      // It ends before a document whose stemmer is not there, and what came before is committed.
      if (engine.heap !== heap || !(await stemmers.load(heap, call))) throw explain(engine, error);
      done = Math.max(heap.i64(scope.error + lode_error.item), 0);
    }
    return {report: readReport(heap, report, collection.skipped), documents: done};
  });
}

function remove(engine: Engine, {ids}: {ids: string[]}, call: Call): Promise<IndexReport> {
  const {heap, exports, collection} = current(engine);
  return run(engine, call, (scope) => {
    const list = scope.struct(lode_text.sizeof * ids.length);
    ids.forEach((id, i) => {
      const p = scope.alloc(3 * id.length);
      heap.setU32(list + lode_text.sizeof * i + lode_text.size, heap.putText(p, id));
      heap.setU32(list + lode_text.sizeof * i + lode_text.data, p);
    });
    const report = scope.struct(lode_index_report.sizeof);
    scope.check(exports.lode_index_remove(collection.index, list, ids.length, report, scope.error));
    return readReport(heap, report, []);
  });
}

// ---- searching

const MODES = {
  hybrid: lode_index_mode.LODE_INDEX_HYBRID,
  keyword: lode_index_mode.LODE_INDEX_KEYWORD,
  semantic: lode_index_mode.LODE_INDEX_SEMANTIC,
};

function putStrings(scope: Scope, strings: readonly string[]): number {
  const list = scope.alloc(4 * strings.length);
  strings.forEach((each, i) => scope.heap.setU32(list + 4 * i, scope.string(each)));
  return list;
}

function putSearchOptions(scope: Scope, args: IndexSearchArgs): number {
  const {heap} = scope;
  const {mode = 'hybrid', limit = 0, offset = 0, paths = [], filters = {}} = args;
  const p = scope.struct(lode_index_search_options.sizeof);
  const pairs = Object.entries(filters).flatMap(
    ([key, values]) => [values].flat().map((value) => `${key}=${value}`));
  heap.setU32(p + lode_index_search_options.struct_size, lode_index_search_options.sizeof);
  heap.setU32(p + lode_index_search_options.mode, MODES[mode]);
  heap.view.setBigInt64(p + lode_index_search_options.limit, BigInt(limit), true);
  heap.view.setBigInt64(p + lode_index_search_options.offset, BigInt(offset), true);
  heap.view.setBigInt64(p + lode_index_search_options.passages, BigInt(args.passages ?? 0), true);
  heap.setU32(p + lode_index_search_options.by_chunk, args.byChunk ? 1 : 0);
  heap.setU32(p + lode_index_search_options.typing, args.typing ? 1 : 0);
  heap.setU32(p + lode_index_search_options.all, args.all ? 1 : 0);
  heap.setU32(p + lode_index_search_options.paths, putStrings(scope, paths));
  heap.setU32(p + lode_index_search_options.path_count, paths.length);
  heap.setU32(p + lode_index_search_options.filters, putStrings(scope, pairs));
  heap.setU32(p + lode_index_search_options.filter_count, pairs.length);
  return p;
}

/** lode_text */
function putText(scope: Scope, text: string): number {
  const {heap} = scope;
  const value = scope.struct(lode_text.sizeof);
  const p = scope.alloc(3 * text.length);
  heap.setU32(value + lode_text.size, heap.putText(p, text));
  heap.setU32(value + lode_text.data, p);
  return value;
}

function search(engine: Engine, args: IndexSearchArgs, call: Call): Promise<SearchResults> {
  const {heap, exports, collection} = current(engine);
  return run(engine, call, async (scope) => {
    const options = putSearchOptions(scope, args);
    const value = putText(scope, args.like ?? args.query ?? '');
    const out = scope.struct(4);
    if (args.like !== undefined) {
      scope.check(exports.lode_index_similar(collection.index, value, options, out, scope.error));
    } else {
      await doWork(engine, scope, (work) => exports.lode_index_search_begin(
        collection.index, value, options, out, work, scope.error), call.signal);
    }
    const results = heap.u32(out);
    try {
      return readResults(heap, results);
    } finally {
      exports.lode_results_free(results);
    }
  });
}

// ---- reading

function list(engine: Engine, args: IndexListArgs, call: Call): Promise<IndexEntryList> {
  const {heap, exports, collection} = current(engine);
  const {id, after = '', limit = 0} = args;
  const parts = (args.text ? lode_index_parts.LODE_INDEX_TEXT : 0) |
    (args.passages ? lode_index_parts.LODE_INDEX_CHUNKS : 0) |
    (args.vectors ? lode_index_parts.LODE_INDEX_VECTORS : 0);
  return run(engine, call, (scope) => {
    const dim = readInfo(scope, exports, collection).dim;
    const name = putText(scope, id ?? after);
    const out = scope.struct(4);
    scope.check(id === undefined
      ? exports.lode_index_list(collection.index, name, BigInt(limit), parts, out, scope.error)
      : exports.lode_index_read(collection.index, name, parts, out, scope.error));
    const entries = heap.u32(out);
    try {
      return readEntries(heap, entries, dim);
    } finally {
      exports.lode_index_entries_free(entries);
    }
  });
}

// ---- the rest

function readInfo(scope: Scope, exports: IndexExports, {index}: Collection): IndexInfo {
  const {heap} = scope;
  const p = scope.sized(lode_index_info.sizeof);
  scope.check(exports.lode_index_get_info(index, p, scope.error));
  return {
    model: heap.string(heap.u32(p + lode_index_info.model)),
    vectors: heap.string(heap.u32(p + lode_index_info.vectors)) as IndexInfo['vectors'],
    dim: heap.i64(p + lode_index_info.dim),
    documents: heap.i64(p + lode_index_info.documents),
    chunks: heap.i64(p + lode_index_info.chunks),
    bytes: heap.i64(p + lode_index_info.file_bytes),
    freeBytes: heap.i64(p + lode_index_info.free_bytes),
  };
}

async function info(engine: Engine, _args: unknown, call: Call): Promise<IndexInfo> {
  const {exports, collection} = current(engine);
  const info = await run(engine, call, (scope) => readInfo(scope, exports, collection));
  if (engine.gpu === undefined) return info;
  return {...info, backend: (await import('./gpu_engine.ts')).readBackend(engine)};
}

function compact(engine: Engine, _args: unknown, call: Call): Promise<void> {
  const {exports, collection} = current(engine);
  return run(engine, call, (scope) =>
    scope.check(exports.lode_index_compact(collection.index, scope.error)));
}

function verify(engine: Engine, _args: unknown, call: Call): Promise<void> {
  const {exports, collection} = current(engine);
  return run(engine, call, (scope) =>
    scope.check(exports.lode_index_verify(collection.index, scope.error)));
}

/** The file as it is between transactions, which is whole. */
function exportFile(engine: Engine): Blob {
  const {heap, exports, collection} = current(engine);
  const {name, place} = collection;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  if (place.kind === 'named') {
    const set = hosts.get(engine)!.files;
    const size = set.sizeOf(name);
    for (let at = 0; at < size; at += PIECE) parts.push(set.pieceOf(name, at, Math.min(PIECE, size - at)));
    return new Blob(parts);
  }
  return scoped(heap, (scope) => {
    const p = scope.string(name);
    const size = exports.lode_wasm_memory_size(p);
    const buffer = scope.alloc(PIECE);
    for (let at = 0; at < size; at += PIECE) {
      parts.push(heap.copy(buffer, exports.lode_wasm_memory_read(p, at, buffer, PIECE)));
    }
    return new Blob(parts);
  });
}

export const collectionHandlers: Handlers = {
  'index.prepare': prepare,
  'index.open': open,
  'index.add': add,
  'index.remove': remove,
  'index.search': search,
  'index.list': list,
  'index.info': info,
  'index.compact': compact,
  'index.verify': verify,
  'index.export': exportFile,
  'index.close': close,
};
