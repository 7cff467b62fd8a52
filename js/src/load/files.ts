/* Where a model's files are: a way to open them by name. */
import type {CacheEntry, CacheStore} from '../cache/store.ts';
import type {Call, EnginePlatform} from '../engine/engine.ts';
import type {RequestData, SourceData} from '../protocol.ts';
import {chunksOf, type Chunk} from './body.ts';
import {hasChanged, openHttp, type HttpOptions} from './http.ts';

/** An open file. */
export interface OpenFile {
  /** What messages call it. */
  label: string;
  /** Another one after a restart. */
  readonly size: number | undefined;
  chunks: AsyncIterable<Chunk | 'restart'>;
  /** It comes out of the cache. */
  cached: boolean;
  /** What is to be kept of it; undefined: nothing. */
  keepAs?: () => CacheEntry;
}

export interface FileContext {
  platform: EnginePlatform;
  call: Call;
  http: HttpOptions;
  cache: CacheStore | undefined;
  revalidate: 'background' | 'always' | 'never';
}

async function* pulled(call: Call, source: number): AsyncGenerator<Uint8Array> {
  for (let chunk = await call.pull(source); chunk; chunk = await call.pull(source)) yield chunk;
}

/** From the cache, if it is there and good; "absent": the server had no such file. */
async function openCached(context: FileContext, url: string,
  request: RequestData): Promise<OpenFile | 'absent' | undefined> {
  const {cache, http, revalidate} = context;
  const entry = await cache?.find(url).catch(() => undefined);
  if (cache === undefined || entry === undefined) return undefined;
  if (entry.size < 0) return 'absent';
  if (revalidate === 'always' && (await hasChanged(url, request, http, entry))) return undefined;
  const body = await cache.open(entry).catch(() => undefined);
  if (body === undefined) return undefined;
  return {label: url, size: entry.size, chunks: body.chunks, cached: true, keepAs: () => entry};
}

async function openUrl(context: FileContext, url: string, request: RequestData,
  fresh: boolean): Promise<OpenFile | undefined> {
  const cached = fresh ? undefined : await openCached(context, url, request);
  if (cached !== undefined) return cached === 'absent' ? undefined : cached;
  const file = await openHttp(url, request, context.http);
  if (file === undefined) return undefined;
  return {
    label: url,
    get size() {
      return file.size;
    },
    chunks: file.chunks,
    cached: false,
    keepAs: () => ({url, size: 0, etag: file.etag, modified: file.modified, used: Date.now()}),
  };
}

/** undefined: there is no such file. `fresh`: not from the cache. */
export async function openSource(context: FileContext, source: SourceData, name: string,
  fresh = false): Promise<OpenFile | undefined> {
  const {call, platform} = context;
  switch (source.kind) {
    case 'url':
      return openUrl(context, source.url, source.request, fresh);
    case 'path': {
      const body = await platform.openPath!(source.path);
      return body && {label: source.path, size: body.size, cached: false,
        chunks: body.chunks};
    }
    case 'blob':
      return {label: name, size: source.blob.size, cached: false,
        chunks: chunksOf(source.blob.stream())};
    case 'pull':
      return {label: name, size: source.size, cached: false, chunks: pulled(call, source.pull)};
  }
}
