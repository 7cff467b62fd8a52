/* The package for service workers and other places that have neither workers nor import(): the
 * engine is part of it, and runs in the caller's thread. */
import {cacheOpener, type OpenCache} from './cache/admin.ts';
import {embedderFactory, type CreateEmbedder} from './create.ts';
import {inlinePort} from './platform/inline.ts';
import {webPlatform} from './platform/web.ts';
import {openWebCache} from './cache/web.ts';
import {LodeError} from './errors.ts';

export * from './exports.ts';

/** Load a model into an engine in this thread. */
export const createEmbedder: CreateEmbedder = embedderFactory({
  ...webPlatform,
  spawn: () => undefined,
  inline: async () => inlinePort({
    spawnThread: () => {
      throw new LodeError('LODE_E_UNSUPPORTED', 'no threads in an inline engine');
    },
    openCache: openWebCache,
  }),
});

/** What createEmbedder keeps of what it fetches. */
export const openCache: OpenCache = cacheOpener(openWebCache);
