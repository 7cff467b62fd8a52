/* What a client and an engine say to each other: postMessage's, or a function call's, arguments. */
import type {ErrorData} from './errors.ts';
import type {BackendInfo, CacheOptions, LoadProgress, ModelInfo, Tokens} from './types.ts';

/** Client to engine. A call begins with `op`; the others belong to one that is under way. */
export type ToEngine =
  | {id: number; op: string; args: unknown}
  | {id: number; abort: true}
  /** The answer to a pull; without chunk: that was the last. */
  | {id: number; source: PullName; chunk?: Pulled; error?: ErrorData};

/** Engine to client. A call ends with `value` or `error`. */
export type ToClient =
  | {id: number; value: unknown}
  | {id: number; error: ErrorData}
  | {id: number; progress: LoadProgress}
  /** Asks for the next chunk of what the call calls so. */
  | {id: number; pull: PullName};

/** A source's number; a stemmer's language. */
export type PullName = number | string;
/** A chunk of a source, or a module. */
export type Pulled = Uint8Array | WebAssembly.Module;

/** One end of the line between the two. */
export interface Port<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  onMessage(listener: (message: In) => void): void;
  /** The other side ended without being asked to. */
  onFailure(listener: (reason: string) => void): void;
  /** Whether it keeps a process alive that has nothing else to do. */
  hold(on: boolean): void;
  close(): Promise<void>;
}

export interface RequestData {
  headers?: Record<string, string>;
  credentials?: RequestCredentials;
  mode?: RequestMode;
}

/** A file's source as it is handed to the engine. */
export type SourceData =
  | {kind: 'url'; url: string; request: RequestData}
  | {kind: 'path'; path: string}
  | {kind: 'blob'; blob: Blob}
  /** Chunks that the client has; see ToClient. */
  | {kind: 'pull'; pull: number; size?: number};

/** A model's; `file` is a bundle. */
export type ModelData =
  | {kind: 'file'; file: SourceData}
  | {kind: 'folder'; base: SourceData & {kind: 'url' | 'path'}}
  | {kind: 'files'; files: [name: string, source: SourceData][]};

export interface OpenArgs {
  source: ModelData;
  module: WebAssembly.Module;
  wasm: ModelInfo['wasm'];
  threads: number;
  shared: boolean;
  maxMemory?: number;
  dtype?: string;
  /** Where it will be moved to. */
  backend?: string;
  isa?: string;
  verify: boolean;
  integrity?: string;
  cache?: CacheOptions;
  retries: number;
  stallTimeout: number;
}

export interface OpenResult {
  info: ModelInfo;
  memory: number;
  files: {name: string; size: number}[];
}

export interface EmbedArgs {
  texts: (string | Uint8Array)[];
  prompt?: string | {text: string};
  dims: number;
  normalize?: boolean;
  longText?: string;
  utf8?: string;
}

export interface EmbedResult {
  /** [texts, dim] */
  vectors: Float32Array<ArrayBuffer>;
  /** [texts, 4]: tokens, left out, windows, replaced. */
  reports: Int32Array<ArrayBuffer>;
  /** The engine's time. */
  ms: number;
}

/** seldom.embedOnGpu's */
export interface GpuEmbedResult extends EmbedResult {
  backend: BackendInfo;
}

export interface EmbedTokensResult {
  /** [rows, token_dim] */
  vectors: Float32Array<ArrayBuffer>;
  /** [texts + 1] */
  rowStart: Uint32Array<ArrayBuffer>;
}

export interface TokenizeArgs {
  text: string | Uint8Array;
  pair?: string | Uint8Array;
  special: boolean;
  truncate: boolean;
  maxTokens: number;
  utf8?: string;
}

export type TokenizeResult = Tokens;

/** A piece of a file that the engine has loaded: for another engine with the same model. */
export interface ReadArgs {
  file: number;
  offset: number;
  length: number;
}
