/* What users of collections see. */
import type {BackendInfo, EmbedderOptions, FileSource, ModelSource, Text} from '../types.ts';

/**
 * Where a collection is. A file that is fetched, picked or held is kept in memory, as is a new one
 * (`{create: true}`); what is written to it is lost with the index, unless it is exported.
 * `{opfs: name}` lies in the page's private file system and is there again next time. In Node a
 * string without a scheme is a path, and `{path}` a file that may be written.
 */
export type IndexSource =
  | FileSource
  | {opfs: string; create?: boolean}
  | {path: string; create?: boolean}
  | {create: true};

export interface OpenIndexOptions extends Omit<EmbedderOptions, 'verify' | 'replicaMemory'> {
  /** "read": nothing can be written. Default: "read" for fetched files, else "write". */
  access?: 'read' | 'write';
  /**
   * The model, for search by meaning: that which the collection was made with, or in a new
   * collection that which it is made with. Without one there is search by words.
   */
  model?: ModelSource;
  /** What messages call the model. */
  modelName?: string;
  /** Of a new collection: vectors in "int8" (default), or "f32" for four times the space. */
  vectors?: 'int8' | 'f32';
  /** Of a new collection: tokens in a passage. Default: what the model takes, at most 256. */
  chunkTokens?: number;
  /**
   * {opfs}: milliseconds to wait for another tab that has the collection. Default: 2000, since a page
   * that is loaded again meets what is left of itself.
   */
  wait?: number;
}

export interface IndexDocument {
  /** A path, a URL, a key: adding the same id again replaces. */
  id: string;
  /** The file's bytes; a string is UTF-8. */
  content: Text;
  /** Default: by id and content. */
  format?: 'markdown' | 'html' | 'rst' | 'text' | 'code';
  /** Declared outside of the document. */
  charset?: string;
  /** Default: the document's own. */
  title?: string;
  /** "en", "pt-BR"; default: the document's own, else detected. */
  language?: string;
  metadata?: Record<string, string | number | (string | number)[]>;
  modified?: Date;
}

/** How far an `add` has come. */
export interface IndexProgress {
  documents: number;
  totalDocuments: number;
  bytes: number;
  totalBytes: number;
  chunksEmbedded: number;
  tokensEmbedded: number;
}

/** What was done, added up. */
export interface IndexReport {
  added: number;
  updated: number;
  unchanged: number;
  removed: number;
  /** Documents that could not be read, or were not there to be removed. */
  skipped: number;
  chunks: number;
  embedded: number;
  tokens: number;
  /** Why what was left out was. */
  reasons: {id: string; reason: string}[];
}

export interface IndexInfo {
  /** What made the vectors; undefined: there are none. */
  model: string | undefined;
  vectors: 'int8' | 'f32' | undefined;
  dim: number;
  documents: number;
  chunks: number;
  bytes: number;
  /** Of them, that `compact` would give back. */
  freeBytes: number;
  /** Where another than the CPU was asked for: what the model computes on now, and why. */
  backend?: BackendInfo;
}

/** What is read of documents beside what every IndexEntry has. */
export interface EntryOptions {
  /** Their texts. */
  text?: boolean;
  /** Their passages. */
  passages?: boolean;
  /** Their passages, with the vectors. */
  vectors?: boolean;
  /** Answers at once; the engine goes on with what it has begun. */
  signal?: AbortSignal;
}

export interface ListOptions extends EntryOptions {
  /** Begin behind this id, whether it is there or not. Default: with the first. */
  after?: string;
  /** Documents, at most 10000; fewer come where texts and vectors are many megabytes. Default: 100. */
  limit?: number;
}

/** A passage of a document. Passages may overlap, and need not cover the text. */
export interface IndexPassage {
  /** That it is under: "Install > Linux", or "". */
  heading: string;
  /** To link to, or "". */
  anchor: string;
  /** Where it is in the document's bytes. */
  source: TextRange;
  /** Where it is in the document's text, if that is read too. */
  range: TextRange | undefined;
  /** [info.dim], as the collection has it: rounded, if "int8". */
  vector: Float32Array | undefined;
}

/** A document as the collection has it. */
export interface IndexEntry {
  id: string;
  title: string;
  /** As the document says itself, or "". */
  url: string;
  metadata: Record<string, string[]>;
  format: 'markdown' | 'html' | 'rst' | 'text' | 'code';
  /** Whose stems it is found by: "en"; or "". */
  language: string;
  /** Of the file. */
  bytes: number;
  modified: Date | undefined;
  passageCount: number;
  /** Without markup. */
  text: string | undefined;
  /** In the order of the text. */
  passages: IndexPassage[] | undefined;
}

export interface IndexEntryList {
  entries: IndexEntry[];
  /** There are documents behind the last of these. */
  more: boolean;
}

export interface SearchOptions {
  /** By words and meaning (default; by words where there is no model), by words, by meaning. */
  mode?: 'hybrid' | 'keyword' | 'semantic';
  /** Results, at most 1000. Default: 10. */
  limit?: number;
  /** Leave out that many of the best: the next page. */
  offset?: number;
  /** Of each document, at most 100, as results one after the other. Default: 1. */
  passages?: number;
  /** Every passage by itself, rather than the best of each document. */
  byChunk?: boolean;
  /** The last word may not be whole yet. */
  typing?: boolean;
  /** Also what seems not to be about the query. */
  all?: boolean;
  /** Only documents whose ids match one of these patterns, as in .gitignore. */
  paths?: string[];
  /** Only documents with one of the values of each key. */
  filters?: Record<string, string | string[]>;
  /** Answers at once; the engine goes on with what it has begun. */
  signal?: AbortSignal;
  /**
   * Of searches with this option only the last matters: one that still waits when the next is made
   * is rejected with LODE_E_CANCELLED. For a box that searches while one types.
   */
  latest?: boolean;
}

/** A part of a string, for String.slice. */
export interface TextRange {
  start: number;
  end: number;
}

export interface SearchResult {
  id: string;
  title: string;
  /** The query's words in the title. */
  titleMarks: TextRange[];
  /** The document's, as it says itself; or "". */
  url: string;
  /** That the passage is under: "Install > Linux", or "". */
  heading: string;
  /** To link to, or "". */
  anchor: string;
  metadata: Record<string, string[]>;
  /** The passage. */
  text: string;
  /** The part of `text` that fits the query best. */
  snippet: TextRange;
  /** The query's words in the snippet. */
  marks: TextRange[];
  /** Where the passage is in the document's bytes. */
  source: TextRange;
  /** Larger is better; of one query's results only. */
  score: number;
  /** Of query and passage; 0 where meaning took no part. */
  cosine: number;
  /** 0 .. 1: of the best that the words could give. */
  keyword: number;
}

export interface SearchResults {
  results: SearchResult[];
  /** How many could be paged through. */
  total: number;
  /** There may be more than `total`. */
  totalAtLeast: boolean;
  /** false: nothing seems to be about the query. */
  relevant: boolean;
  /** The query with slips of typing mended, which was searched for. */
  correction: string | undefined;
  /** What took part. */
  mode: 'hybrid' | 'keyword' | 'semantic';
}
