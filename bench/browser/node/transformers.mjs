// Transformers.js as its documentation shows it: in Node that is onnxruntime-node, native code on the
// main thread. Its package for Node has no WebAssembly (device "wasm" is refused).
import { pathToFileURL } from "node:url";

export async function open({ modules, models, dtype, maxTokens, threads, version }) {
  const entry = `${modules}/@huggingface/transformers/dist/transformers.node.mjs`;
  const { pipeline, env } = await import(pathToFileURL(entry));
  env.allowRemoteModels = false;
  env.localModelPath = `${models}/`;
  const extract = await pipeline("feature-extraction", `minilm-${maxTokens}`, {
    device: "cpu",
    dtype,
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    name: `Transformers.js ${version}, ${dtype}, onnxruntime-node`,
    async embed(texts) {
      const { data, dims } = await extract(texts, { pooling: "mean", normalize: true });
      return texts.map((_, i) => data.subarray(i * dims[1], (i + 1) * dims[1]));
    },
    close: () => extract.dispose(),
  };
}
