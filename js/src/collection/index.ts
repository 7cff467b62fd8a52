import type {Client, Reader} from '../client/client.ts';
import {LodeError, badArgument, checkWhole} from '../errors.ts';
import type {IndexAddResult, IndexListArgs, IndexSearchArgs} from './protocol.ts';
import type {
  EntryOptions, IndexDocument, IndexEntry, IndexEntryList, IndexInfo, IndexProgress, IndexReport,
  ListOptions, SearchOptions, SearchResults,
} from './types.ts';

/** Documents that go to the engine together: about this long in work, so that an abort is answered
 * and progress moves. Each such batch is committed. */
const BATCH_MS = 500;
const FIRST_BATCH = 64 * 1024; // bytes
const MOST_DOCUMENTS = 4096;

export interface AddOptions {
  /** Ends the work: what has been written stays; what a GPU is at work on is given up. */
  signal?: AbortSignal;
  onProgress?: (progress: IndexProgress) => void;
}

function sizeOf({content}: IndexDocument): number {
  return content.length;
}

function checkDocument(document: IndexDocument, item: number): void {
  const {id, content} = document ?? {};
  if (typeof id !== 'string' || id === '' || id.includes('\0')) {
    throw badArgument(`document ${item}: its id is no string, or empty, or has a zero`, {item});
  }
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
    throw badArgument(`document ${item}: its content is neither a string nor bytes`, {item});
  }
}

function emptyReport(): IndexReport {
  return {added: 0, updated: 0, unchanged: 0, removed: 0, skipped: 0, chunks: 0, embedded: 0,
    tokens: 0, reasons: []};
}

function addReport(sum: IndexReport, more: IndexReport): void {
  for (const key of Object.keys(more) as (keyof IndexReport)[]) {
    if (key === 'reasons') sum.reasons.push(...more.reasons);
    else sum[key] += more[key];
  }
}

function searchArgs(options: SearchOptions): IndexSearchArgs {
  const {signal: _signal, latest: _latest, ...args} = options;
  if (args.mode !== undefined && !['hybrid', 'keyword', 'semantic'].includes(args.mode)) {
    throw badArgument(`mode: "${args.mode}" is none of hybrid, keyword, semantic`);
  }
  checkWhole('limit', args.limit, 0, 1000);
  checkWhole('offset', args.offset, 0, 10_000);
  checkWhole('passages', args.passages, 0, 100);
  return args;
}

/** A collection that is open; see openIndex. Calls may be made at any time: they queue. */
export class Index {
  readonly #client: Client;
  readonly #registry: FinalizationRegistry<Client>;
  readonly #stemmers: Reader;
  #disposed: Promise<void> | undefined;
  /** Bytes that the engine takes in a batch. */
  #batch = FIRST_BATCH;
  /** Of searches with `latest`: whether one runs, and the one that waits for it. */
  #searching = false;
  #waiting: {start(): void; drop(): void} | undefined;

  /** @internal */
  constructor(client: Client, registry: FinalizationRegistry<Client>, stemmers: Reader) {
    this.#client = client;
    this.#stemmers = stemmers;
    this.#registry = registry;
    registry.register(this, client, this);
  }

  async #call<T>(op: string, args?: unknown, signal?: AbortSignal): Promise<T> {
    this.#check();
    const result = await this.#client.call<T>(`index.${op}`, args,
      {signal, reader: this.#stemmers});
    this.#check(); // and so that this lives until here
    return result;
  }

