/* What is kept of what is loaded: in the cache, once it has turned out to be a model. Nothing that goes
 * wrong with that ends the loading. */
import type {CacheEntry, CacheStore, CacheWriter} from '../cache/store.ts';
import {LodeError} from '../errors.ts';
import type {RequestData} from '../protocol.ts';
import type {FileContext, OpenFile} from './files.ts';
import {hasChanged} from './http.ts';

/** A file on its way into the cache, or not. */
export interface Keeping {
  write(chunk: Uint8Array): Promise<void>;
  restart(): Promise<void>;
  abort(): Promise<void>;
  /** All of it is there. */
  done(size: number): void;
}

export interface Keeper {
  begin(file: OpenFile): Promise<Keeping>;
  /** The server says that it has no such file. */
  missing(url: string): void;
  /** The files, so many bytes, are a model: keep them. What went wrong with that, if anything did. */
  keep(bytes: number): Promise<string | undefined>;
  /** They are not, or the loading ended: nothing is kept, and what is damaged is forgotten. */
  refuse(error: unknown): Promise<void>;
}

const ignore = () => undefined;

/** `request`: what the cache's files are asked for with. */
export function makeKeeper({cache, http, revalidate}: FileContext, request: RequestData): Keeper {
  const kept: {writer: CacheWriter; entry: CacheEntry}[] = [];
  const used: CacheEntry[] = [];
  const absent: string[] = [];
  let failure: string | undefined;

  async function abortAll(): Promise<void> {
    for (const {writer} of kept.splice(0)) await writer.abort().catch(ignore);
  }

  async function begin({size = 0, label, cached, keepAs}: OpenFile): Promise<Keeping> {
    let writer: CacheWriter | undefined;
    const abort = async () => {
      await writer?.abort().catch(ignore);
      writer = undefined;
    };
    const attempt = async (work: () => Promise<unknown> | undefined) => {
      try {
        await work();
      } catch (error) {
        failure = String(error);
        await abort();
      }
    };
    if (cache !== undefined && !cached && keepAs !== undefined) {
      if (size > cache.maxBytes) failure = `${label}: larger than the cache may be`;
      else await attempt(async () => (writer = await cache.create(keepAs().url)));
    }
    return {
      write: (chunk) => attempt(() => writer?.write(chunk)),
      restart: () => attempt(() => writer?.restart()),
      abort,
      done: (whole) => {
        if (writer !== undefined) kept.push({writer, entry: {...keepAs!(), size: whole}});
        if (cached) used.push(keepAs!());
      },
    };
  }

  /** Ask the server, after the fact, about what came out of the cache. */
  function askAgain(): void {
    for (const entry of used) {
      hasChanged(entry.url, request, http, entry)
        .then((changed) => (changed ? cache?.remove(entry.url) : undefined))
        .catch(ignore);
    }
  }

  async function keep(bytes: number): Promise<string | undefined> {
    // Of what was there before only the date is new: nobody waits for that.
    const wait = kept.length + absent.length > 0;
    const all = cache && keepAll(cache, bytes);
    return wait ? all : failure;
  }

  async function keepAll(store: CacheStore, bytes: number): Promise<string | undefined> {
    try {
      const urls = [...used, ...kept.map(({entry}) => entry)].map(({url}) => url);
      if (!(await store.makeRoom(bytes, new Set(urls)))) {
        await abortAll();
        return 'the model is larger than the cache may be';
      }
      for (const {writer, entry} of kept.splice(0)) await writer.commit(entry);
      for (const url of absent) await store.put({url, size: -1, used: Date.now()});
      for (const entry of used) await store.touch(entry);
    } catch (error) {
      failure = String(error);
      await abortAll();
    }
    if (revalidate === 'background') askAgain();
    return failure;
  }

  async function refuse(error: unknown): Promise<void> {
    await abortAll();
    // What is in the cache has been a model: if it is none any more, it is damaged.
    if (!(error instanceof LodeError) || error.code !== 'LODE_E_FORMAT') return;
    for (const {url} of used) await cache?.remove(url).catch(ignore);
  }

  return {begin, missing: (url) => absent.push(url), keep, refuse};
}
