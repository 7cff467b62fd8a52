/* The library, in the tab that writes: what a page may ask for, by the methods' names. */
import type {Index, IndexEntry, TextRange} from 'lode';
import type {Context} from './context.ts';
import type {Database} from './database.ts';
import {Engines} from './engines.ts';
import {AppError, isFull, messageOf} from './errors.ts';
import {accessOf, filesOf} from './folders.ts';
import {kindOf, leftOut} from './kinds.ts';
import {Models} from './models.ts';
import {fileNames, removeCollectionFile, removeFile, writeFile} from './opfs.ts';
import {Queue} from './queue.ts';
import {meanVectors, readDocument, storedDocument} from './reading.ts';
import type {
  Collection, DocumentContent, DocumentRow, FolderInfo, FolderRow, LibraryState, NewFile, Place, ReadDocument,
  SearchAnswer, SearchRequest, VectorPage,
} from './types.ts';

const FIRST = 'My documents';
/** Documents that are listed in one call; with vectors, fewer. */
const LIST_PAGE = 5000;
const VECTOR_PAGE = 500;
/** Results of a query that nothing seems to be about. */
const NEAREST = 5;

export interface DocumentList {
  rows: DocumentRow[];
  total: number;
}

export class Library {
  readonly #context: Context;
  readonly #db: Database;
  readonly #placeReason: string | undefined;
  readonly #models: Models;
  readonly #engines: Engines;
  readonly #queue: Queue;
  readonly #collections = new Map<string, Collection>();
  /** Of each collection that was listed: what the catalogue has. */
  readonly #documents = new Map<string, Map<string, DocumentRow>>();
  /** What an imported collection has in it, as of a revision. */
  readonly #listed = new Map<string, {revision: number; rows: DocumentRow[]}>();
  /** Collections that are being written from a file. */
  readonly #coming = new Set<string>();
  #folders: FolderInfo[] = [];

