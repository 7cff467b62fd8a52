/* A module's memory: its allocator, and C's types in it. */
import {lode_error} from '../abi.ts';
import {LodeError, type LodeErrorCode} from '../errors.ts';
import type {Exports} from './instance.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly exports: Exports;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;

  constructor(memory: WebAssembly.Memory, exports: Exports) {
    this.memory = memory;
    this.exports = exports;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /* Every call into the module may grow the memory, which ends its old buffer: never keep these. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.memory.buffer) {
      this.#bytes = new Uint8Array(this.memory.buffer);
    }
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#view.buffer !== this.memory.buffer) this.#view = new DataView(this.memory.buffer);
    return this.#view;
  }

  /** `size` bytes, aligned to 64. */
  alloc(size: number): number {
    const p = size <= 0xffff_ffff ? this.exports.lode_wasm_alloc(size) >>> 0 : 0;
    if (p === 0) {
      const used = this.memory.buffer.byteLength;
      throw new LodeError('LODE_E_NOMEM',
        `out of memory: the engine has ${used} bytes and cannot get ${size} more`);
    }
    return p;
  }

  free(p: number): void {
    this.exports.lode_wasm_free(p);
  }

  u32(p: number): number {
    return this.view.getUint32(p, true);
  }

  /** An int64_t, rounded to a double. */
  i64(p: number): number {
    return Number(this.view.getBigInt64(p, true));
  }

  f64(p: number): number {
    return this.view.getFloat64(p, true);
  }

  setU32(p: number, value: number): void {
    this.view.setUint32(p, value, true);
  }

  /** A copy of `size` bytes. */
  copy(p: number, size: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(p, p + size);
  }

  /** A copy of `n` floats. */
  floats(p: number, n: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.copy(p, 4 * n).buffer);
  }

  /** `size` bytes of UTF-8. They are copied: decoders do not take shared memory. */
  text(p: number, size: number): string {
    return decoder.decode(this.copy(p, size));
  }

  /** A NUL-terminated string; undefined for NULL. */
  string(p: number): string | undefined {
    if (p === 0) return undefined;
    return this.text(p, this.bytes.indexOf(0, p) - p);
  }

  /** Put a string at `p`, where there must be room for 3 bytes a UTF-16 unit; its size. */
  putText(p: number, text: string): number {
    const encoded = encoder.encode(text);
    this.bytes.set(encoded, p);
    return encoded.length;
  }
}

/** What is allocated for the time of one call. */
export class Scope {
  readonly heap: Heap;
  readonly error: number;
  #allocated: number[] = [];

  constructor(heap: Heap) {
    this.heap = heap;
    this.error = this.alloc(lode_error.sizeof);
  }

  alloc(size: number): number {
    const p = this.heap.alloc(size);
    this.#allocated.push(p);
    return p;
  }

  /** Zeros, but for these 32-bit fields, by their places. */
  struct(size: number, fields: Record<number, number> = {}): number {
    const p = this.alloc(size);
    this.heap.bytes.fill(0, p, p + size);
    for (const at in fields) this.heap.setU32(p + Number(at), fields[at]!);
    return p;
  }

  /** One whose first field, as of most, is its size. */
  sized(size: number, fields?: Record<number, number>): number {
    return this.struct(size, {0: size, ...fields});
  }

  /** What `call` puts into the pointer that it is given. */
  result(call: (out: number, error: number) => number): number {
    const out = this.struct(4);
    this.check(call(out, this.error));
    return this.heap.u32(out);
  }

  /** NUL-terminated; NULL for undefined. */
  string(text: string | undefined): number {
    if (text === undefined) return 0;
    const p = this.alloc(3 * text.length + 1);
    this.heap.bytes[p + this.heap.putText(p, text)] = 0;
    return p;
  }

  /** Throws what the module says in `error`, unless `status` is LODE_OK. */
  check(status: number): void {
    if (status === 0) return;
    const {heap, error} = this;
    const code = heap.string(heap.exports.lode_status_name(status)) as LodeErrorCode;
    const place = (field: number) => {
      const value = heap.i64(error + field);
      return value < 0 ? undefined : value;
    };
    throw new LodeError(code, heap.string(error + lode_error.text)!,
      {item: place(lode_error.item), pos: place(lode_error.pos)});
  }

  free(): void {
    for (const p of this.#allocated) this.heap.free(p);
    this.#allocated = [];
  }
}

/** Calls `work` with a scope that ends with it. */
export function scoped<T>(heap: Heap, work: (scope: Scope) => T): T {
  const scope = new Scope(heap);
  try {
    return work(scope);
  } finally {
    scope.free();
  }
}
