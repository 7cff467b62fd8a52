/* The caller's source as something that can be handed to an engine. */
import {LodeError, badArgument} from '../errors.ts';
import {chunksOf} from '../load/body.ts';
import type {Platform} from '../platform/platform.ts';
import type {ModelData, RequestData, SourceData} from '../protocol.ts';
import type {EmbedderOptions, FileSource, ModelSource} from '../types.ts';

type Readers = (() => AsyncIterator<Uint8Array>)[];

/** Buffers go to the engine in pieces: no second copy of the whole. */
const PIECE = 1024 * 1024;

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.slice(at, at + PIECE);
}

async function* checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw badArgument('a chunk of the source is no Uint8Array');
    if (chunk.length > 0) yield chunk;
  }
}

function has<K extends string>(value: object, key: K): value is Record<K, unknown> {
  return key in value;
}

class Sources {
  readonly readers: Readers = [];
  readonly #platform: Platform;
  readonly #request: RequestData;

  constructor(platform: Platform, request: RequestData) {
    this.#platform = platform;
    this.#request = request;
  }

  #pull(chunks: () => AsyncIterable<Uint8Array>, size?: number): SourceData {
    this.readers.push(() => checked(chunks())[Symbol.asyncIterator]());
    return {kind: 'pull', pull: this.readers.length - 1, size};
  }

  #url(url: string, request: RequestData = this.#request): SourceData & {kind: 'url'} {
    try {
      return {kind: 'url', url: new URL(url, this.#platform.base()).href, request};
    } catch {
      throw badArgument(`source: "${url}" is no URL`);
    }
  }

  async #named(source: string | URL): Promise<{data: SourceData; folder: boolean}> {
    const local = await this.#platform.localSource(source);
    if (local !== undefined) return local;
    const data = this.#url(String(source));
    return {data, folder: new URL(data.url).pathname.endsWith('/')};
  }

  async file(source: FileSource): Promise<SourceData> {
    if (typeof source === 'string' || source instanceof URL) {
      const {data, folder} = await this.#named(source);
      if (folder) throw badArgument(`source: ${String(source)} is a folder, not a file`);
      return data;
    }
    if (typeof source !== 'object' || source === null) throw badArgument('source: is no source');
    if (source instanceof Blob) return {kind: 'blob', blob: source};
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
      const bytes = ArrayBuffer.isView(source)
        ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
        : new Uint8Array(source);
      return this.#pull(() => pieces(bytes), bytes.length);
    }
    if (has(source, 'getFile')) return {kind: 'blob', blob: await source.getFile()};
    if (has(source, 'getReader')) return this.#pull(() => chunksOf(source));
    if (has(source, 'arrayBuffer') && has(source, 'status')) return this.#response(source);
    if (has(source, 'url')) return this.#requestLike(source as Request);
    if (Symbol.asyncIterator in source) return this.#pull(() => source);
    throw badArgument('source: is no source');
  }

  #requestLike({url, method, headers, credentials}: Request): SourceData {
    if ((method ?? 'GET') !== 'GET') throw badArgument(`source: a request of method ${method}`);
    return this.#url(url, {
      headers: {...this.#request.headers, ...Object.fromEntries(new Headers(headers))},
      credentials,
    });
  }

  #response(response: Response): SourceData {
    const {ok, status, body, url} = response;
    if (!ok || body === null) {
      throw new LodeError(status === 404 ? 'LODE_E_NOT_FOUND' : 'LODE_E_IO',
        `${url}: HTTP status ${status}`, {status});
    }
    return this.#pull(() => chunksOf(body));
  }

  async model(source: ModelSource): Promise<ModelData> {
    if (typeof source === 'object' && source !== null && has(source, 'files')) {
      const given = Object.entries(source.files as Record<string, FileSource>);
      const files = await Promise.all(given.map(
        async ([name, file]): Promise<[string, SourceData]> => [name, await this.file(file)]));
      return {kind: 'files', files};
    }
    if (typeof source === 'string' || source instanceof URL) {
      const {data, folder} = await this.#named(source);
      if (folder) return {kind: 'folder', base: data as SourceData & {kind: 'url' | 'path'}};
      return {kind: 'file', file: data};
    }
    return {kind: 'file', file: await this.file(source as FileSource)};
  }
}

export async function describeModel(platform: Platform, source: ModelSource,
  options: EmbedderOptions): Promise<{data: ModelData; readers: Readers}> {
  const sources = new Sources(platform, {
    headers: options.headers, credentials: options.credentials,
  });
  return {data: await sources.model(source), readers: sources.readers};
}

export async function describeFile(platform: Platform, source: FileSource,
  options: EmbedderOptions): Promise<{data: SourceData; readers: Readers}> {
  const sources = new Sources(platform, {
    headers: options.headers, credentials: options.credentials,
  });
  return {data: await sources.file(source), readers: sources.readers};
}

/** Files that another engine has, for one more. */
export function filesOf(read: (file: number, offset: number, length: number) => Promise<Uint8Array>,
  files: readonly {name: string; size: number}[]): {data: ModelData; readers: Readers} {
  const readers = files.map(({size}, file) => async function* () {
    for (let at = 0; at < size; at += 4 * PIECE) yield await read(file, at, 4 * PIECE);
  });
  const data = files.map(({name, size}, i): [string, SourceData] =>
    [name, {kind: 'pull', pull: i, size}]);
  const [first] = data;
  if (data.length === 1) return {data: {kind: 'file', file: first![1]}, readers};
  return {data: {kind: 'files', files: data}, readers};
}
