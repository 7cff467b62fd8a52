/* Fetching and compiling a module. */
import {SiteError} from '../errors.ts';
import {fetchFile} from './fetch.ts';

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Several indexes of a page share one. */
export function loadModule(url: string): Promise<WebAssembly.Module> {
  let module = modules.get(url);
  if (!module) {
    module = compile(url);
    modules.set(url, module);
    module.catch(() => modules.delete(url));
  }
  return module;
}

/** Not compileStreaming: some hosts do not know the type of .wasm files, and these are small. */
async function compile(url: string): Promise<WebAssembly.Module> {
  const bytes = await fetchFile(url);
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    throw new SiteError('damaged', `${url}: not a WebAssembly module`, {url});
  }
  try {
    return await WebAssembly.compile(new Uint8Array(bytes));
  } catch (cause) {
    // CSP without 'wasm-unsafe-eval', or a browser without SIMD.
    throw new SiteError('unsupported', `${url}: ${String(cause)}`, {url, cause});
  }
}
