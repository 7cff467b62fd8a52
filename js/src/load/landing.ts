/* Where a file's bytes land: in the module's memory, and nowhere else on the way. */
import {LodeError} from '../errors.ts';
import type {Heap} from '../engine/heap.ts';

/** Places for a file's bytes. */
export interface Sink {
  /** Room for `size` bytes in all; the place of the first. */
  begin(size: number): number;
  /** `n` more bytes are there. */
  arrived?(n: number): void;
  discard(): void;
}

/** The head of a safetensors file longer than this is not looked at for the file's size. */
const MAX_HEAD = 16 * 1024 * 1024;

/** Bytes of a safetensors file, as a bundle is one, by its first ones; undefined: not known. */
function safetensorsSize(head: Uint8Array): number | undefined {
  if (head.length < 8) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEAD || head.length < 8 + length) return undefined;
  try {
    const header: Record<string, {data_offsets?: number[]}> =
      JSON.parse(new TextDecoder().decode(head.subarray(8, 8 + length)));
    const ends = Object.values(header).map(({data_offsets: offsets}) => offsets?.[1] ?? 0);
    const size = 8 + length + Math.max(0, ...ends);
    return Number.isSafeInteger(size) ? size : undefined;
  } catch {
    return undefined; // the C code says what is wrong with it
  }
}

/** A file in the module's memory, as it is. */
export function plainSink(heap: Heap): Sink {
  let at = 0;
  return {
    begin: (size) => (at = heap.alloc(size)),
    discard: () => heap.free(at),
  };
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export class Landing {
  readonly name: string;
  filled = 0;
  size: number | undefined;
  readonly #heap: Heap;
  readonly #makeSink: () => Sink;
  #sink: Sink | undefined;
  #at = 0;
  /** Of a file whose size is not known yet; each is let go as it is copied. */
  #chunks: Uint8Array[] = [];

  constructor(heap: Heap, name: string, size: number | undefined, makeSink: () => Sink) {
    this.#heap = heap;
    this.name = name;
    this.size = size;
    this.#makeSink = makeSink;
  }

  write(chunk: Uint8Array): void {
    if (this.#sink !== undefined || this.size !== undefined) return this.#put(chunk);
    this.#chunks.push(chunk.slice());
    this.filled += chunk.length;
    // The head of a bundle is in its first chunks, if it is one.
    if (this.#chunks.length > 16) return;
    this.size = safetensorsSize(join(this.#chunks, this.filled));
    if (this.size !== undefined) this.#flush();
  }

  #put(chunk: Uint8Array): void {
    const size = this.size!;
    if (chunk.length > size - this.filled) {
      throw new LodeError('LODE_E_FORMAT',
        `${this.name}: more than the ${size} bytes that it should have`);
    }
    if (this.#sink === undefined) {
      this.#sink = this.#makeSink();
      this.#at = this.#sink.begin(size);
    }
    this.#heap.bytes.set(chunk, this.#at + this.filled);
    this.filled += chunk.length;
    this.#sink.arrived?.(chunk.length);
  }

  #flush(): void {
    const chunks = this.#chunks.reverse();
    this.filled = 0;
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) this.#put(chunk);
  }

  /** From the beginning again; the file may have another size now. */
  restart(size: number | undefined): void {
    this.discard();
    this.size = size;
  }

  /** All bytes are there. */
  finish(): {name: string; at: number; size: number} {
    if (this.size === undefined) {
      this.size = this.filled;
      this.#flush();
    }
    this.#put(new Uint8Array(0)); // an empty file has a place, too
    if (this.filled !== this.size) {
      throw new LodeError('LODE_E_IO',
        `${this.name}: ended after ${this.filled} of ${this.size} bytes`);
    }
    return {name: this.name, at: this.#at, size: this.filled};
  }

  discard(): void {
    this.#sink?.discard();
    this.#sink = undefined;
    this.#chunks = [];
    this.filled = 0;
  }
}