  #check(): void {
    if (this.#disposed !== undefined) {
      throw new LodeError('LODE_E_CANCELLED', 'the index has been disposed of');
    }
  }

  /**
   * Add documents, or replace those of the same id. Unchanged ones cost little; of changed ones only
   * changed passages are embedded. They are written in batches: what has been written stays,
   * whatever happens to the rest, and the same call again goes on from there.
   */
  async add(documents: IndexDocument | readonly IndexDocument[],
    options: AddOptions = {}): Promise<IndexReport> {
    const list = Array.isArray(documents) ? [...(documents as IndexDocument[])]
      : [documents as IndexDocument];
    list.forEach(checkDocument);
    const {signal, onProgress} = options;
    const sum = emptyReport();
    const progress: IndexProgress = {
      documents: 0, totalDocuments: list.length, bytes: 0,
      totalBytes: list.reduce((all, each) => all + sizeOf(each), 0),
      chunksEmbedded: 0, tokensEmbedded: 0,
    };
    for (let at = 0; at < list.length;) {
      signal?.throwIfAborted();
      const batch = this.#take(list, at);
      const began = performance.now();
      const {report, documents: done} = await this.#addBatch(batch, at, signal);
      const bytes = batch.slice(0, done).reduce((all, each) => all + sizeOf(each), 0);
      if (done === batch.length) {
        const rate = bytes / Math.max(performance.now() - began, 1);
        this.#batch = Math.min(Math.max(rate * BATCH_MS, 4096), 4 * this.#batch);
      }
      at += done;
      addReport(sum, report);
      progress.documents = at;
      progress.bytes += bytes;
      progress.chunksEmbedded = sum.embedded;
      progress.tokensEmbedded = sum.tokens;
      onProgress?.({...progress});
    }
    return sum;
  }

  #take(list: readonly IndexDocument[], from: number): IndexDocument[] {
    let bytes = 0;
    let end = from;
    do bytes += sizeOf(list[end++]!);
    while (end < list.length && end - from < MOST_DOCUMENTS && bytes + sizeOf(list[end]!) <= this.#batch);
    return list.slice(from, end);
  }

  async #addBatch(documents: IndexDocument[], from: number,
    signal: AbortSignal | undefined): Promise<IndexAddResult> {
    try {
      return await this.#call<IndexAddResult>('add', {documents}, signal);
    } catch (error) {
      if (!(error instanceof LodeError) || error.item === undefined) throw error;
      throw new LodeError(error.code, error.message, {item: error.item + from, pos: error.pos});
    }
  }

  /** Remove documents; ids that are not there count as skipped. */
  async remove(ids: string | readonly string[]): Promise<IndexReport> {
    const list = typeof ids === 'string' ? [ids] : [...ids];
    if (!list.every((id) => typeof id === 'string')) throw badArgument('ids: one is no string');
    return this.#call('remove', {ids: list});
  }

  /** The passages that answer best, best first. Any text is a query; nothing is a syntax error. */
  async search(query: string, options: SearchOptions = {}): Promise<SearchResults> {
    if (typeof query !== 'string') throw badArgument('query: is no string');
    const args = {...searchArgs(options), query};
    const run = () => this.#call<SearchResults>('search', args, options.signal);
    return options.latest ? this.#latest(run, options.signal) : run();
  }

  /** What is most like a document, without itself. */
  async similar(id: string, options: Omit<SearchOptions, 'mode' | 'typing' | 'latest'> = {}):
    Promise<SearchResults> {
    if (typeof id !== 'string') throw badArgument('id: is no string');
    return this.#call('search', {...searchArgs(options), like: id}, options.signal);
  }

  /** One search in the engine, and one behind it. */
  async #latest<T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#waiting?.drop();
    this.#waiting = undefined;
    if (this.#searching) {
      await new Promise<void>((resolve, reject) => {
        const waiting = {
          start: resolve,
          drop: () => reject(new LodeError('LODE_E_CANCELLED', 'a newer search took its place')),
        };
        this.#waiting = waiting;
        signal?.addEventListener('abort', () => {
          if (this.#waiting === waiting) this.#waiting = undefined;
          reject(signal.reason);
        }, {once: true});
      });
    }
    this.#searching = true;
    try {
      return await run();
    } finally {
      this.#searching = false;
      this.#startNext();
    }
  }

  #startNext(): void {
    this.#waiting?.start();
    this.#waiting = undefined;
  }

  /**
   * Documents, ordered by the bytes of their ids in UTF-8. The next call goes on behind the last of
   * them ({after: id}) while there are `more`; each sees the collection as it is then.
   */
  async list(options: ListOptions = {}): Promise<IndexEntryList> {
    const {signal, ...args} = options;
    checkWhole('limit', args.limit, 0, 10_000);
    if (args.after !== undefined && typeof args.after !== 'string') throw badArgument('after: is no string');
    return this.#call('list', args satisfies IndexListArgs, signal);
  }

  /** One document; LODE_E_NOT_FOUND: there is none with this id. Its text, unless options say else. */
  async read(id: string, options: EntryOptions = {text: true}): Promise<IndexEntry> {
    if (typeof id !== 'string') throw badArgument('id: is no string');
    const {signal, ...args} = options;
    const {entries} = await this.#call<IndexEntryList>('list', {...args, id} satisfies IndexListArgs, signal);
    return entries[0]!;
  }

  async info(): Promise<IndexInfo> {
    return this.#call('info');
  }

  /** Give back the space of what was removed or replaced. */
  async compact(): Promise<void> {
    return this.#call('compact');
  }

  /** Read everything and compare; LODE_E_FORMAT says what is damaged. */
  async verify(): Promise<void> {
    return this.#call('verify');
  }

  /** The collection as one file, for the native program or to be opened again. */
  async export(): Promise<Blob> {
    return this.#call('export');
  }

  /**
   * Close the file and end the engine, after the calls under way. Later calls are rejected with
   * LODE_E_CANCELLED. Disposing twice does nothing.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    this.#registry.unregister(this);
    await closeEngine(this.#client, 'the index has been disposed of');
  }

  [Symbol.dispose](): void {
    void this.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** The file is closed first: a worker that is ended holds on to it for a while. */
export async function closeEngine(client: Client, reason: string): Promise<void> {
  await client.call('index.close').catch(() => undefined);
  client.fail(new LodeError('LODE_E_CANCELLED', reason));
  await client.closed;
}
