import {LodeError} from '../errors.ts';
import type {CacheOptions, ModelCache} from '../types.ts';
import {OURS, type CacheStore} from './store.ts';

export type OpenCache = (options?: CacheOptions) => Promise<ModelCache>;

/** openCache, for a platform. */
export function cacheOpener(
  open: (options: CacheOptions) => Promise<CacheStore | undefined>): OpenCache {
  return async (options = {}) => {
    const store = await open(options);
    if (store === undefined) throw new LodeError('LODE_E_UNSUPPORTED', 'there is no cache here');
    return {
      list: async () => (await store.entries()).filter(({size}) => size >= 0)
        .map(({url, size, used}) => ({url, size, used})),
      remove: (url) => store.remove(String(url)),
      clear: async () => {
        const {folder} = store;
        for (const name of await folder.names()) {
          if (OURS.test(name)) await folder.remove(name);
        }
      },
    };
  };
}
