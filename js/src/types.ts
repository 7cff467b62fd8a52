/** A file: where its bytes come from. */
export type FileSource =
  | string | URL | Request | Blob | ArrayBuffer | ArrayBufferView | FileSystemFileHandle
  | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Response;

/**
 * A model. A bundle (`.lode-model`), as any source of one file; or a model's directory, as the URL
 * of a folder, which ends in "/", or as a map from file names ("config.json",
 * "1_Pooling/config.json") to files. In Node a string without a scheme is a path.
 */
export type ModelSource = FileSource | {files: Record<string, FileSource>};

export interface LoadProgress {
  /** Bytes so far, of all files. */
  loaded: number;
  /** Bytes of all files that are known of; undefined where a server does not say. */
  total: number | undefined;
  /** The file that is being read. */
  file: string;
}

/** The modules that are there; the first part says what they do. */
export type WasmName =
  | 'lode-embed-simd128' | 'lode-embed-relaxed'
  | 'lode-embed-simd128-threads' | 'lode-embed-relaxed-threads'
  | 'lode-embed-gpu-simd128' | 'lode-embed-gpu-relaxed'
  | 'lode-embed-gpu-simd128-threads' | 'lode-embed-gpu-relaxed-threads'
  | 'lode-index-simd128' | 'lode-index-relaxed'
  | 'lode-index-simd128-threads' | 'lode-index-relaxed-threads'
  | 'lode-index-gpu-simd128' | 'lode-index-gpu-relaxed'
  | 'lode-index-gpu-simd128-threads' | 'lode-index-gpu-relaxed-threads'
  /** A language's stemmer, for collections: lode-stem-de. */
  | `lode-stem-${string}`;

/** A module: where it is, its bytes, or compiled. */
export type WasmSource = string | URL | Response | BufferSource | WebAssembly.Module;

export interface CacheOptions {
  /** All cached files together; the least recently used are deleted. Default: 1 GiB. */
  maxBytes?: number;
  /**
   * Whether the server is asked about what is cached: "background" (default), use it, ask
   * afterwards, and forget it if it has changed; "always", ask before, and use it offline;
   * "never".
   */
  revalidate?: 'background' | 'always' | 'never';
  /** Node: the folder. Default: $LODE_CACHE_DIR, else lode/js in the user's cache folder. */
  folder?: string;
}

export interface EmbedderOptions {
  /** Ends the loading. */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
  /**
   * What linear layers multiply: "f32", "int8"; "f16": a GPU's, with `backend`, and what is left to
   * the CPU is f32; "auto": the fastest that passes the self-test, of all but f16. Default: as the
   * weights are stored.
   */
  dtype?: 'f32' | 'bf16' | 'f16' | 'int8' | 'int4' | 'auto';
  /**
   * "webgpu": a GPU, or an error that says what is missing; "auto": a GPU if there is one, its
   * vectors are right and it is faster, and the CPU otherwise, also where it fails later. What came
   * of it is in the embedder's info. Default: "cpu".
   */
  backend?: 'cpu' | 'webgpu' | 'auto';
  /** Use at most these instructions. Default: what a short trial finds fastest here. */
  isa?: 'simd128' | 'relaxed';
  /**
   * Threads. With shared memory (a page that is cross-origin isolated, Node, Deno, Bun) they share
   * one copy of the model, and the default is what the machine has, at most 4. Without, each is
   * a worker with its own copy, within replicaMemory, and the default is 1.
   */
  threads?: number;
  /** Bytes that all copies of the model together may take without shared memory. Default: 1 GiB. */
  replicaMemory?: number;
  /** Bytes that an engine's memory may grow to. Default: what the runtime gives, at most 4 GiB. */
  maxMemory?: number;
  /**
   * "worker" (default where there are workers): nothing blocks the caller's thread.
   * "inline": in the caller's thread.
   */
  mode?: 'worker' | 'inline';
  /** Where the .wasm files are; default: beside this package. */
  wasm?: string | URL | ((name: WasmName) => WasmSource | Promise<WasmSource>);
  /** Keep what is fetched: in OPFS, else in the Cache API; in files in Node. Default: true. */
  cache?: boolean | CacheOptions;
  /** The file's SHA-256, as "sha256-<base64>": anything else is refused. For one file. */
  integrity?: string;
  /** Compare every byte of a bundle with the digests that are in it, as it arrives. */
  verify?: boolean;
  /** For requests, beside those of a Request: an access token, for example. */
  headers?: Record<string, string>;
  credentials?: RequestCredentials;
  /** Attempts after one that brought nothing. Default: 4. */
  retries?: number;
  /** Milliseconds without a byte after which a connection counts as dropped. Default: 30000. */
  stallTimeout?: number;
}

