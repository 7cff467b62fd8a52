/* The package in a browser: the engine is in a worker, or loaded for inline mode. */
import {embedderFactory, type CreateEmbedder} from './create.ts';
import {webPlatform} from './platform/web.ts';

export * from './exports.ts';

/**
 * Load a model. The source is a bundle or a model's directory; see ModelSource. Errors are
 * LodeErrors; an abort throws its signal's reason.
 */
export const createEmbedder: CreateEmbedder = embedderFactory({
  ...webPlatform,
  inline: async () => {
    const [{inlinePort}, {webEngine}] = await Promise.all(
      [import('./platform/inline.ts'), import('./platform/web_engine.ts')]);
    return inlinePort(webEngine);
  },
});
