/* The model's file: some megabytes, so it is kept for the next visit. */
import type {SiteProgress} from '../types.ts';
import {fetchFile} from './fetch.ts';

/** One for all of an origin's indexes: their models have names that are their contents. */
const CACHE = 'lode-search';

/**
 * Browsers' own cache would do if all hosts let it keep things; some give ten minutes. Names of
 * models change with their contents, and the engine refuses bytes that are not a model.
 */
export async function loadModelFile(url: string, use: (bytes: Uint8Array) => void | Promise<void>,
  onProgress?: SiteProgress, signal?: AbortSignal): Promise<void> {
  const cache = await openCache();
  const kept = await cache?.match(url).catch(() => undefined);
  if (kept) {
    try {
      await use(new Uint8Array(await kept.arrayBuffer()));
      return;
    } catch {
      // Damaged, or something else by that name.
    }
  }
  const bytes = await fetchFile(url, {cache: kept ? 'reload' : 'default', onProgress, signal});
  await use(bytes);
  await cache?.put(url, new Response(new Uint8Array(bytes))).then(() => forgetOthers(cache, url))
    .catch(() => undefined); // no room: it will be fetched again
}

/** Not there outside of secure contexts, and where storage is off. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE);
  } catch {
    return undefined;
  }
}

/** Models that the same folder had before. */
async function forgetOthers(cache: Cache, url: string): Promise<void> {
  const folder = new URL('.', url).href;
  for (const {url: other} of await cache.keys()) {
    if (other !== url && new URL('.', other).href === folder) await cache.delete(other);
  }
}
