/* An index's files over the network. */
import {SiteError, isOnline, isPassing, isSiteError} from '../errors.ts';
import type {SiteProgress} from '../types.ts';

/** No file of an index is larger; a model may be. */
const MOST = 512 * 1024 * 1024;
/** Milliseconds without an answer, or without a byte. */
const STALL = 30_000;
const PAUSES = [300, 1500];

export interface FetchOptions {
  cache?: RequestCache;
  signal?: AbortSignal | undefined;
  onProgress?: SiteProgress | undefined;
  /** Bytes; anything else is refused. */
  size?: number | undefined;
}

/** Files that somebody else is fetching for this worker; undefined: could not be had. */
const coming = new Map<string, Coming>();
interface Coming {
  taken: boolean;
  promise: Promise<Uint8Array | undefined>;
  resolve(bytes: Uint8Array | undefined): void;
}

export function expectFile(url: string): void {
  let resolve!: (bytes: Uint8Array | undefined) => void;
  const promise = new Promise<Uint8Array | undefined>(done => (resolve = done));
  coming.set(url, {taken: false, promise, resolve});
}

export function handFile(url: string, bytes: ArrayBuffer | undefined): void {
  coming.get(url)?.resolve(bytes && new Uint8Array(bytes));
}

/** The whole file; several attempts where that may help. Throws SiteError, or the abort's reason. */
export async function fetchFile(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const handed = coming.get(url);
  if (handed && !handed.taken) {
    handed.taken = true; // whoever wants it again has a reason
    const bytes = await handed.promise;
    options.signal?.throwIfAborted();
    if (bytes) return bytes;
  }
  for (const pause of [...PAUSES, -1]) {
    try {
      return await fetchOnce(url, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (pause < 0 || !isOnline() || !isPassing(error)) throw error;
    }
    await new Promise(resolve => setTimeout(resolve, pause));
    options.signal?.throwIfAborted();
  }
  throw new SiteError('network', `${url}: no answer`, {url});
}

async function fetchOnce(url: string, options: FetchOptions): Promise<Uint8Array> {
  const stalled = new AbortController();
  const give = () => stalled.abort();
  let timer = setTimeout(give, STALL);
  const signals = options.signal ? [options.signal, stalled.signal] : [stalled.signal];
  try {
    const response = await fetch(url, {
      cache: options.cache ?? 'default',
      credentials: 'same-origin',
      signal: AbortSignal.any(signals),
    });
    if (!response.ok) {
      throw new SiteError('network', `${url}: HTTP ${response.status}`,
        {url, status: response.status});
    }
    return await readBody(response, url, options, () => {
      clearTimeout(timer);
      timer = setTimeout(give, STALL);
    });
  } catch (error) {
    if (isSiteError(error)) throw error;
    throw new SiteError(isOnline() ? 'network' : 'offline', `${url}: ${String(error)}`,
      {url, cause: error});
  } finally {
    clearTimeout(timer);
  }
}

/** Bytes that will come, for progress; 0: not known. Content-Length is of what is transferred. */
function expected(response: Response, size: number | undefined): number {
  if (size || response.headers.has('content-encoding')) return size ?? 0;
  return Number(response.headers.get('content-length')) || 0;
}

async function readBody(response: Response, url: string, {onProgress, size}: FetchOptions,
  alive: () => void): Promise<Uint8Array> {
  const wrong = () => new SiteError('damaged', `${url}: not ${size} bytes`, {url});
  const chunks: Uint8Array[] = [];
  const total = expected(response, size);
  let loaded = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const {done, value} = await reader.read();
    if (done) break;
    alive();
    chunks.push(value);
    loaded += value.length;
    if (loaded > (size ?? MOST)) {
      void reader.cancel();
      throw wrong();
    }
    if (total) onProgress?.(Math.min(loaded, total), total);
  }
  if (size !== undefined && loaded !== size) throw wrong();
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
