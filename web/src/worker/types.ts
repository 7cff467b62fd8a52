/* What the page and its library worker say to each other. */
import type {SearchResult} from 'lode';

/** Where something is kept: for good, or as long as the tab lives. */
export type Place = 'device' | 'memory';

export interface Collection {
  id: string;
  name: string;
  /** Of a model in the model list; undefined: search by words alone. */
  model: string | undefined;
  place: Place;
  created: number;
  /** Opened from a .lode file: of its documents the catalogue has those alone that were added since. */
  imported: boolean;
  /** As they were when it was last looked at. */
  documents: number;
  chunks: number;
  bytes: number;
  freeBytes: number;
  /** Grows with every change of its documents; counts alone may come out the same. */
  revision: number;
  /** Why meaning takes no part in its searches, where it should. */
  wordsOnly?: string | undefined;
}

export interface DocumentRow {
  collection: string;
  id: string;
  kind: string;
  size: number;
  modified: number;
  added: number;
  /** Of the folder that it came from, where the browser gave a handle. */
  folder?: string | undefined;
  title?: string | undefined;
}

/** A document with its markup, which the collection has no use for. Others are read from the collection. */
export interface DocumentContent {
  collection: string;
  id: string;
  content: Uint8Array;
  format: DocumentFormat;
}

export type DocumentFormat = 'markdown' | 'html' | 'rst' | 'text' | 'code';

/** A document as it is shown. */
export interface ReadDocument {
  text: string;
  /** "extracted": the collection's own text, which has no markup any more. */
  format: DocumentFormat | 'extracted';
  /** Of an extracted text: what of it are headings. */
  headings: string[];
  /** The passage that was asked for, or "". */
  passage: string;
  /** Of the whole text, if `text` is a part of it. */
  whole: number | undefined;
}

/** Documents with their vectors: the mean of each one's passages. */
export interface VectorPage {
  rows: DocumentRow[];
  /** [rows, dim] */
  vectors: Float32Array;
  dim: number;
  more: boolean;
}

export interface FolderRow {
  collection: string;
  id: string;
  name: string;
  handle: FileSystemDirectoryHandle;
  /** What is in it has not been queued as a whole yet. */
  unread: boolean;
}

export interface QueueRow {
  collection: string;
  id: string;
  /** Order of arrival. */
  seq: number;
  kind: string;
  size: number;
  modified: number;
  data: ArrayBuffer | Blob;
  folder?: string | undefined;
  /** Why it could not be indexed; it stays until it is tried again or dismissed. */
  error?: string | undefined;
}

/** A row of the queue, as the page sees it. */
export interface Task {
  collection: string;
  id: string;
  size: number;
  step: 'waiting' | 'reading' | 'indexing' | 'failed';
  detail?: string | undefined;
}

export interface Work {
  waiting: number;
  failed: number;
  /** Since the queue was last empty. */
  done: number;
  total: number;
  /** Files that are being taken over from the disk: closing the tab loses those. */
  taking: number;
  /** What is under way, then what failed, then what waits: the first of each. */
  tasks: Task[];
  paused: boolean;
  /** Why the work has stopped by itself. */
  stopped: string | undefined;
  /** Documents a second, lately. */
  rate: number;
}

export interface FolderInfo {
  collection: string;
  id: string;
  name: string;
  access: 'granted' | 'prompt' | 'denied';
}

export interface LibraryState {
  role: 'starting' | 'writes' | 'follows';
  place: Place;
  /** Why nothing can be kept, where it cannot. */
  placeReason: string | undefined;
  collections: Collection[];
  folders: FolderInfo[];
  models: Model[];
  /** Of new collections. */
  defaultModel: string | undefined;
  work: Work;
}

export interface NewFile {
  /** Path below what was dropped. */
  path: string;
  file: File;
  folder?: string | undefined;
}

export interface SearchRequest {
  query: string;
  collections: string[];
  limit: number;
  typing: boolean;
  paths?: string[] | undefined;
  filters?: Record<string, string[]> | undefined;
  /** Only these documents, from a selection on the map. */
  only?: string[] | undefined;
  /** Like this document, rather than a query. */
  like?: {collection: string; id: string} | undefined;
}

export interface Hit extends SearchResult {
  collection: string;
}

export interface SearchAnswer {
  hits: Hit[];
  total: number;
  totalAtLeast: boolean;
  relevant: boolean;
  correction: string | undefined;
  mode: 'hybrid' | 'keyword' | 'semantic';
  /** In the engine. */
  milliseconds: number;
}

/** A model that collections can be made with. */
export interface Model {
  id: string;
  name: string;
  /** Beside the page, in one file that is kept here, or in several. */
  source: {kind: 'page'; url: string} | {kind: 'file'; file: string} |
    {kind: 'folder'; files: Record<string, string>};
  bytes: number;
  /** Where it was fetched. */
  url?: string | undefined;
  /** What a sentence says about it. */
  note?: string | undefined;
  state: 'ready' | 'loading' | 'paused' | 'verifying' | 'failed';
  /** Of a download. */
  received?: number | undefined;
  validator?: string | undefined;
  error?: string | undefined;
  /** Least cosine of its self-test to what was computed in f32. */
  selfTest?: number | undefined;
  dim?: number | undefined;
  architecture?: string | undefined;
}

export interface LogEntry {
  time: number;
  level: 'info' | 'warning' | 'error';
  text: string;
}

export type FromWorker =
  | {kind: 'state'; state: LibraryState}
  | {kind: 'log'; entry: LogEntry}
  | {kind: 'answer'; id: number; value?: unknown; error?: PlainError};

export interface PlainError {
  name: string;
  message: string;
  code?: string | undefined;
}

export interface ToWorker {
  kind: 'call';
  id: number;
  method: string;
  args: unknown[];
}

/** The first message: where the page is. */
export interface Start {
  kind: 'start';
  base: string;
}
