/* What differs between a page and Node, for the client. */
import type {Port, ToClient, ToEngine} from '../protocol.ts';
import type {SourceData} from '../protocol.ts';
import type * as Streams from '../stream.ts';
import type {WasmName, WasmSource} from '../types.ts';

export interface Platform {
  /** What relative URLs are relative to. */
  base(): string | undefined;
  /** Where a module is if nobody says otherwise. */
  wasm(name: WasmName): WasmSource | Promise<WasmSource>;
  compile(source: WasmSource): Promise<WebAssembly.Module>;
  /** A worker with an engine; undefined: there are no workers here. */
  spawn(): Port<ToEngine, ToClient> | undefined;
  /** An engine in this thread. */
  inline(): Promise<Port<ToEngine, ToClient>>;
  /** How many threads the machine runs at a time. */
  threads(): number;
  /** Whether this thread may wait: then an inline engine can have threads. */
  mayBlock: boolean;
  /** Collections are kept in OPFS; else in the file system. */
  opfs: boolean;
  /** An engine may find a GPU though there is no navigator.gpu. */
  gpu?: boolean;
  /** Whether memory can be shared with workers. */
  shared(): boolean;
  /** A string or URL that is not for fetch; undefined: it is. */
  localSource(source: string | URL): Promise<{data: SourceData; folder: boolean} | undefined>;
  /** For embedStream. */
  streams(): Promise<typeof Streams>;
}