/** What is in the cache. */
export interface CachedFile {
  url: string;
  size: number;
  /** Milliseconds since 1970: when it was last asked for. */
  used: number;
}

/** The cache, to look at and to empty. */
export interface ModelCache {
  list(): Promise<CachedFile[]>;
  /** No error where it is not there. */
  remove(url: string | URL): Promise<void>;
  clear(): Promise<void>;
}

/** A text: a string, or UTF-8. */
export type Text = string | Uint8Array;

export interface EmbedOptions {
  /** Answers within a slice of some 100 ms; the embedder can be used on. */
  signal?: AbortSignal;
  /** Called with numbers of texts. */
  onProgress?: (done: number, total: number) => void;
  /** The name of one of the model's prompts (see info.prompts), or a text to put in front. */
  prompt?: string | {text: string};
  /** Keep the first of the vector's dimensions. */
  dims?: number;
  /** Unit length; default: as the model's files say. */
  normalize?: boolean;
  /** Texts longer than the model takes: "truncate" (default), "chunk", "error". */
  longText?: 'truncate' | 'chunk' | 'error';
  /**
   * Ill-formed UTF-8, and lone surrogates in strings: "error" (default) with item and byte, or
   * "replace" by U+FFFD.
   */
  utf8?: 'error' | 'replace';
}

/** What was done with one text. */
export interface TextReport {
  /** Computed, special tokens and prompt included. */
  tokens: number;
  /** Tokens that truncation dropped. */
  leftOut: number;
  /** More than 1 under longText "chunk". */
  windows: number;
  /** Ill-formed parts replaced under utf8 "replace". */
  replaced: number;
}

export interface TokenizeOptions {
  /** The second text of a pair. */
  pair?: Text;
  /** false: leave out [CLS], [SEP] and the like. Default: true. */
  special?: boolean;
  /** false: all tokens, however many. Default: true. */
  truncate?: boolean;
  /** Default: the model's. */
  maxTokens?: number;
  utf8?: 'error' | 'replace';
}

/** One text's tokens; arrays of one length. */
export interface Tokens {
  ids: Int32Array;
  /** 0, or 1 for the second of a pair. */
  typeIds: Uint8Array;
  /** 1: added by the template. */
  special: Uint8Array;
  /** The vocabulary's entries. */
  pieces: string[];
  /** Where in the text, for String.slice; both 0 for special tokens. */
  start: Uint32Array;
  end: Uint32Array;
  /** Tokens that truncation dropped. */
  leftOut: number;
}

export interface SelfTest {
  texts: number;
  /** Of the vectors to those computed in f32. */
  leastCosine: number;
  meanCosine: number;
  seconds: number;
}

/** A dtype or a backend that "auto" tried. */
export interface Candidate {
  dtype: string;
  /** This and what is optional below: of backend "auto". */
  backend?: string;
  passed: boolean;
  chosen: boolean;
  leastCosine: number;
  /** For the self-test's texts; 0: not measured, since one took too long. */
  seconds: number;
  /** For the first of them alone. */
  oneSeconds?: number;
  /** Why it was not taken, or is no longer used, if not by the numbers. */
  reason?: string | undefined;
}

/** What of ModelInfo changes when a GPU fails that "auto" had chosen. */
export type BackendInfo = Pick<ModelInfo, 'backend' | 'device' | 'dispatches' | 'reason' | 'dtype'
  | 'weightBytes' | 'candidates'>;

export interface ModelInfo {
  /** "bert", "roberta", "distilbert", "static". */
  architecture: string;
  dtype: string;
  isa: string;
  /** "cpu", "webgpu": what is used now. */
  backend: string;
  /** The GPU's name, where one is used. */
  device?: string | undefined;
  /** Programs that it runs for a batch. */
  dispatches?: number;
  /** Why none is used, where `backend` asked for one. */
  reason?: string | undefined;
  /** "mean", "cls+max". */
  pooling: string;
  /** Floats in a vector. */
  dim: number;
  fullDim: number;
  /** Floats in a token's row. */
  tokenDim: number;
  /** Per text, special tokens included; Infinity: no limit. */
  maxTokens: number;
  vocabSize: number;
  layers: number;
  heads: number;
  parameters: number;
  weightBytes: number;
  prompts: Record<string, string>;
  defaultPrompt: string | undefined;
  /** Vectors have unit length. */
  normalized: boolean;
  /** What "auto" was chosen from. */
  candidates: Candidate[];
  /** The module that runs. */
  wasm: WasmName;
  /** Threads on one memory. */
  threads: number;
  /** Where the files came from. */
  loaded: {
    bytes: number;
    /** Of them, out of the cache. */
    cachedBytes: number;
    /** Why nothing could be cached, where something should have been. */
    cacheError: string | undefined;
  };
}
