/* Files on their way into collections. What has been queued is in the catalogue with its bytes, and
 * leaves it in the transaction that notes the document, after the engine has committed it: a tab that
 * ends in between does it once more, which changes nothing. */
import type {IndexDocument, IndexReport} from 'lode';
import type {Context} from './context.ts';
import type {Change} from './database.ts';
import type {Engines} from './engines.ts';
import {isFull, isTooMuch, messageOf} from './errors.ts';
import {extract, type Extracted} from './extract.ts';
import {kindOf} from './kinds.ts';
import type {Collection, DocumentContent, DocumentRow, NewFile, QueueRow, Task, Work} from './types.ts';

/** Files that are read and indexed together: as many as take some seconds at most, so that progress moves
 * with a slow model too, and little is done again after a crash. */
const FIRST_FILES = 32;
const MOST_FILES = 128;
const SHORT_MS = 1500;
const LONG_MS = 3000;
const BATCH_BYTES = 1024 * 1024;
/** Smaller files lie in the catalogue's rows; of larger ones the browser keeps a file. */
const INLINE_BYTES = 256 * 1024;
const TAKE_FILES = 100;
const SHOWN_TASKS = 60;

interface Ready {
  row: QueueRow;
  text: Extracted;
}

interface Done {
  time: number;
  n: number;
}

export interface QueueHost {
  collection(id: string): Collection | undefined;
  documentsChanged(collection: string, added: DocumentRow[]): void;
  /** The collection's numbers are new. */
  counted(collection: Collection): Promise<void>;
}

/** The collection has everything of the others. */
function hasMarkup({format}: Extracted): boolean {
  return format === 'markdown' || format === 'html';
}

function keyOf({collection, id}: {collection: string; id: string}): string {
  return `${collection}\n${id}`;
}

/** For filters by date: a document's metadata has whole values only. */
export function datesOf(modified: number): Record<string, string> {
  const date = new Date(modified);
  if (!Number.isFinite(modified) || modified <= 0) return {};
  const day = date.toISOString().slice(0, 10);
  return {day, month: day.slice(0, 7), year: day.slice(0, 4)};
}

export class Queue {
  readonly #context: Context;
  readonly #engines: Engines;
  readonly #host: QueueHost;
  /** In the order of arrival. */
  readonly #rows = new Map<string, QueueRow>();
  readonly #steps = new Map<string, {step: 'reading' | 'indexing'; detail?: string | undefined}>();
  readonly #cancelled = new Set<string>();
  #batchFiles = FIRST_FILES;
  #seq = 0;
  #running = false;
  #done = 0;
  #total = 0;
  #taking = 0;
  #recent: Done[] = [];
  #paused = false;
  #stopped: string | undefined;

  constructor(context: Context, engines: Engines, host: QueueHost) {
    this.#context = context;
    this.#engines = engines;
    this.#host = host;
  }

