/* The package in a browser: the engine is in a worker, or loaded for inline mode. */
import type {OpenCache} from './cache/admin.ts';
import {embedderFactory, type CreateEmbedder} from './create.ts';
import type {OpenIndex} from './collection/open.ts';
import {webPlatform} from './platform/web.ts';

export * from './exports.ts';

const platform = {
  ...webPlatform,
  inline: async () => {
    const [{inlinePort}, {webEngine}] = await Promise.all(
      [import('./platform/inline.ts'), import('./platform/web_engine.ts')]);
    return inlinePort(webEngine);
  },
};

/**
 * Load a model. The source is a bundle or a model's directory; see ModelSource. Errors are
 * LodeErrors; an abort throws its signal's reason.
 */
export const createEmbedder: CreateEmbedder = embedderFactory(platform);

/**
 * Open a collection, or make one: in memory, or where it stays; see IndexSource. Errors are
 * LodeErrors; an abort throws its signal's reason.
 */
export const openIndex: OpenIndex = async (source, options) =>
  (await import('./collection/open.ts')).openIndex(platform, source, options);

/** What createEmbedder keeps of what it fetches. */
export const openCache: OpenCache = async (options) => {
  const [{cacheOpener}, {webEngine}] = await Promise.all(
    [import('./cache/admin.ts'), import('./platform/web_engine.ts')]);
  return cacheOpener(webEngine.openCache)(options);
};
