/* Where the modules for collections are, with their stemmers, and those for GPUs: loaded when they are
 * asked for. */

// Written out, so that bundlers find the files.
export const INDEX_MODULES: Record<string, () => URL> = {
  'lode-index-simd128': () => new URL('../wasm/lode-index-simd128.wasm', import.meta.url),
  'lode-index-relaxed': () => new URL('../wasm/lode-index-relaxed.wasm', import.meta.url),
  'lode-index-simd128-threads': () => new URL('../wasm/lode-index-simd128-threads.wasm', import.meta.url),
  'lode-index-relaxed-threads': () => new URL('../wasm/lode-index-relaxed-threads.wasm', import.meta.url),
  'lode-index-gpu-simd128': () =>
    new URL('../wasm/lode-index-gpu-simd128.wasm', import.meta.url),
  'lode-index-gpu-relaxed': () =>
    new URL('../wasm/lode-index-gpu-relaxed.wasm', import.meta.url),
  'lode-index-gpu-simd128-threads': () =>
    new URL('../wasm/lode-index-gpu-simd128-threads.wasm', import.meta.url),
  'lode-index-gpu-relaxed-threads': () =>
    new URL('../wasm/lode-index-gpu-relaxed-threads.wasm', import.meta.url),
  'lode-embed-gpu-simd128': () =>
    new URL('../wasm/lode-embed-gpu-simd128.wasm', import.meta.url),
  'lode-embed-gpu-relaxed': () =>
    new URL('../wasm/lode-embed-gpu-relaxed.wasm', import.meta.url),
  'lode-embed-gpu-simd128-threads': () =>
    new URL('../wasm/lode-embed-gpu-simd128-threads.wasm', import.meta.url),
  'lode-embed-gpu-relaxed-threads': () =>
    new URL('../wasm/lode-embed-gpu-relaxed-threads.wasm', import.meta.url),
  'lode-stem-ar': () => new URL('../wasm/lode-stem-ar.wasm', import.meta.url),
  'lode-stem-ca': () => new URL('../wasm/lode-stem-ca.wasm', import.meta.url),
  'lode-stem-da': () => new URL('../wasm/lode-stem-da.wasm', import.meta.url),
  'lode-stem-de': () => new URL('../wasm/lode-stem-de.wasm', import.meta.url),
  'lode-stem-el': () => new URL('../wasm/lode-stem-el.wasm', import.meta.url),
  'lode-stem-en': () => new URL('../wasm/lode-stem-en.wasm', import.meta.url),
  'lode-stem-es': () => new URL('../wasm/lode-stem-es.wasm', import.meta.url),
  'lode-stem-eu': () => new URL('../wasm/lode-stem-eu.wasm', import.meta.url),
  'lode-stem-fi': () => new URL('../wasm/lode-stem-fi.wasm', import.meta.url),
  'lode-stem-fr': () => new URL('../wasm/lode-stem-fr.wasm', import.meta.url),
  'lode-stem-ga': () => new URL('../wasm/lode-stem-ga.wasm', import.meta.url),
  'lode-stem-hi': () => new URL('../wasm/lode-stem-hi.wasm', import.meta.url),
  'lode-stem-hu': () => new URL('../wasm/lode-stem-hu.wasm', import.meta.url),
  'lode-stem-hy': () => new URL('../wasm/lode-stem-hy.wasm', import.meta.url),
  'lode-stem-id': () => new URL('../wasm/lode-stem-id.wasm', import.meta.url),
  'lode-stem-it': () => new URL('../wasm/lode-stem-it.wasm', import.meta.url),
  'lode-stem-lt': () => new URL('../wasm/lode-stem-lt.wasm', import.meta.url),
  'lode-stem-ne': () => new URL('../wasm/lode-stem-ne.wasm', import.meta.url),
  'lode-stem-nl': () => new URL('../wasm/lode-stem-nl.wasm', import.meta.url),
  'lode-stem-no': () => new URL('../wasm/lode-stem-no.wasm', import.meta.url),
  'lode-stem-pt': () => new URL('../wasm/lode-stem-pt.wasm', import.meta.url),
  'lode-stem-ro': () => new URL('../wasm/lode-stem-ro.wasm', import.meta.url),
  'lode-stem-ru': () => new URL('../wasm/lode-stem-ru.wasm', import.meta.url),
  'lode-stem-sr': () => new URL('../wasm/lode-stem-sr.wasm', import.meta.url),
  'lode-stem-sv': () => new URL('../wasm/lode-stem-sv.wasm', import.meta.url),
  'lode-stem-ta': () => new URL('../wasm/lode-stem-ta.wasm', import.meta.url),
  'lode-stem-tr': () => new URL('../wasm/lode-stem-tr.wasm', import.meta.url),
  'lode-stem-yi': () => new URL('../wasm/lode-stem-yi.wasm', import.meta.url),
};
