import type {CacheOptions} from '../types.ts';
import {openOpfs} from './opfs.ts';
import {CacheStore, type Folder} from './store.ts';

/**
 * Opens the origin's store, in OPFS or else in the Cache API; undefined: there is none, outside of
 * HTTPS for example.
 */
export function webCache(openCacheApi: () => Promise<Folder>) {
  return async (options: CacheOptions): Promise<CacheStore | undefined> => {
    for (const openFolder of [openOpfs, openCacheApi]) {
      try {
        return new CacheStore(await openFolder(), options);
      } catch {
        // Not here, or not in this mode of the browser: the next.
      }
    }
    return undefined;
  };
}
