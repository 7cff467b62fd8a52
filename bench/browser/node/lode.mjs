// lode by its package, as a server uses it: the engine in a worker thread.
import { pathToFileURL } from "node:url";

export async function open({ package: folder, file, threads, isa }) {
  const { createEmbedder } = await import(pathToFileURL(`${folder}/dist/node.js`));
  const embedder = await createEmbedder(file, { threads, ...(isa && { isa }) });
  const { info } = embedder;
  return {
    name: `lode, ${info.dtype}, ${info.isa}, ${info.wasm}`,
    async embed(texts) {
      const { vectors, dim } = await embedder.embed(texts);
      return texts.map((_, i) => vectors.subarray(i * dim, (i + 1) * dim));
    },
    memory: () => embedder.memory(),
    close: () => embedder.dispose(),
  };
}
