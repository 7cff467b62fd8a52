/* Where a file's bytes land: in the module's memory, at once where the size is known. */
import {LodeError} from '../errors.ts';
import type {Heap} from '../engine/heap.ts';

/** The head of a safetensors file longer than this is not looked at for the file's size. */
const MAX_HEAD = 16 * 1024 * 1024;

/** Bytes of a safetensors file (a bundle is one), by its first ones; undefined: not yet known. */
export function safetensorsSize(head: Uint8Array): number | undefined {
  if (head.length < 8) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEAD || head.length < 8 + length) return undefined;
  try {
    const header: Record<string, {data_offsets?: number[]}> =
      JSON.parse(new TextDecoder().decode(head.subarray(8, 8 + length)));
    let end = 0;
    for (const {data_offsets: offsets} of Object.values(header)) {
      end = Math.max(end, offsets?.[1] ?? 0);
    }
    return Number.isSafeInteger(end) ? 8 + length + end : undefined;
  } catch {
    return undefined; // the C code says what is wrong with it
  }
}

export class Landing {
  readonly name: string;
  readonly #heap: Heap;
  #at = 0;
  #size: number | undefined;
  #filled = 0;
  /** Of a file whose size is not known; each is let go as it is copied. */
  #chunks: Uint8Array[] = [];

  constructor(heap: Heap, name: string, size: number | undefined) {
    this.#heap = heap;
    this.name = name;
    if (size !== undefined) this.#reserve(size);
  }

  get filled(): number {
    return this.#filled;
  }

  get size(): number | undefined {
    return this.#size;
  }

  #reserve(size: number): void {
    this.#at = this.#heap.alloc(size);
    this.#size = size;
  }

  write(chunk: Uint8Array): void {
    if (this.#size === undefined) {
      this.#chunks.push(chunk.slice());
      this.#filled += chunk.length;
      return;
    }
    if (chunk.length > this.#size - this.#filled) {
      throw new LodeError('LODE_E_FORMAT',
        `${this.name}: more than the ${this.#size} bytes that it should have`);
    }
    this.#heap.bytes.set(chunk, this.#at + this.#filled);
    this.#filled += chunk.length;
  }

  /** From the beginning again. */
  restart(): void {
    this.#filled = 0;
    this.#chunks = [];
  }

  /** All bytes are there. */
  finish(): {name: string; at: number; size: number} {
    if (this.#size === undefined) {
      const chunks = this.#chunks.reverse();
      this.#reserve(this.#filled);
      this.#filled = 0;
      for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) this.write(chunk);
    }
    if (this.#filled !== this.#size) {
      throw new LodeError('LODE_E_IO',
        `${this.name}: ended after ${this.#filled} of ${this.#size} bytes`);
    }
    return {name: this.name, at: this.#at, size: this.#filled};
  }

  discard(): void {
    if (this.#at !== 0) this.#heap.free(this.#at);
    this.#at = 0;
    this.#chunks = [];
  }
}
