/* Where a file's bytes land: in the module's memory, and nowhere else on the way. */
import {LodeError} from '../errors.ts';
import type {Heap} from '../engine/heap.ts';
import type {Chunk} from './body.ts';

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

/** A file on its way into memory. */
export interface Landing {
  readonly name: string;
  readonly filled: number;
  readonly size: number | undefined;
  write(chunk: Chunk): void;
  /** From the beginning again; the file may have another size now. */
  restart(size: number | undefined): void;
  /** All bytes are there. */
  finish(): {name: string; at: number; size: number};
  discard(): void;
}

export function landingOf(heap: Heap, name: string, fileSize: number | undefined,
  makeSink: () => Sink): Landing {
  let filled = 0;
  let size = fileSize;
  let sink: Sink | undefined;
  let start = 0;
  /** Of a file whose size is not known yet; each is let go as it is copied. */
  let chunks: Uint8Array[] = [];

  function put(chunk: Chunk): void {
    if (chunk.length > size! - filled) {
      throw new LodeError('LODE_E_FORMAT', `${name}: more than the ${size} bytes that it should have`);
    }
    if (sink === undefined) start = (sink = makeSink()).begin(size!);
    if (chunk instanceof Uint8Array) heap.bytes.set(chunk, start + filled);
    else chunk.into(heap.bytes.subarray(start + filled, start + filled + chunk.length));
    filled += chunk.length;
    sink.arrived?.(chunk.length);
  }

  function flush(): void {
    chunks.reverse();
    filled = 0;
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) put(chunk);
  }

  function discard(): void {
    sink?.discard();
    sink = undefined;
    chunks = [];
    filled = 0;
  }

  return {
    name,
    get filled() {
      return filled;
    },
    get size() {
      return size;
    },
    write: (chunk) => {
      if (size !== undefined) return put(chunk);
      chunks.push((chunk as Uint8Array).slice()); // the unread have a size
      filled += chunk.length;
      // The head of a bundle is in its first chunks, if it is one.
      if (chunks.length <= 16) size = safetensorsSize(join(chunks, filled));
      if (size !== undefined) flush();
    },
    restart: (now) => {
      discard();
      size = now;
    },
    finish: () => {
      if (size === undefined) {
        size = filled;
        flush();
      }
      put(new Uint8Array(0)); // an empty file has a place, too
      if (filled === size) return {name, at: start, size};
      throw new LodeError('LODE_E_IO', `${name}: ended after ${filled} of ${size} bytes`);
    },
    discard,
  };
}
