// lode by its package, as a page uses it: the engine in a worker, the module beside the package.
// `inline`: in the page itself, where what it asks of a GPU can be counted.
export async function open({ model, threads, isa, gpu, inline }) {
  const { createEmbedder } = await import("/lode/dist/index.js");
  const embedder = await createEmbedder(model, {
    threads,
    ...(isa && { isa }),
    ...(gpu && { backend: "webgpu" }),
    ...(inline && { mode: "inline" }),
  });
  const { info } = embedder;
  return {
    name: `lode, ${info.dtype}, ${gpu ? info.device : info.isa}, ${info.wasm}`,
    async embed(texts) {
      const { vectors, dim } = await embedder.embed(texts);
      return texts.map((_, i) => vectors.subarray(i * dim, (i + 1) * dim));
    },
    close: () => embedder.dispose(),
  };
}
