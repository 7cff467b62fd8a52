/* The caller's source as something that can be handed to an engine. */
import {LodeError, badArgument} from '../errors.ts';
import {chunksOf} from '../load/body.ts';
import type {Reader} from './client.ts';
import type {Platform} from '../platform/platform.ts';
import type {ModelData, RequestData, SourceData} from '../protocol.ts';
import type {EmbedderOptions, FileSource, ModelSource} from '../types.ts';

/** A source for an engine, and where the chunks of what it pulls are. */
export interface Described<T> {
  data: T;
  reader: Reader;
}

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

function isName(source: unknown): source is string | URL {
  return typeof source === 'string' || source instanceof URL;
}

/** How sources of one call are described. */
function describer(platform: Platform, {headers, credentials}: EmbedderOptions) {
  const readers: (() => AsyncIterator<Uint8Array>)[] = [];

  function pulled(chunks: () => AsyncIterable<Uint8Array>, size?: number): SourceData {
    const pull = readers.push(() => checked(chunks())[Symbol.asyncIterator]()) - 1;
    return {kind: 'pull', pull, size};
  }

  function atUrl(url: string, request: RequestData = {headers, credentials}): SourceData & {kind: 'url'} {
    try {
      return {kind: 'url', url: new URL(url, platform.base()).href, request};
    } catch {
      throw badArgument(`source: "${url}" is no URL`);
    }
  }

  async function named(source: string | URL): Promise<{data: SourceData; folder: boolean}> {
    const local = await platform.localSource(source);
    if (local !== undefined) return local;
    const data = atUrl(String(source));
    return {data, folder: new URL(data.url).pathname.endsWith('/')};
  }

  function requestLike(request: Request): SourceData {
    const {url, method = 'GET', credentials: theirs} = request;
    if (method !== 'GET') throw badArgument(`source: a request of method ${method}`);
    const all = {...headers, ...Object.fromEntries(new Headers(request.headers))};
    return atUrl(url, {headers: all, credentials: theirs});
  }

  function response({ok, status, body, url}: Response): SourceData {
    if (ok && body !== null) return pulled(() => chunksOf(body));
    throw new LodeError(status === 404 ? 'LODE_E_NOT_FOUND' : 'LODE_E_IO',
      `${url}: HTTP status ${status}`, {status});
  }

  async function file(source: FileSource): Promise<SourceData> {
    if (isName(source)) {
      const {data, folder} = await named(source);
      if (folder) throw badArgument(`source: ${String(source)} is a folder, not a file`);
      return data;
    }
    if (typeof source === 'object' && source !== null) {
      if (source instanceof Blob) return {kind: 'blob', blob: source};
      if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
        const bytes = ArrayBuffer.isView(source)
          ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
          : new Uint8Array(source);
        return pulled(() => pieces(bytes), bytes.length);
      }
      if ('getFile' in source) return {kind: 'blob', blob: await source.getFile()};
      if ('getReader' in source) return pulled(() => chunksOf(source));
      if ('arrayBuffer' in source && 'status' in source) return response(source);
      if ('url' in source) return requestLike(source);
      if (Symbol.asyncIterator in source) return pulled(() => source);
    }
    throw badArgument('source: is no source');
  }

  async function model(source: ModelSource): Promise<ModelData> {
    if (isName(source)) {
      const {data, folder} = await named(source);
      return folder ? {kind: 'folder', base: data as SourceData & {kind: 'url' | 'path'}}
        : {kind: 'file', file: data};
    }
    if (typeof source === 'object' && source !== null && 'files' in source) {
      const files = await Promise.all(Object.entries(source.files).map(
        async ([name, each]): Promise<[string, SourceData]> => [name, await file(each)]));
      return {kind: 'files', files};
    }
    return {kind: 'file', file: await file(source)};
  }

  const reader: Reader = (source) => readers[source as number]!();
  return {file, model, reader};
}

export async function describeModel(platform: Platform, source: ModelSource,
  options: EmbedderOptions): Promise<Described<ModelData>> {
  const {model, reader} = describer(platform, options);
  return {data: await model(source), reader};
}

export async function describeFile(platform: Platform, source: FileSource,
  options: EmbedderOptions): Promise<Described<SourceData>> {
  const {file, reader} = describer(platform, options);
  return {data: await file(source), reader};
}
