/* A model out of a bundle, while it arrives. */
import {lode_model_options} from '../abi.ts';
import type {Sink} from '../load/landing.ts';
import type {OpenArgs} from '../protocol.ts';
import {Scope, type Heap} from './heap.ts';

/** lode_model_options; its strings live in `scope`. */
export function putOptions(scope: Scope, {dtype, isa, verify, backend}: OpenArgs): number {
  return scope.sized(lode_model_options.sizeof, {
    [lode_model_options.dtype]: scope.string(dtype),
    [lode_model_options.isa]: scope.string(isa),
    [lode_model_options.verify]: Number(verify),
    [lode_model_options.backend]: scope.string(backend),
    [lode_model_options.move_later]: 1,
  });
}

/** A bundle's way into the module, which makes it ready as it comes. */
export interface BundleStream extends Sink {
  /** lode_model *, which has the bytes from now on. */
  finish(): number;
}

export function bundleStream(heap: Heap, args: OpenArgs): BundleStream {
  const {exports} = heap;
  const scope = new Scope(heap);
  let stream = 0;
  return {
    begin: (size) => {
      const options = putOptions(scope, args);
      stream = scope.result((out, error) => exports.lode_model_stream_new(size, options, out, error));
      return exports.lode_model_stream_buffer(stream, scope.alloc(4)) >>> 0;
    },
    arrived: (n) => scope.check(exports.lode_model_stream_arrived(stream, n, scope.error)),
    finish: () => {
      const whole = stream;
      stream = 0;
      try {
        return scope.result((out, error) => exports.lode_model_stream_finish(whole, out, error));
      } finally {
        scope.free();
      }
    },
    discard: () => {
      if (stream !== 0) exports.lode_model_stream_free(stream);
      stream = 0;
      scope.free();
    },
  };
}
