/* Files of the host that a module sees: handles with the calls of OPFS's sync access handles, behind
 * the imports that docs/wasm.md lists. */
import {LodeError} from '../errors.ts';

/** A FileSystemSyncAccessHandle, or what is like one. */
export interface FileHandle {
  read(into: Uint8Array, at: {at: number}): number;
  write(data: Uint8Array, at: {at: number}): number;
  truncate(size: number): void;
  flush(): void;
  getSize(): number;
  close(): void;
}

/** The files of one collection: itself, its journal, its log. */
export interface FileSet {
  /** undefined: there is no such file. Throws where it cannot be had. */
  open(name: string, create: boolean, write: boolean): FileHandle | undefined;
  /** After the module has closed a file. */
  release(name: string, handle: FileHandle): void;
  /** It is there, and has a byte. */
  exists(name: string): boolean;
  remove(name: string): void;
  /** All is done. */
  close(): Promise<void>;
}

const MISSING = -1, BUSY = -2, FULL = -3, READ_ONLY = -4, FAILED = -5;
const CREATE = 1, WRITE = 2;

/** What a failure is to the module. */
function codeOf(error: unknown): number {
  const {name, code} = (error ?? {}) as {name?: string; code?: unknown};
  if (name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return FULL;
  }
  if (error instanceof LodeError && error.code === 'LODE_E_BUSY') return BUSY;
  if (name === 'NoModificationAllowedError' || code === 'EROFS' || code === 'EACCES' ||
      code === 'EPERM') {
    return READ_ONLY;
  }
  return FAILED;
}

export class HostFiles {
  readonly #memory: () => WebAssembly.Memory;
  readonly #open = new Map<number, {name: string; handle: FileHandle}>();
  #next = 0;
  set: FileSet | undefined;
  /** The last failure that the module was told of by a number. */
  failure: unknown;

  constructor(memory: () => WebAssembly.Memory) {
    this.#memory = memory;
  }

  #name(p: number): string {
    const bytes = new Uint8Array(this.#memory().buffer);
    return new TextDecoder().decode(bytes.slice(p, bytes.indexOf(0, p)));
  }

  #try(work: () => number): number {
    try {
      return work();
    } catch (error) {
      this.failure = error;
      return codeOf(error);
    }
  }

  #handle(file: number): FileHandle {
    return this.#open.get(file)!.handle;
  }

  /** Some systems' files do not take shared memory: then the bytes go through a copy. */
  #view(p: number, n: number): {bytes: Uint8Array; shared: boolean} {
    const {buffer} = this.#memory();
    return {bytes: new Uint8Array(buffer, p, n), shared: !(buffer instanceof ArrayBuffer)};
  }

  #read(file: number, out: number, n: number, at: number): number {
    const {bytes, shared} = this.#view(out, n);
    if (!shared) return this.#handle(file).read(bytes, {at});
    const copy = new Uint8Array(n);
    const got = this.#handle(file).read(copy, {at});
    bytes.set(copy.subarray(0, got));
    return got;
  }

  #write(file: number, data: number, n: number, at: number): number {
    const {bytes, shared} = this.#view(data, n);
    const written = this.#handle(file).write(shared ? bytes.slice() : bytes, {at});
    return written === n ? 0 : FULL;
  }

  #openFile(name: string, flags: number): number {
    if ([...this.#open.values()].some((each) => each.name === name)) return BUSY;
    const handle = this.set?.open(name, (flags & CREATE) !== 0, (flags & WRITE) !== 0);
    if (handle === undefined) return MISSING;
    this.#open.set(this.#next, {name, handle});
    return this.#next++;
  }

  /** Of a file that is open. */
  #named(name: string): FileHandle {
    return [...this.#open.values()].find((each) => each.name === name)!.handle;
  }

  sizeOf(name: string): number {
    return this.#named(name).getSize();
  }

  pieceOf(name: string, at: number, n: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(n);
    return bytes.subarray(0, this.#named(name).read(bytes, {at}));
  }

  #close(file: number): number {
    const {name, handle} = this.#open.get(file)!;
    this.#open.delete(file);
    this.set?.release(name, handle);
    return 0;
  }

  /** The functions of the module `lode`. */
  readonly imports = {
    file_open: (name: number, flags: number) =>
      this.#try(() => this.#openFile(this.#name(name), flags)),
    file_close: (file: number) => void this.#try(() => this.#close(file)),
    file_read: (file: number, out: number, n: number, at: number) =>
      this.#try(() => this.#read(file, out, n, at)),
    file_write: (file: number, data: number, n: number, at: number) =>
      this.#try(() => this.#write(file, data, n, at)),
    file_truncate: (file: number, size: number) =>
      this.#try(() => (this.#handle(file).truncate(size), 0)),
    file_flush: (file: number) => this.#try(() => (this.#handle(file).flush(), 0)),
    file_size: (file: number) => this.#try(() => this.#handle(file).getSize()),
    file_exists: (name: number) => this.#try(() => (this.set?.exists(this.#name(name)) ? 1 : 0)),
    file_delete: (name: number) => this.#try(() => (this.set?.remove(this.#name(name)), 0)),
    random: (p: number, n: number) => {
      const bytes = crypto.getRandomValues(new Uint8Array(n)); // it takes no shared memory
      new Uint8Array(this.#memory().buffer).set(bytes, p);
    },
  };
}
