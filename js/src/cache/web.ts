import type {CacheOptions} from '../types.ts';
import {openCacheApi} from './cache_api.ts';
import {openOpfs} from './opfs.ts';
import {CacheStore} from './store.ts';

/** The origin's store; undefined: there is none, outside of HTTPS for example. */
export async function openWebCache(options: CacheOptions): Promise<CacheStore | undefined> {
  for (const openFolder of [openOpfs, openCacheApi]) {
    try {
      return new CacheStore(await openFolder(), options);
    } catch {
      // Not here, or not in this mode of the browser: the next.
    }
  }
  return undefined;
}
