/* The models that there are: those beside the page, and those that were fetched or picked. A download
 * is a file that grows: it can be paused, and goes on where it was, also after the tab was closed. */
import {createEmbedder, type ModelSource} from 'lode';
import type {Context} from './context.ts';
import {AppError, isFull, messageOf} from './errors.ts';
import {fileHandle, removeFile, sizeOf, writeFile} from './opfs.ts';
import type {Model} from './types.ts';

const LIST = 'models/list.json';
const STATE_INTERVAL = 250; // milliseconds

interface Listed {
  id: string;
  name: string;
  file: string;
  bytes: number;
  note?: string;
}

function nameFrom(url: URL): string {
  const last = url.pathname.split('/').filter(Boolean).pop() ?? url.host;
  return decodeURIComponent(last).replace(/\.lode-model$/, '');
}

export class Models {
  readonly #context: Context;
  #models = new Map<string, Model>();
  /** Bytes of models where no files can be kept. */
  readonly #held = new Map<string, Blob>();
  readonly #downloads = new Map<string, AbortController>();
  readonly #onReady: () => void;
  #noted = 0;

  /** onReady: a model was fetched. */
  constructor(context: Context, onReady: () => void) {
    this.#context = context;
    this.#onReady = onReady;
  }

  async load(): Promise<void> {
    const models: Model[] = [];
    try {
      const response = await fetch(new URL(LIST, this.#context.base));
      if (!response.ok) throw new AppError(`HTTP status ${response.status}`);
      for (const {id, name, file, bytes, note} of (await response.json()) as Listed[]) {
        const url = new URL(`models/${file}`, this.#context.base).href;
        models.push({id, name, bytes, note, source: {kind: 'page', url}, state: 'ready'});
      }
    } catch (error) {
      this.#context.log('warning', `the list of models beside the page could not be read: ${messageOf(error)}`);
    }
    for (const row of await this.#context.db.all<Model>('models')) {
      const model = {...row};
      if (model.state === 'loading' || model.state === 'verifying') model.state = 'paused';
      if (model.state === 'paused') model.received = (await sizeOf(this.#part(model))) ?? 0;
      models.push(model);
    }
    this.#models = new Map(models.map((model) => [model.id, model]));
  }

  get list(): Model[] {
    return [...this.#models.values()].map((model) => ({...model}));
  }

  get default(): string | undefined {
    return this.list.find(({state}) => state === 'ready')?.id;
  }

  get(id: string): Model {
    const found = this.#models.get(id);
    if (found === undefined) throw new AppError('this model is not here any more', 'NOT_FOUND');
    return found;
  }

  /** For the engine. */
  async source(id: string): Promise<ModelSource> {
    const {source, state, name} = this.get(id);
    if (state !== 'ready' && state !== 'verifying') throw new AppError(`${name}: is not complete`);
    if (source.kind === 'page') return source.url;
    if (source.kind === 'file') return this.#file(source.file);
    const files = await Promise.all(Object.entries(source.files).map(
      async ([path, file]) => [path, await this.#file(file)] as const));
    return {files: Object.fromEntries(files)};
  }

  async #file(name: string): Promise<Blob | FileSystemFileHandle> {
    return this.#held.get(name) ?? fileHandle(name);
  }

  #part(model: Model): string {
    return model.source.kind === 'file' ? model.source.file : '';
  }

  async #keep(model: Model): Promise<void> {
    this.#models.set(model.id, model);
    await this.#context.db.change([{store: 'models', put: {...model}}]);
    this.#context.changed();
  }

  /** Fetch a bundle, or a model's folder where the URL ends in "/". */
  async fetch(address: string): Promise<string> {
    let url: URL;
    try {
      url = new URL(address, this.#context.base);
    } catch {
      throw new AppError(`“${address}” is no address`);
    }
    if (!/^https?:$/.test(url.protocol)) throw new AppError(`${url.protocol} addresses are not fetched; https: ones are`);
    const id = crypto.randomUUID();
    if (url.pathname.endsWith('/')) {
      const model: Model = {id, name: nameFrom(url), bytes: 0, url: url.href, state: 'verifying',
        source: {kind: 'page', url: url.href}};
      await this.#keep(model);
      void this.#verify(model);
      return id;
    }
    await this.#keep({id, name: nameFrom(url), bytes: 0, received: 0, url: url.href, state: 'loading',
      source: {kind: 'file', file: `model-${id}`}});
    void this.resume(id);
    return id;
  }

  /** Go on with a download. */
  async resume(id: string): Promise<void> {
    const model = this.get(id);
    if (this.#downloads.has(id) || model.source.kind !== 'file') return;
    if (model.received === model.bytes && model.bytes > 0) return this.#verify(model);
    const control = new AbortController();
    this.#downloads.set(id, control);
    model.state = 'loading';
    model.error = undefined;
    await this.#keep(model);
    try {
      if (this.#context.files) await this.#download(model, control.signal);
      else await this.#hold(model, control.signal);
      this.#downloads.delete(id);
      await this.#verify(model);
    } catch (error) {
      this.#downloads.delete(id);
      if (!this.#models.has(id)) return; // removed meanwhile
      if (control.signal.aborted) {
        model.state = 'paused';
      } else {
        model.state = 'failed';
        model.error = isFull(error) ? 'storage is full: free some space, then go on' : messageOf(error);
        this.#context.log('error', `${model.name}: ${model.error}`);
      }
      await this.#keep(model);
    }
  }

  pause(id: string): void {
    this.#downloads.get(id)?.abort();
  }

  async #request(model: Model, from: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (from > 0) headers['range'] = `bytes=${from}-`;
    let response: Response;
    try {
      response = await fetch(model.url!, {headers, signal, cache: 'no-store'});
    } catch (error) {
      if (signal.aborted) throw error;
      throw new AppError(navigator.onLine ? 'the server cannot be reached, or does not allow other sites to fetch from it (CORS)'
        : 'there is no network: go on when it is back');
    }
    if (response.status === 416 && from > 0) return response;
    if (!response.ok) throw new AppError(`the server answers with HTTP status ${response.status}`);
    if (/^\s*text\/html/i.test(response.headers.get('content-type') ?? '')) {
      throw new AppError('the server answers with a web page, not with a model');
    }
    return response;
  }

  async #download(model: Model, signal: AbortSignal): Promise<void> {
    const file = await (await fileHandle(this.#part(model), true)).createSyncAccessHandle();
    try {
      let at = model.validator === undefined ? 0 : file.getSize();
      const response = await this.#request(model, at, signal);
      const validator = response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined;
      const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
      const goesOn = response.status === 206 && Number(range?.[1]) === at && validator === model.validator;
      if (at > 0 && !goesOn) {
        // Another file by now, or a server that does not give parts.
        at = 0;
        model.validator = undefined;
        file.truncate(0);
        if (response.status !== 200) {
          await response.body?.cancel();
          throw new AppError('the file has changed at the server: try again, from its beginning');
        }
      }
      const encoded = response.headers.has('content-encoding');
      model.bytes = range !== null ? Number(range[2]) : encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
      model.validator = encoded ? undefined : validator;
      await this.#keep(model);
      const reader = response.body!.getReader();
      for (;;) {
        const {done, value} = await reader.read();
        if (done) break;
        if (file.write(value, {at}) !== value.length) throw new DOMException('storage is full', 'QuotaExceededError');
        at += value.length;
        model.received = at;
        this.#note();
      }
      file.flush();
      if (model.bytes > 0 && at !== model.bytes) {
        throw new AppError(`the connection ended after ${at} of ${model.bytes} bytes`);
      }
      model.bytes = at;
    } catch (error) {
      if (signal.aborted || error instanceof AppError || isFull(error)) throw error;
      throw new AppError(navigator.onLine ? `the connection was lost (${messageOf(error)})` : 'the network is gone: go on when it is back');
    } finally {
      file.flush();
      file.close();
    }
  }

  /** Where nothing can be kept. */
  async #hold(model: Model, signal: AbortSignal): Promise<void> {
    const response = await this.#request(model, 0, signal);
    model.bytes = Number(response.headers.get('content-length') ?? 0);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body!.getReader();
    model.received = 0;
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      parts.push(value);
      model.received += value.length;
      this.#note();
    }
    model.bytes = model.received;
    this.#held.set(this.#part(model), new Blob(parts));
  }

  #note(): void {
    const now = performance.now();
    if (now - this.#noted < STATE_INTERVAL) return;
    this.#noted = now;
    this.#context.changed();
  }

  /** Every byte against the model's digests, and its self-test. What fails is not kept. */
  async #verify(model: Model): Promise<void> {
    model.state = 'verifying';
    await this.#keep(model);
    try {
      const embedder = await createEmbedder(await this.source(model.id), {verify: true, threads: 1});
      try {
        const {dim, architecture, loaded} = embedder.info;
        if (model.bytes === 0) model.bytes = loaded.bytes;
        Object.assign(model, {dim, architecture});
        model.selfTest = await embedder.verify().then(({leastCosine}) => leastCosine, () => undefined);
      } finally {
        await embedder.dispose();
      }
      model.state = 'ready';
      model.received = undefined;
      this.#context.log('info', `${model.name}: verified, ${model.bytes} bytes`);
    } catch (error) {
      model.state = 'failed';
      model.error = messageOf(error);
      model.received = 0;
      model.validator = undefined;
      await this.#removeFiles(model);
      this.#context.log('error', `${model.name}: ${model.error}`);
    }
    await this.#keep(model);
    if (model.state === 'ready') this.#onReady();
  }

  /** A bundle, or the files of a model's folder, by their paths in it. */
  async add(files: {path: string; file: File}[]): Promise<string> {
    const id = crypto.randomUUID();
    const bytes = files.reduce((sum, {file}) => sum + file.size, 0);
    const only = files.length === 1 ? files[0] : undefined;
    const kept: Record<string, string> = {};
    for (const [i, {path, file}] of files.entries()) {
      const name = only ? `model-${id}` : `model-${id}-${i}`;
      if (this.#context.files) await writeFile(name, file);
      else this.#held.set(name, file);
      const inside = path.split('/').slice(1).join('/'); // below the folder that was picked
      kept[inside === '' ? path : inside] = name;
    }
    const model: Model = {
      id, bytes, state: 'verifying',
      name: only ? only.file.name.replace(/\.lode-model$/, '') : (files[0]?.path.split('/')[0] ?? 'model'),
      source: only ? {kind: 'file', file: `model-${id}`} : {kind: 'folder', files: kept},
    };
    await this.#keep(model);
    await this.#verify(model);
    const {state, error} = this.get(id);
    if (state === 'failed') {
      await this.remove(id);
      throw new AppError(`${model.name}: ${error}`);
    }
    return id;
  }

  async #removeFiles({source}: Model): Promise<void> {
    const names = source.kind === 'file' ? [source.file]
      : source.kind === 'folder' ? Object.values(source.files) : [];
    for (const name of names) {
      this.#held.delete(name);
      if (this.#context.files) await removeFile(name);
    }
  }

  async remove(id: string): Promise<void> {
    const model = this.get(id);
    this.#models.delete(id);
    this.#downloads.get(id)?.abort();
    await this.#context.db.change([{store: 'models', remove: id}]);
    // The download has the file open until it has heard.
    for (let i = 0; this.#downloads.has(id) && i < 50; i++) await new Promise((r) => setTimeout(r, 20));
    await this.#removeFiles(model);
    this.#context.changed();
  }
}
