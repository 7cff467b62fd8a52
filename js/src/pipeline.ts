/* The call shape that users of Transformers.js have, for what lode computes. */
import type {CreateEmbedder} from './create.ts';
import type {Embedder} from './embedder.ts';
import {LodeError, badArgument} from './errors.ts';
import type {EmbedderOptions, LoadProgress, ModelSource} from './types.ts';

/** What pipelines give: as much of a Transformers.js tensor as vectors need. */
export class Tensor {
  readonly type = 'float32';
  readonly dims: number[];
  readonly data: Float32Array;

  constructor(data: Float32Array, dims: number[]) {
    this.data = data;
    this.dims = dims;
  }

  get size(): number {
    return this.data.length;
  }

  /** Nested arrays. */
  tolist(): number[][] | number[][][] {
    const [rows = 0, columns = 0, inner] = this.dims;
    const row = (i: number, n: number) => Array.from(this.data.subarray(i * n, (i + 1) * n));
    if (inner === undefined) return Array.from({length: rows}, (_, i) => row(i, columns));
    return Array.from({length: rows}, (_, i) =>
      Array.from({length: columns}, (_unused, j) => row(i * columns + j, inner)));
  }
}

export interface PipelineOptions extends Omit<EmbedderOptions, 'dtype' | 'onProgress'> {
  /** "fp32"; "q8", "int8", "uint8"; "auto". Default: as the model's weights are stored. */
  dtype?: string;
  /** true: as dtype "q8". */
  quantized?: boolean;
  /** Only "wasm" and "cpu", which are the same. */
  device?: string;
  progress_callback?: (progress: {
    status: 'progress' | 'ready'; file?: string; loaded?: number; total?: number;
    progress?: number;
  }) => void;
}

export interface FeatureExtractionOptions {
  /** "none" (default): a row for every token; else what the model's files ask for. */
  pooling?: 'none' | 'mean' | 'cls';
  /** Unit length. Default: false. */
  normalize?: boolean;
  signal?: AbortSignal;
}

export interface FeatureExtractionPipeline {
  (texts: string | string[], options?: FeatureExtractionOptions): Promise<Tensor>;
  readonly embedder: Embedder;
  dispose(): Promise<void>;
}

const DTYPES: Record<string, EmbedderOptions['dtype']> = {
  fp32: 'f32', f32: 'f32', q8: 'int8', int8: 'int8', uint8: 'int8', auto: 'auto',
};

function unsupported(message: string): LodeError {
  return new LodeError('LODE_E_UNSUPPORTED', message);
}

function embedderOptions(options: PipelineOptions): EmbedderOptions {
  const {dtype, quantized, device, progress_callback: callback, ...rest} = options;
  if (device !== undefined && device !== 'wasm' && device !== 'cpu') {
    throw unsupported(`device "${device}": only wasm`);
  }
  const name = dtype ?? (quantized === true ? 'q8' : undefined);
  if (name !== undefined && !Object.hasOwn(DTYPES, name)) {
    throw unsupported(`dtype "${name}": only ${Object.keys(DTYPES).join(', ')}`);
  }
  const onProgress = callback && (({loaded, total, file}: LoadProgress) => callback({
    status: 'progress', file, loaded, total, progress: total ? (100 * loaded) / total : undefined,
  }));
  return {...rest, dtype: name === undefined ? undefined : DTYPES[name], onProgress};
}

/** Rows of tokens, filled up with zeros to the longest text, as Transformers.js gives them. */
async function tokenRows(embedder: Embedder, texts: string[],
  options: FeatureExtractionOptions): Promise<Tensor> {
  const {normalize = false, signal} = options;
  const rows = await embedder.embedTokens(texts, {normalize, signal});
  const dim = embedder.info.tokenDim;
  const longest = Math.max(0, ...rows.map(({length}) => length));
  const data = new Float32Array(texts.length * longest);
  rows.forEach((row, i) => data.set(row, i * longest));
  return new Tensor(data, [texts.length, longest / dim, dim]);
}

async function extract(embedder: Embedder, texts: string[],
  options: FeatureExtractionOptions): Promise<Tensor> {
  const {pooling = 'none', normalize = false, signal} = options;
  if (pooling === 'none') return tokenRows(embedder, texts, options);
  // The model's own modules decide; another pooling than theirs would be another model.
  if (pooling !== embedder.info.pooling) {
    throw unsupported(`pooling "${pooling}": this model's files ask for "${embedder.info.pooling}"`);
  }
  const {vectors, dim} = await embedder.embed(texts, {normalize, signal});
  return new Tensor(vectors, [texts.length, dim]);
}

export type Pipeline = (task: string, model: ModelSource,
  options?: PipelineOptions) => Promise<FeatureExtractionPipeline>;

/** pipeline, for a platform. */
export function pipelineFactory(createEmbedder: CreateEmbedder): Pipeline {
  return async (task, model, options = {}) => {
    if (task !== 'feature-extraction' && task !== 'embeddings') {
      throw unsupported(`task "${task}": only "feature-extraction"`);
    }
    const embedder = await createEmbedder(model, embedderOptions(options));
    options.progress_callback?.({status: 'ready'});
    const call = async (texts: string | string[], how: FeatureExtractionOptions = {}) => {
      const list = typeof texts === 'string' ? [texts] : texts;
      if (!Array.isArray(list)) throw badArgument('texts: is neither a text nor an array of texts');
      return extract(embedder, list, how);
    };
    return Object.assign(call, {embedder, dispose: () => embedder.dispose()});
  };
}
