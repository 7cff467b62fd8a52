import type {CacheOptions} from '../types.ts';
import type {CacheStore} from './store.ts';

/** The page's store; undefined: there is none. */
export async function openWebCache(_options: CacheOptions): Promise<CacheStore | undefined> {
  return undefined;
}
