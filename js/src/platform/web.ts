/* Pages and workers of browsers, and whatever is like them. */
import {LodeError} from '../errors.ts';
import type {Port, ToClient, ToEngine} from '../protocol.ts';
import type {WasmName, WasmSource} from '../types.ts';
import type {Platform} from './platform.ts';

// Written out, so that bundlers find the files; those for collections are in index_modules.ts.
const MODULES: Record<string, () => URL> = {
  'lode-embed-simd128': () =>
    new URL('../wasm/lode-embed-simd128.wasm', import.meta.url),
  'lode-embed-relaxed': () =>
    new URL('../wasm/lode-embed-relaxed.wasm', import.meta.url),
  'lode-embed-simd128-threads': () =>
    new URL('../wasm/lode-embed-simd128-threads.wasm', import.meta.url),
  'lode-embed-relaxed-threads': () =>
    new URL('../wasm/lode-embed-relaxed-threads.wasm', import.meta.url),
};

async function wasm(name: WasmName): Promise<WasmSource> {
  const url = MODULES[name] ?? (await import('./index_modules.ts')).INDEX_MODULES[name];
  if (url === undefined) throw new LodeError('LODE_E_ENGINE', `${name}.wasm: there is none`);
  return url();
}

export async function compileFetched(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw new LodeError('LODE_E_ENGINE', `${response.url}: HTTP status ${response.status}`,
      {status: response.status});
  }
  const type = response.headers.get('content-type') ?? '';
  if (/^application\/wasm\s*$/i.test(type) && WebAssembly.compileStreaming !== undefined) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

export async function compileWeb(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(source);
  }
  if (source instanceof Response) return compileFetched(source);
  return compileFetched(await fetch(source));
}

function workerPort(worker: Worker): Port<ToEngine, ToClient> {
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (listener) => {
      worker.onmessage = ({data}) => listener(data);
    },
    onFailure: (listener) => {
      worker.onerror = (event) => {
        event.preventDefault?.();
        listener(`the engine's worker failed: ${event.message ?? 'its script could not be loaded'}`);
      };
      worker.onmessageerror = () => listener('a message to the engine could not be read');
    },
    hold: () => undefined,
    close: async () => worker.terminate(),
  };
}

function spawn(): Port<ToEngine, ToClient> | undefined {
  if (typeof Worker === 'undefined') return undefined;
  return workerPort(new Worker(new URL('./worker.js', import.meta.url), {type: 'module'}));
}

export const webPlatform: Omit<Platform, 'inline'> = {
  base: () => globalThis.document?.baseURI ?? globalThis.location?.href,
  wasm,
  compile: compileWeb,
  spawn,
  threads: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  mayBlock: false,
  opfs: true,
  shared: () => globalThis.crossOriginIsolated === true,
  localSource: async () => undefined,
  streams: () => import('../stream.ts'),
};
