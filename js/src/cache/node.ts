import type {CacheOptions} from '../types.ts';
import type {CacheStore} from './store.ts';

/** The file system store; undefined: there is none. */
export async function openNodeCache(_options: CacheOptions): Promise<CacheStore | undefined> {
  return undefined;
}
