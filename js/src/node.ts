/* The package in Node, Deno and Bun. */
import {cacheOpener, type OpenCache} from './cache/admin.ts';
import {openNodeCache} from './cache/node.ts';
import {embedderFactory, type CreateEmbedder} from './create.ts';
import type {OpenIndex} from './collection/open.ts';
import {nodePlatform} from './platform/node.ts';

export * from './exports.ts';

/**
 * Load a model. The source is a bundle or a model's directory; see ModelSource. Errors are
 * LodeErrors; an abort throws its signal's reason.
 */
export const createEmbedder: CreateEmbedder = embedderFactory(nodePlatform);

/**
 * Open a collection, or make one: in memory, or where it stays; see IndexSource. Errors are
 * LodeErrors; an abort throws its signal's reason.
 */
export const openIndex: OpenIndex = async (source, options) =>
  (await import('./collection/open.ts')).openIndex(nodePlatform, source, options);

/** What createEmbedder keeps of what it fetches. */
export const openCache: OpenCache = cacheOpener(openNodeCache);
