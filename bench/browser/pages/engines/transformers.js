// Transformers.js as its documentation shows it, on WebAssembly or WebGPU. It works on the page's
// main thread, and with more than one thread only where the page is cross-origin isolated.
export async function open({ dtype, maxTokens, threads, version, gpu }) {
  const { pipeline, env } = await import("/npm/@huggingface/transformers/dist/transformers.min.js");
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/models/";
  env.backends.onnx.wasm.wasmPaths = "/npm/onnxruntime-web/dist/";
  env.backends.onnx.wasm.numThreads = threads;
  const extract = await pipeline("feature-extraction", `minilm-${maxTokens}`, {
    device: gpu ? "webgpu" : "wasm",
    dtype,
  });
  return {
    name: `Transformers.js ${version}, ${dtype}${gpu ? ", webgpu" : ""}`,
    async embed(texts) {
      const { data, dims } = await extract(texts, { pooling: "mean", normalize: true });
      return texts.map((_, i) => data.subarray(i * dims[1], (i + 1) * dims[1]));
    },
    close: () => extract.dispose(),
  };
}
