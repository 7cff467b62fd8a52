interface Tensor {
  data: Float32Array;
}
type Pipeline = (texts: string[], options: object) => Promise<Tensor>;
interface Message {
  id: number;
  op: 'open' | 'embed';
  base: string;
  model: string;
  dtype: string;
  threads: number;
  texts: string[];
}

let extract: Pipeline | undefined;

async function open({base, model, dtype, threads}: Message): Promise<void> {
  const {pipeline, env} = await import(/* @vite-ignore */ new URL('peers/transformers.min.js', base).href);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = new URL('peers/models/', base).pathname; // of whole addresses it does not find the tokenizer
  env.backends.onnx.wasm.wasmPaths = new URL('peers/ort/', base).href;
  env.backends.onnx.wasm.numThreads = threads;
  extract = await pipeline('feature-extraction', model, {device: 'wasm', dtype});
}

globalThis.onmessage = async ({data}: MessageEvent<Message>) => {
  const {id} = data;
  try {
    if (data.op === 'open') await open(data);
    else await extract!(data.texts, {pooling: 'mean', normalize: true});
    postMessage({id});
  } catch (error) {
    postMessage({id, error: String(error)});
  }
};