  constructor(context: Context, placeReason: string | undefined) {
    this.#context = context;
    this.#db = context.db;
    this.#placeReason = placeReason;
    this.#models = new Models(context, () => {
      this.#findModels().catch((error: unknown) => context.log('warning', messageOf(error)));
    });
    this.#engines = new Engines(context, this.#models);
    this.#queue = new Queue(context, this.#engines, {
      collection: (id) => this.#collections.get(id),
      documentsChanged: (id, added) => this.#noteDocuments(id, added),
      counted: (collection) => {
        collection.revision++;
        return this.#save(collection);
      },
    });
  }

  get #place(): Place {
    return this.#placeReason === undefined ? 'device' : 'memory';
  }

  async start(): Promise<void> {
    const [rows] = await Promise.all([this.#db.all<Collection>('collections'), this.#models.load()]);
    for (const row of rows.sort((a, b) => a.created - b.created)) this.#collections.set(row.id, row);
    // A tab that was killed has not counted its last documents.
    for (const row of rows.filter(({documents}) => documents === 0)) row.documents = (await this.#rows(row.id)).size;
    // It opens while the page draws itself.
    const first = [...this.#collections.values()].find(({documents}) => documents > 0);
    if (first !== undefined) void this.warm(first.id).catch(() => undefined); // whoever asks hears why
    await this.#loadFolders();
    await this.#queue.load();
    void this.#afterStart();
  }

  /** What nobody waits for. */
  async #afterStart(): Promise<void> {
    for (const {collection, id, access} of this.#folders) {
      const row = await this.#db.get<FolderRow>('folders', [collection, id]);
      if (access === 'granted' && row?.unread) void this.rescan(collection, id);
    }
    await this.#removeLeft();
  }

  /** What a tab that was killed had begun, and nothing points to. */
  async #removeLeft(): Promise<void> {
    if (!this.#context.files) return;
    const known = new Set([...this.#collections.keys(), ...this.#coming].map((id) => `${id}.lode`));
    for (const {source} of this.#models.list) {
      if (source.kind === 'file') known.add(source.file);
      if (source.kind === 'folder') Object.values(source.files).forEach((file) => known.add(file));
    }
    for (const {name} of await fileNames()) {
      const main = name.replace(/-(journal|wal)$/, '');
      if (!known.has(main)) await removeFile(name).catch(() => undefined); // in use: by whoever makes it
    }
  }

  get state(): Omit<LibraryState, 'role'> {
    return {
      place: this.#place, placeReason: this.#placeReason,
      collections: [...this.#collections.values()].map((each) => ({...each})),
      folders: this.#folders, models: this.#models.list, defaultModel: this.#models.default,
      work: this.#queue.work,
    };
  }

  #get(id: string): Collection {
    const found = this.#collections.get(id);
    if (found === undefined) throw new AppError('this collection is not here any more', 'NOT_FOUND');
    return found;
  }

  // ---- collections

  async createCollection(name: string, model?: string): Promise<string> {
    const id = crypto.randomUUID();
    const collection: Collection = {
      id, name: name.trim() || FIRST, model: model ?? this.#models.default, place: this.#place,
      created: Date.now(), imported: false, documents: 0, chunks: 0, bytes: 0, freeBytes: 0, revision: 0,
    };
    this.#collections.set(id, collection);
    if (this.#place === 'memory') this.#engines.keep(id);
    await this.#save(collection);
    return id;
  }

  async #save(collection: Collection): Promise<void> {
    await this.#db.change([{store: 'collections', put: {...collection, wordsOnly: undefined}}]);
    this.#context.changed();
  }

  async renameCollection(id: string, name: string): Promise<void> {
    const collection = this.#get(id);
    collection.name = name.trim() || collection.name;
    await this.#save(collection);
  }

  async removeCollection(id: string): Promise<void> {
    this.#get(id);
    await this.#queue.cancel(id);
    this.#collections.delete(id);
    this.#documents.delete(id);
    this.#listed.delete(id);
    await this.#engines.close(id);
    await this.#db.change([{store: 'collections', remove: id}, {store: 'documents', removeOf: id},
      {store: 'contents', removeOf: id}, {store: 'folders', removeOf: id}]);
    if (this.#context.files) await removeCollectionFile(`${id}.lode`);
    await this.#loadFolders();
    this.#context.changed();
  }

  exportCollection(id: string): Promise<Blob> {
    return this.#engines.use(this.#get(id), (index) => index.export());
  }

  async compactCollection(id: string): Promise<void> {
    const collection = this.#get(id);
    await this.#engines.use(collection, (index) => index.compact());
    await this.#engines.refresh(collection);
    await this.#save(collection);
  }

  async verifyCollection(id: string): Promise<void> {
    await this.#engines.use(this.#get(id), (index) => index.verify());
  }

  /** A .lode file, as a collection of its own. */
  async importCollection(file: File): Promise<string> {
    if (this.#place === 'memory') {
      throw new AppError('a collection cannot be opened here, since this browser keeps no files for pages');
    }
    const id = crypto.randomUUID();
    this.#coming.add(id);
    const collection: Collection = {
      id, name: file.name.replace(/\.lode$/i, ''), model: undefined, place: this.#place, created: Date.now(),
      imported: true, documents: 0, chunks: 0, bytes: file.size, freeBytes: 0, revision: 0,
    };
    try {
      await writeFile(`${id}.lode`, file);
      await this.#findModel(collection);
      this.#collections.set(id, collection);
      await this.#save(collection);
      return id;
    } catch (error) {
      this.#collections.delete(id);
      await this.#engines.close(id);
      await removeCollectionFile(`${id}.lode`);
      throw new AppError(`${file.name}: ${isFull(error) ? 'storage is full' : messageOf(error)}`);
    } finally {
      this.#coming.delete(id);
    }
  }

  /** That which it was made with is the one that opens it. */
  async #findModel(collection: Collection): Promise<void> {
    collection.model = undefined;
    await this.#engines.close(collection.id);
    const {model} = await this.#engines.use(collection, (index) => index.info()); // is it a collection at all?
    if (model === undefined) {
      collection.wordsOnly = undefined; // there is nothing else that it should do
      return;
    }
    for (const each of this.#models.list.filter(({state}) => state === 'ready')) {
      await this.#engines.close(collection.id);
      collection.model = each.id;
      collection.documents ||= 1; // so that a refusal is noted, and not thrown
      await this.#engines.use(collection, async () => undefined);
      if (collection.wordsOnly === undefined) return;
    }
    collection.wordsOnly = `it was made with “${model}”, which is not here`;
  }

  /** There is a model that was not there before: it may be what a collection was made with. */
  async #findModels(): Promise<void> {
    for (const collection of this.#collections.values()) {
      if (!collection.imported || collection.wordsOnly === undefined) continue;
      await this.#findModel(collection);
      await this.#save(collection);
    }
  }

  // ---- documents

  async addFiles(collection: string, files: NewFile[]): Promise<void> {
    this.#get(collection);
    await this.#queue.add(collection, files.filter(({path}) => !leftOut(path)));
    await this.#save(this.#get(collection));
  }

  async addText(collection: string, title: string, text: string): Promise<void> {
    const name = title.trim().replace(/[/\\\0]/g, '-').slice(0, 120) ||
      `Note of ${new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')}`;
    const file = new File([text], name, {lastModified: Date.now()});
    await this.#queue.add(collection, [{path: `Pasted/${name}.md`, file}]);
  }

  async removeDocuments(collection: string, ids: string[]): Promise<void> {
    await this.#queue.remove(this.#get(collection), ids);
  }

  async #rows(collection: string): Promise<Map<string, DocumentRow>> {
    const found = this.#documents.get(collection);
    if (found !== undefined) return found;
    const rows = await this.#db.all<DocumentRow>('documents', collection);
    const map = new Map(rows.map((row) => [row.id, row]));
    this.#documents.set(collection, map);
    return map;
  }

  #noteDocuments(collection: string, added: DocumentRow[]): void {
    const rows = this.#documents.get(collection);
    if (rows === undefined) return;
    if (added.length === 0) this.#documents.delete(collection); // some were removed: read again
    for (const row of added) rows.set(row.id, row);
  }

  /** An imported collection's, from the collection itself. */
  async #list(collection: Collection): Promise<DocumentRow[]> {
    const {id, revision} = collection;
    const known = this.#listed.get(id);
    if (known?.revision === revision) return known.rows;
    const rows: DocumentRow[] = [];
    await this.#engines.use(collection, async (index) => {
      for (let more = true; more;) {
        const page = await index.list({after: rows.at(-1)?.id ?? '', limit: LIST_PAGE});
        rows.push(...page.entries.map((entry) => rowOf(id, entry)));
        more = page.more;
      }
    });
    this.#listed.set(id, {revision, rows});
    return rows;
  }

  async documents(collection: string, options: {offset?: number; limit?: number; text?: string} = {}):
    Promise<DocumentList> {
    const {offset = 0, limit = 200, text = ''} = options;
    const wanted = text.trim().toLowerCase();
    const given = this.#get(collection);
    const all = given.imported ? await this.#list(given) : [...(await this.#rows(collection)).values()];
    const rows = all.filter(({id, title}) => wanted === '' || `${id} ${title ?? ''}`.toLowerCase().includes(wanted))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return {rows: rows.slice(offset, offset + limit), total: rows.length};
  }

  /** A document, around the passage at these bytes of its file; undefined: it is not there. */
  async read(collection: string, id: string, at: TextRange): Promise<ReadDocument | undefined> {
    const stored = await this.#db.get<DocumentContent>('contents', [collection, id]);
    if (stored !== undefined) return storedDocument(stored, at);
    try {
      return await this.#engines.use(this.#get(collection), async (index) =>
        readDocument(await index.read(id, {text: true, passages: true}), at));
    } catch (error) {
      if ((error as {code?: string}).code === 'LODE_E_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** For a map: a page of documents behind this id. */
  vectors(collection: string, after: string): Promise<VectorPage> {
    return this.#engines.use(this.#get(collection), async (index: Index) => {
      const {entries, more} = await index.list({after, limit: VECTOR_PAGE, vectors: true});
      return {rows: entries.map((entry) => rowOf(collection, entry)), more, ...meanVectors(entries)};
    });
  }

  // ---- folders

  async #loadFolders(): Promise<void> {
    const rows = await this.#db.all<FolderRow>('folders');
    this.#folders = await Promise.all(rows.map(async ({collection, id, name, handle}) =>
      ({collection, id, name, access: await accessOf(handle)})));
    this.#context.changed();
  }

  async addFolder(collection: string, handle: FileSystemDirectoryHandle): Promise<void> {
    const row: FolderRow = {collection, id: handle.name, name: handle.name, handle, unread: true};
    await this.#db.change([{store: 'folders', put: row}]);
    await this.#loadFolders();
    await this.rescan(collection, row.id);
  }

  async folderHandle(collection: string, id: string): Promise<FileSystemDirectoryHandle | undefined> {
    return (await this.#db.get<FolderRow>('folders', [collection, id]))?.handle;
  }

  /** Queue what is new or has changed, and remove what is not there any more. */
  async rescan(collection: string, id: string): Promise<{changed: number; removed: number}> {
    const row = await this.#db.get<FolderRow>('folders', [collection, id]);
    if (row === undefined) throw new AppError('this folder is not known any more');
    await this.#loadFolders();
    if ((await accessOf(row.handle)) !== 'granted') throw new AppError('the browser asks again before this folder is read', 'PERMISSION');
    const rows = await this.#rows(collection);
    const seen = new Set<string>();
    const changed: NewFile[] = [];
    for await (const {path, file} of filesOf(row.handle, row.name)) {
      seen.add(path);
      const known = rows.get(path);
      if (known === undefined || known.modified !== file.lastModified || known.size !== file.size) {
        changed.push({path, file, folder: id});
      }
    }
    const gone = [...rows.values()].filter((each) => each.folder === id && !seen.has(each.id)).map((each) => each.id);
    if (gone.length > 0) await this.#queue.remove(this.#get(collection), gone);
    await this.#queue.add(collection, changed);
    await this.#db.change([{store: 'folders', put: {...row, unread: false}}]);
    this.#context.log('info', `${row.name}: ${changed.length} new or changed, ${gone.length} gone`);
    return {changed: changed.length, removed: gone.length};
  }

  async forgetFolder(collection: string, id: string): Promise<void> {
    await this.#db.change([{store: 'folders', remove: [collection, id]}]);
    await this.#loadFolders();
  }

  // ---- the queue

  pause(): void {
    this.#queue.pause();
  }

  resume(): void {
    this.#queue.resume();
  }

  cancel(collection?: string, id?: string): Promise<void> {
    return this.#queue.cancel(collection, id);
  }

  retry(collection?: string, id?: string): Promise<void> {
    return this.#queue.retry(collection, id);
  }

  // ---- searching

  async search(request: SearchRequest): Promise<SearchAnswer> {
    const began = performance.now();
    const {query, like, limit, typing, paths, filters, only} = request;
    const ids = (like ? [like.collection] : request.collections).filter((id) => this.#collections.has(id));
    const options = {limit, filters, paths: only?.map(escapePattern) ?? paths, passages: 1};
    const ask = (more: {limit: number; all?: boolean}) => Promise.all(ids.map((id) =>
      this.#engines.use(this.#get(id), (index) => like ? index.similar(like.id, {...options, ...more})
        : index.search(query, {...options, typing, ...more}))));
    let answers = await ask({limit});
    // Nothing is to the point: a few that are nearest, said to be no more than that.
    if (answers.every(({results}) => results.length === 0)) answers = await ask({limit: NEAREST, all: true});
    // Scores are sums of cosines and shares of what the words could give: of the same measure.
    const hits = answers.flatMap(({results}, i) => results.map((each) => ({...each, collection: ids[i]!})))
      .sort((a, b) => b.score - a.score).slice(0, answers.some(({relevant}) => relevant) ? limit : NEAREST);
    const modes = answers.map(({mode}) => mode);
    return {
      hits, total: answers.reduce((sum, {total}) => sum + total, 0),
      totalAtLeast: answers.some(({totalAtLeast}) => totalAtLeast),
      relevant: answers.some(({relevant}) => relevant),
      correction: answers.find(({correction}) => correction !== undefined)?.correction,
      mode: modes.every((mode) => mode === modes[0]) ? modes[0] ?? 'keyword' : 'hybrid',
      milliseconds: performance.now() - began,
    };
  }

  /** Open a collection before it is asked anything. */
  async warm(id: string): Promise<void> {
    if (this.#collections.has(id)) await this.#engines.use(this.#get(id), async () => undefined);
  }

  // ---- models

  fetchModel(address: string): Promise<string> {
    return this.#models.fetch(address);
  }

  addModel(files: {path: string; file: File}[]): Promise<string> {
    return this.#models.add(files);
  }

  pauseModel(id: string): void {
    this.#models.pause(id);
  }

  resumeModel(id: string): Promise<void> {
    return this.#models.resume(id);
  }

  async removeModel(id: string): Promise<void> {
    const users = [...this.#collections.values()].filter(({model, imported}) => model === id && !imported);
    if (users.length > 0) {
      throw new AppError(`${users.map(({name}) => name).join(', ')} ${users.length > 1 ? 'were' : 'was'} made with this model`);
    }
    await this.#models.remove(id);
  }

  /** For an embedder of the page's own: what openers take. */
  async modelSource(id: string): Promise<unknown> {
    return this.#models.source(id);
  }

  // ---- everything

  async storedFiles(): Promise<{name: string; size: number}[]> {
    return this.#context.files ? fileNames() : [];
  }

  /** All collections, documents, models and caches of this page. */
  async eraseAll(): Promise<void> {
    for (const id of [...this.#collections.keys()]) await this.removeCollection(id);
    for (const {id, source, url} of this.#models.list) {
      if (source.kind !== 'page' || url !== undefined) await this.#models.remove(id);
    }
    await this.#db.clear();
    await this.#models.load();
    this.#context.changed();
  }

  async close(): Promise<void> {
    await this.#engines.closeAll();
  }
}

function rowOf(collection: string, {id, title, bytes, modified, metadata, format}: IndexEntry): DocumentRow {
  return {
    collection, id, title, size: bytes, modified: modified?.getTime() ?? 0, added: 0,
    kind: metadata['kind']?.[0] ?? kindOf(id) ?? format,
  };
}

/** A pattern that matches this path alone. */
function escapePattern(path: string): string {
  return '/' + path.replace(/[\\*?[\]!#]/g, '\\$&');
}

export type {TextRange};
