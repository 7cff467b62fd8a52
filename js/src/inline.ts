/* The package for service workers and other places that have neither workers nor import(): the
 * engine is part of it, and runs in the caller's thread. */
import {cacheOpener, type OpenCache} from './cache/admin.ts';
import {embedderFactory, type CreateEmbedder} from './create.ts';
import {inlinePort} from './platform/inline.ts';
import {webPlatform} from './platform/web.ts';
import {openCacheApi} from './cache/cache_api.ts';
import {webCache} from './cache/web.ts';
import {seldomHandlers} from './engine/seldom.ts';
import {LodeError} from './errors.ts';
import {loadFolder, openFiles} from './load/folder.ts';
import {embedStream} from './stream.ts';

export * from './exports.ts';

const openWebCache = webCache(openCacheApi);

/** Load a model into an engine in this thread. */
export const createEmbedder: CreateEmbedder = embedderFactory({
  ...webPlatform,
  streams: async () => ({embedStream}),
  spawn: () => undefined,
  inline: async () => inlinePort({
    spawnThread: () => {
      throw new LodeError('LODE_E_UNSUPPORTED', 'no threads in an inline engine');
    },
    openCache: openWebCache,
    folderLoader: async () => ({loadFolder, openFiles}),
  }, seldomHandlers),
});

/** What createEmbedder keeps of what it fetches. */
export const openCache: OpenCache = cacheOpener(openWebCache);
