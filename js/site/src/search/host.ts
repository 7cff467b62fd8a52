/* Where an index is computed with: a worker, or this thread. */
import type {
  SiteFacet, SiteInfo, SiteProgress, SiteQuestion, SiteResults,
} from '../types.ts';

/** What SiteIndex does, wherever it does it. */
export interface SiteHost {
  info: SiteInfo;
  search(question: SiteQuestion, signal?: AbortSignal): Promise<SiteResults>;
  facets(signal?: AbortSignal): Promise<SiteFacet[]>;
  count(question: SiteQuestion, signal?: AbortSignal): Promise<SiteFacet[]>;
  loadModel(onProgress?: SiteProgress, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Where the modules are. */
export interface WasmUrls {
  /** Words alone. */
  site: string;
  /** Words and meaning. */
  embed: string;
  stemmer(language: string): string;
}

/** folder: with "/" at its end. */
export function wasmUrls(folder: string): WasmUrls {
  return {
    site: `${folder}lode-site-simd128.wasm`,
    embed: `${folder}lode-site-embed-simd128.wasm`,
    stemmer: language => `${folder}lode-stem-${language}.wasm`,
  };
}

/** The one file whose name is known. */
export const BOOT = 'boot.lode-site.txt';

/** Of what page and worker say to each other: they may come from different versions of a site. */
export const PROTOCOL = 3;
