/* A folder in the Cache API, whose files are answers to requests that nobody makes. */
import {chunksOf} from '../load/body.ts';
import type {Folder, FolderFile} from './store.ts';

const PREFIX = '/.lode-models/';

/** The answer is complete, and can be found, when its stream is closed. */
async function create(cache: Cache, name: string): Promise<FolderFile> {
  const {readable, writable} = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  const stored = cache.put(PREFIX + name, new Response(readable));
  stored.catch(() => undefined); // told by write or close
  const writer = writable.getWriter();
  return {
    write: (chunk) => writer.write(chunk.slice()),
    close: async () => {
      await writer.close();
      await stored;
    },
    abort: async () => {
      await writer.abort().catch(() => undefined);
      await cache.delete(PREFIX + name);
    },
  };
}

export async function openCacheApi(): Promise<Folder> {
  const cache = await caches.open('lode-models');
  return {
    open: async (name) => {
      const body = (await cache.match(PREFIX + name))?.body;
      return body ? {chunks: chunksOf(body)} : undefined;
    },
    create: (name) => create(cache, name),
    put: (name, text) => cache.put(PREFIX + name, new Response(text)),
    get: async (name) => (await cache.match(PREFIX + name))?.text(),
    remove: async (name) => {
      await cache.delete(PREFIX + name);
    },
    names: async () => (await cache.keys()).map(({url}) => new URL(url).pathname)
      .filter((path) => path.startsWith(PREFIX)).map((path) => path.slice(PREFIX.length)),
  };
}
