/* The model's file: some megabytes, so it is kept for the next visit. */
import type {SiteFile, SiteProgress} from '../types.ts';
import {fetchFile} from './fetch.ts';

/** One for all of an origin's indexes: their models have names that are their contents. */
const CACHE = 'lode-search';

/**
 * Browsers' own cache would do if all hosts let it keep things; some give ten minutes. The engine
 * refuses bytes that are not a model, whoever kept them.
 */
export async function loadModelFile(url: string, {size}: SiteFile, onProgress?: SiteProgress,
  signal?: AbortSignal): Promise<Uint8Array> {
  const cache = await openCache();
  const kept = await cache?.match(url).catch(() => undefined);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if (bytes.length === size) return bytes;
  }
  const bytes = await fetchFile(url, {size, onProgress, signal});
  await cache?.put(url, new Response(new Uint8Array(bytes))).then(() => forgetOthers(cache, url))
    .catch(() => undefined); // no room: it will be fetched again
  return bytes;
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
