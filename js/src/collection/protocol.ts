/* Calls of collections, from the client to the engine. */
import type {SourceData} from '../protocol.ts';
import type {IndexDocument, IndexReport, ListOptions, SearchOptions} from './types.ts';

/** Where the file is, as the engine sees it. */
export type IndexPlace =
  | {kind: 'memory'}
  | {kind: 'file'; file: SourceData}
  /** By the platform's name: in OPFS, or in the file system. */
  | {kind: 'named'; path: string; wait: number};

export interface IndexOpenArgs {
  place: IndexPlace;
  /** lode_index_access */
  access: number;
  module: WebAssembly.Module;
  maxMemory?: number | undefined;
  modelName?: string | undefined;
  vectors?: string | undefined;
  chunkTokens: number;
  retries: number;
  stallTimeout: number;
}

export interface IndexAddArgs {
  documents: IndexDocument[];
}

export interface IndexAddResult {
  report: IndexReport;
  /** How many of the documents it is about: the next one's stemmer had to be loaded first. */
  documents: number;
}

export type IndexSearchArgs = Omit<SearchOptions, 'signal' | 'latest'> & {
  query?: string;
  /** Instead of a query: what is like this document. */
  like?: string;
};

export type IndexListArgs = Omit<ListOptions, 'signal'> & {
  /** Instead of a list: the one document with this id. */
  id?: string;
};