  /** What another tab, or this one before, has left. */
  async load(): Promise<void> {
    const rows = await this.#context.db.all<QueueRow>('queue');
    rows.sort((a, b) => a.seq - b.seq);
    for (const row of rows) {
      this.#rows.set(keyOf(row), row);
      this.#seq = Math.max(this.#seq, row.seq);
      if (row.error === undefined) this.#total++;
    }
    if (this.#total > 0) this.#context.log('info', `${this.#total} files were waiting: going on with them`);
    void this.#run();
  }

  get work(): Work {
    const rows = [...this.#rows.values()];
    const failed = rows.filter(({error}) => error !== undefined);
    const waiting = rows.filter((row) => row.error === undefined && !this.#steps.has(keyOf(row)));
    const active = rows.filter((row) => this.#steps.has(keyOf(row)));
    const tasks = [
      ...active.map((row): Task => ({...task(row), ...this.#steps.get(keyOf(row))!})),
      ...failed.map((row): Task => ({...task(row), step: 'failed', detail: row.error})),
      ...waiting.map((row): Task => ({...task(row), step: 'waiting'})),
    ].slice(0, SHOWN_TASKS);
    return {
      tasks, waiting: waiting.length + active.length, failed: failed.length, done: this.#done,
      total: this.#total, taking: this.#taking, paused: this.#paused, stopped: this.#stopped,
      rate: this.#rate(),
    };
  }

  #rate(): number {
    const now = performance.now();
    this.#recent = this.#recent.filter(({time}) => now - time < 5000);
    const first = this.#recent[0];
    if (first === undefined || this.#recent.length < 2) return 0;
    return this.#recent.slice(1).reduce((sum, {n}) => sum + n, 0) / ((this.#recent.at(-1)!.time - first.time) / 1000);
  }

  /** Take files over, in the order given. Answers when they are safe. */
  async add(collection: string, files: readonly NewFile[]): Promise<void> {
    this.#taking += files.length;
    this.#context.changed();
    let left = files.length;
    try {
      for (let at = 0; at < files.length; at += TAKE_FILES) {
        const part = files.slice(at, at + TAKE_FILES);
        const rows = await Promise.all(part.map((file) => this.#row(collection, file)));
        await this.#context.db.change(rows.map((put) => ({store: 'queue', put})));
        for (const row of rows) {
          const key = keyOf(row);
          const old = this.#rows.get(key);
          if (old === undefined || old.error !== undefined) this.#total++;
          this.#rows.delete(key);
          this.#rows.set(key, row);
          this.#cancelled.delete(key);
        }
        this.#taking -= part.length;
        left -= part.length;
        this.#context.changed();
        void this.#run();
      }
    } finally {
      this.#taking -= left;
      this.#context.changed();
    }
  }

  async #row(collection: string, {path, file, folder}: NewFile): Promise<QueueRow> {
    const row = {collection, id: path, seq: ++this.#seq, kind: kindOf(path) ?? 'text', size: file.size,
      modified: file.lastModified, folder};
    try {
      // A file that the disk has is read now: it may change, or go, before its turn.
      return {...row, data: file.size <= INLINE_BYTES ? await file.arrayBuffer() : file};
    } catch (error) {
      return {...row, data: new ArrayBuffer(0), error: `cannot be read: ${messageOf(error)}`};
    }
  }

  pause(): void {
    this.#paused = true;
    this.#context.changed();
  }

  resume(): void {
    this.#paused = false;
    this.#stopped = undefined;
    this.#context.changed();
    void this.#run();
  }

  /** Take what waits or has failed out of the queue; without ids, everything. */
  async cancel(collection?: string, id?: string): Promise<void> {
    const gone = [...this.#rows.values()].filter((row) =>
      (collection === undefined || row.collection === collection) && (id === undefined || row.id === id));
    for (const row of gone) {
      this.#rows.delete(keyOf(row));
      if (this.#steps.has(keyOf(row))) this.#cancelled.add(keyOf(row));
      if (row.error === undefined) this.#total--;
    }
    await this.#context.db.change(gone.map((row) => ({store: 'queue', remove: [row.collection, row.id]})));
    this.#endIfEmpty();
    this.#context.changed();
  }

  /** Those that failed, or one of them, once more. */
  async retry(collection?: string, id?: string): Promise<void> {
    const again = [...this.#rows.values()].filter((row) => row.error !== undefined &&
      (collection === undefined || row.collection === collection) && (id === undefined || row.id === id));
    for (const row of again) {
      row.error = undefined;
      this.#total++;
    }
    await this.#context.db.change(again.map((put) => ({store: 'queue', put})));
    this.resume();
  }

  #endIfEmpty(): void {
    if ([...this.#rows.values()].some(({error}) => error === undefined)) return;
    this.#done = 0;
    this.#total = 0;
    this.#stopped = undefined;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      let next = this.#read(this.#take());
      for (;;) {
        const ready = await next;
        if (ready === undefined || this.#paused || this.#stopped !== undefined) break;
        next = this.#read(this.#take()); // while the engine is busy
        await this.#write(ready);
      }
    } catch (error) {
      this.#stop(error);
    } finally {
      this.#running = false;
      this.#steps.clear();
      this.#endIfEmpty();
      this.#context.changed();
    }
    const more = [...this.#rows.values()].some(({error}) => error === undefined);
    if (more && !this.#paused && this.#stopped === undefined) void this.#run();
  }

  #stop(error: unknown): void {
    this.#stopped = isFull(error)
      ? 'Storage is full. Free some space, then go on: nothing that was indexed is lost.'
      : messageOf(error);
    this.#context.log('error', `indexing has stopped: ${messageOf(error)}`);
  }

  /** The next files of one collection. */
  #take(): QueueRow[] {
    const batch: QueueRow[] = [];
    let bytes = 0;
    for (const row of this.#rows.values()) {
      if (row.error !== undefined || this.#steps.has(keyOf(row))) continue;
      if (batch.length > 0 && (row.collection !== batch[0]!.collection || bytes + row.size > BATCH_BYTES)) break;
      batch.push(row);
      bytes += row.size;
      if (batch.length >= this.#batchFiles) break;
    }
    for (const row of batch) this.#steps.set(keyOf(row), {step: 'reading'});
    return batch;
  }

  async #read(batch: QueueRow[]): Promise<Ready[] | undefined> {
    if (batch.length === 0) return undefined;
    const ready: Ready[] = [];
    for (const row of batch) {
      const key = keyOf(row);
      if (this.#cancelled.delete(key)) {
        this.#steps.delete(key);
        continue;
      }
      try {
        const text = await extract(row.id, row.kind, row.data, (detail) => {
          this.#steps.set(key, {step: 'reading', detail});
          this.#context.changed();
        });
        ready.push({row, text});
      } catch (error) {
        await this.#fail(row, messageOf(error));
      }
    }
    return ready;
  }

  /** The machine has not enough memory for these together: one by one, and without the one that is too large. */
  async #shrink(ready: Ready[], error: unknown): Promise<void> {
    if (ready.length === 1) {
      await this.#fail(ready[0]!.row, `cannot be indexed here, where memory is short: ${messageOf(error)}`);
      return;
    }
    this.#batchFiles = Math.max(1, ready.length >> 1);
    this.#context.log('warning', `memory is short: ${messageOf(error)}; fewer files at a time`);
    for (const each of ready) await this.#write([each]);
  }

  async #fail(row: QueueRow, reason: string): Promise<void> {
    const key = keyOf(row);
    this.#steps.delete(key);
    if (!this.#rows.has(key)) return;
    row.error = reason;
    this.#total--;
    this.#context.log('warning', `${row.id}: ${reason}`);
    await this.#context.db.change([{store: 'queue', put: row}]);
    this.#context.changed();
  }

  #adapt(took: number, files: number): void {
    if (took > LONG_MS) this.#batchFiles = Math.max(1, files >> 1);
    else if (took < SHORT_MS) this.#batchFiles = Math.min(MOST_FILES, Math.max(this.#batchFiles, 2 * files));
  }

  async #write(ready: Ready[]): Promise<void> {
    const wanted = ready.filter(({row}) => !this.#cancelled.has(keyOf(row)));
    const collection = wanted[0] && this.#host.collection(wanted[0].row.collection);
    if (collection === undefined) {
      for (const {row} of ready) this.#steps.delete(keyOf(row));
      return;
    }
    for (const {row} of wanted) this.#steps.set(keyOf(row), {step: 'indexing'});
    this.#context.changed();
    const documents = wanted.map(({row, text}): IndexDocument => ({
      id: row.id, content: text.content, format: text.format, title: text.title,
      modified: new Date(row.modified), metadata: {kind: row.kind, ...datesOf(row.modified)},
    }));
    const began = performance.now();
    let report: IndexReport;
    try {
      report = await this.#engines.use(collection, (index) => index.add(documents));
    } catch (error) {
      if (!isTooMuch(error)) throw error;
      await this.#shrink(wanted, error);
      return;
    }
    this.#adapt(performance.now() - began, documents.length);
    const reasons = new Map(report.reasons.map(({id, reason}) => [id, reason]));
    const changes: Change[] = [];
    const added: DocumentRow[] = [];
    for (const {row, text} of wanted) {
      const reason = reasons.get(row.id);
      if (reason !== undefined) {
        await this.#fail(row, reason);
        continue;
      }
      const {id, kind, size, modified, folder} = row;
      const document: DocumentRow = {collection: collection.id, id, kind, size, modified, folder,
        added: Date.now(), title: text.title};
      const content: DocumentContent = {collection: collection.id, id, content: text.content, format: text.format};
      added.push(document);
      changes.push({store: 'documents', put: document}, hasMarkup(text)
        ? {store: 'contents', put: content} : {store: 'contents', remove: [collection.id, id]});
      // Unless the same file has been queued again meanwhile, with other bytes.
      const newer = this.#rows.get(keyOf(row));
      if (newer === undefined || newer === row) changes.push({store: 'queue', remove: [collection.id, id]});
    }
    await this.#context.db.change(changes);
    for (const {row} of ready) {
      const key = keyOf(row);
      this.#steps.delete(key);
      if (this.#rows.get(key) === row && row.error === undefined) {
        this.#rows.delete(key);
        this.#done++;
      }
    }
    this.#recent.push({time: performance.now(), n: added.length});
    this.#host.documentsChanged(collection.id, added);
    await this.#engines.refresh(collection);
    await this.#host.counted(collection);
    // What was cancelled while the engine had it.
    const gone = wanted.filter(({row}) => this.#cancelled.delete(keyOf(row))).map(({row}) => row.id);
    if (gone.length > 0) await this.remove(collection, gone);
  }

  /** Documents, out of the collection and the catalogue. */
  async remove(collection: Collection, ids: string[]): Promise<void> {
    await this.#engines.use(collection, (index) => index.remove(ids));
    await this.#context.db.change(ids.flatMap((id): Change[] => [
      {store: 'documents', remove: [collection.id, id]}, {store: 'contents', remove: [collection.id, id]}]));
    this.#host.documentsChanged(collection.id, []);
    await this.#engines.refresh(collection);
    await this.#host.counted(collection);
  }
}

function task({collection, id, size}: QueueRow): Omit<Task, 'step'> {
  return {collection, id, size};
}
