/* What is kept of what was fetched. Each kind of store is a file beside this one. */
import type {CacheOptions} from '../types.ts';
import type {Body} from '../load/body.ts';

export interface CacheEntry {
  url: string;
  /** Bytes; -1: the server said that there is no such file. */
  size: number;
  etag?: string;
  /** Last-Modified. */
  modified?: string;
  /** Milliseconds since 1970: when it was last asked for. */
  used: number;
}

/** A file on its way into a store; nobody sees it before `commit`. */
export interface CacheWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** From the beginning again. */
  restart(): Promise<void>;
  commit(entry: CacheEntry): Promise<void>;
  abort(): Promise<void>;
}

export interface CacheStore {
  find(url: string): Promise<CacheEntry | undefined>;
  /** The bytes of an entry, of exactly its size; undefined: they are gone. */
  open(entry: CacheEntry): Promise<Body | undefined>;
  create(url: string): Promise<CacheWriter>;
  touch(entry: CacheEntry): Promise<void>;
  list(): Promise<CacheEntry[]>;
  remove(url: string): Promise<void>;
}

export const DEFAULT_MAX_BYTES = 1024 ** 3;

/** Delete the least recently used until `room` more bytes fit; false: they do not at all. */
export async function makeRoom(store: CacheStore, options: CacheOptions, room: number,
  keep: ReadonlySet<string>): Promise<boolean> {
  const max = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const entries = await store.list();
  let sum = room;
  for (const {url, size} of entries) if (!keep.has(url)) sum += Math.max(size, 0);
  for (const entry of entries.sort((a, b) => a.used - b.used)) {
    if (sum <= max) break;
    if (keep.has(entry.url)) continue;
    await store.remove(entry.url);
    sum -= Math.max(entry.size, 0);
  }
  return sum <= max;
}

/** A name for a file: the URL's SHA-256. */
export async function keyOf(url: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
