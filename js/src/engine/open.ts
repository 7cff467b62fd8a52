/* A model out of its files: a bundle while it arrives, a directory's when all are there. */
import {lode_file_data, lode_model_options} from '../abi.ts';
import type {Sink} from '../load/landing.ts';
import type {OpenArgs} from '../protocol.ts';
import {Scope, scoped, type Heap} from './heap.ts';

/** lode_model_options; its strings live in `scope`. */
function putOptions(scope: Scope, {dtype, isa, verify}: OpenArgs): number {
  const {heap} = scope;
  const p = scope.struct(lode_model_options.sizeof);
  heap.setU32(p + lode_model_options.struct_size, lode_model_options.sizeof);
  heap.setU32(p + lode_model_options.dtype, scope.string(dtype));
  heap.setU32(p + lode_model_options.isa, scope.string(isa));
  heap.setU32(p + lode_model_options.verify, verify ? 1 : 0);
  return p;
}

/** lode_model * */
export function openFiles(heap: Heap, args: OpenArgs,
  files: readonly {name: string; at: number; size: number}[]): number {
  return scoped(heap, (scope) => {
    const array = scope.alloc(lode_file_data.sizeof * files.length);
    files.forEach(({name, at, size}, i) => {
      const p = array + lode_file_data.sizeof * i;
      heap.setU32(p + lode_file_data.name, scope.string(name));
      heap.setU32(p + lode_file_data.data, at);
      heap.setU32(p + lode_file_data.size, size);
    });
    const out = scope.alloc(4);
    scope.check(heap.exports.lode_model_open_memory(
      array, files.length, putOptions(scope, args), out, scope.error));
    return heap.u32(out);
  });
}

/** A bundle's way into the module, which makes it ready as it comes. */
export class BundleStream implements Sink {
  readonly #scope: Scope;
  readonly #args: OpenArgs;
  #stream = 0;

  constructor(heap: Heap, args: OpenArgs) {
    this.#scope = new Scope(heap);
    this.#args = args;
  }

  begin(size: number): number {
    const scope = this.#scope;
    const {heap} = scope;
    const out = scope.alloc(4);
    scope.check(heap.exports.lode_model_stream_new(
      size, putOptions(scope, this.#args), out, scope.error));
    this.#stream = heap.u32(out);
    return heap.exports.lode_model_stream_buffer(this.#stream, out) >>> 0;
  }

  arrived(n: number): void {
    const {heap, error} = this.#scope;
    this.#scope.check(heap.exports.lode_model_stream_arrived(this.#stream, n, error));
  }

  /** lode_model *, which has the bytes from now on. */
  finish(): number {
    const scope = this.#scope;
    const out = scope.alloc(4);
    const stream = this.#stream;
    this.#stream = 0;
    try {
      scope.check(scope.heap.exports.lode_model_stream_finish(stream, out, scope.error));
      return scope.heap.u32(out);
    } finally {
      scope.free();
    }
  }

  discard(): void {
    if (this.#stream !== 0) this.#scope.heap.exports.lode_model_stream_free(this.#stream);
    this.#stream = 0;
    this.#scope.free();
  }
}
