// llama.cpp by wllama: one text a call is what it offers, in a worker of its own.
export async function open({ file, threads, version }) {
  const { Wllama, LoggerWithoutDebug } = await import("/npm/@wllama/wllama/esm/index.min.js");
  const wllama = new Wllama(
    { default: new URL("/npm/@wllama/wllama/esm/wasm/wllama.wasm", location.href).href },
    { suppressNativeLog: true, logger: LoggerWithoutDebug },
  );
  await wllama.loadModelFromUrl(new URL(file, location.href).href, {
    embeddings: true,
    pooling_type: "mean",
    n_ctx: 512,
    n_batch: 512,
    n_ubatch: 512,
    n_parallel: 1,
    n_threads: threads,
    n_gpu_layers: 0,
    warmup: false,
  });
  async function one(text) {
    const { embedding } = (await wllama.createEmbedding({ input: text })).data[0];
    const norm = Math.sqrt(embedding.reduce((sum, x) => sum + x * x, 0));
    return embedding.map((x) => x / norm);
  }
  return {
    name: `wllama ${version}, q8_0`,
    async embed(texts) {
      const rows = [];
      for (const text of texts) rows.push(await one(text));
      return rows;
    },
    close: () => wllama.exit(),
  };
}
