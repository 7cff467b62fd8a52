/* Where an index is, and what reads it. */

export interface Places {
  /** Of the index: a folder, absolute, with "/" at its end. */
  url: string;
  /** The folder of the .wasm files, of the same kind. */
  wasm: string;
  /** The reader's script. */
  reader: string;
}

export function placesOf(index: string | URL, options: {
  wasm?: string | URL | undefined; reader?: string | URL | undefined;
}): Places {
  const url = new URL(index, globalThis.location?.href);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = url.hash = '';
  const wasm = new URL(options.wasm ?? url, url);
  if (!wasm.pathname.endsWith('/')) wasm.pathname += '/';
  const reader = new URL(options.reader ?? 'lode-search-worker.js', url);
  return {url: url.href, wasm: wasm.href, reader: reader.href};
}
