/* What is kept of what was fetched: for each file its bytes, under a name of their own, and a small
 * JSON file that says what they are, and is written last. So nobody sees half a file, and what a
 * killed program leaves behind is found and deleted. Where the files are is a Folder's business. */
import type {CacheOptions} from '../types.ts';
import type {Body} from '../load/body.ts';

export interface CacheEntry {
  url: string;
  /** Bytes; -1: the server said that there is no such file. */
  size: number;
  etag?: string | undefined;
  /** Last-Modified. */
  modified?: string | undefined;
  /** Milliseconds since 1970: when it was last asked for. */
  used: number;
}

interface Meta extends CacheEntry {
  /** The name of the bytes; undefined where size is -1. */
  file?: string | undefined;
}

export interface FolderFile {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Close, and remove what was written. */
  abort(): Promise<void>;
}

/** A flat folder. */
export interface Folder {
  open(name: string): Promise<Body | undefined>;
  create(name: string): Promise<FolderFile>;
  /** All of a small file, at once or not at all. */
  put(name: string, text: string): Promise<void>;
  get(name: string): Promise<string | undefined>;
  /** No error where it is not there. */
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

const DEFAULT_MAX_BYTES = 1024 ** 3;
const ORPHAN_AGE = 24 * 3600 * 1000;
/** Our files, and when one with bytes was begun: the folder may have others. */
export const OURS = /^[0-9a-f]{64}(?:\.json|-(\d+)-\w+\.bin)$/;

/** A name for a URL's files: its SHA-256. */
async function keyOf(url: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A file on its way into the store; nobody sees it before `commit`. */
export interface CacheWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** From the beginning again. */
  restart(): Promise<void>;
  commit(entry: CacheEntry): Promise<void>;
  abort(): Promise<void>;
}

export class CacheStore {
  readonly folder: Folder;
  readonly maxBytes: number;

  constructor(folder: Folder, options: CacheOptions) {
    this.folder = folder;
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  async #read(name: string): Promise<Meta | undefined> {
    try {
      const meta = JSON.parse((await this.folder.get(name)) ?? 'null');
      const whole = typeof meta?.url === 'string' && Number.isSafeInteger(meta.size);
      return whole ? meta : undefined;
    } catch {
      return undefined;
    }
  }

  async #metaName(url: string): Promise<string> {
    return `${await keyOf(url)}.json`;
  }

  async find(url: string): Promise<CacheEntry | undefined> {
    const meta = await this.#read(await this.#metaName(url));
    return meta?.url === url ? meta : undefined;
  }

  /** The bytes of an entry; undefined: they are gone, or not what they were. */
  async open(entry: Meta): Promise<Body | undefined> {
    const body = entry.file === undefined ? undefined : await this.folder.open(entry.file);
    return body?.size === undefined || body.size === entry.size ? body : undefined;
  }

  async create(url: string): Promise<CacheWriter> {
    const random = Math.random().toString(36).slice(2, 10);
    const name = `${await keyOf(url)}-${Date.now()}-${random}.bin`;
    let file = await this.folder.create(name);
    return {
      write: (chunk) => file.write(chunk),
      restart: async () => {
        await file.abort();
        file = await this.folder.create(name);
      },
      commit: async (entry) => {
        await file.close();
        await this.put(entry, name);
      },
      abort: () => file.abort(),
    };
  }

  /** Make an entry visible, in the place of an older one. */
  async put(entry: CacheEntry, file?: string): Promise<void> {
    const name = await this.#metaName(entry.url);
    const old = await this.#read(name);
    const meta: Meta = {...entry, file};
    await this.folder.put(name, JSON.stringify(meta));
    if (old?.file !== undefined && old.file !== file) await this.folder.remove(old.file);
  }

  /** Note that an entry was used. */
  touch(entry: Meta): Promise<void> {
    return this.put({...entry, used: Date.now()}, entry.file);
  }

  /** All that is there. */
  async entries(): Promise<CacheEntry[]> {
    const names = await this.folder.names();
    const metas = await Promise.all(
      names.filter((name) => OURS.test(name)).filter((name) => name.endsWith('.json'))
        .map((name) => this.#read(name)));
    const whole = metas.filter((meta) => meta !== undefined);
    const known = new Set(whole.map(({file}) => file));
    for (const name of names) {
      const began = Number(OURS.exec(name)?.[1] ?? NaN);
      const orphan = began < Date.now() - ORPHAN_AGE && !known.has(name);
      if (orphan) await this.folder.remove(name);
    }
    return whole;
  }

  async remove(url: string): Promise<void> {
    const name = await this.#metaName(url);
    const meta = await this.#read(name);
    await this.folder.remove(name);
    if (meta?.file !== undefined) await this.folder.remove(meta.file);
  }

  /** Delete the least recently used until `room` more bytes fit; false: they never will. */
  async makeRoom(room: number, keep: ReadonlySet<string>): Promise<boolean> {
    if (room > this.maxBytes) return false;
    const others = (await this.entries()).filter(({url}) => !keep.has(url));
    let sum = others.reduce((all, {size}) => all + Math.max(size, 0), room);
    for (const {url, size} of others.sort((a, b) => a.used - b.used)) {
      if (sum <= this.maxBytes) break;
      await this.remove(url);
      sum -= Math.max(size, 0);
    }
    return true;
  }
}
