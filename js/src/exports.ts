export type {Embedder, StreamedEmbedding} from './embedder.ts';
export type {Embeddings} from './embeddings.ts';
export {LodeError, type LodeErrorCode} from './errors.ts';
export {similarity} from './similarity.ts';
export type {
  CacheOptions, Candidate, EmbedOptions, EmbedderOptions, FileSource, LoadProgress, ModelInfo,
  ModelSource, SelfTest, Text, TextReport, TokenizeOptions, Tokens, WasmName, WasmSource,
} from './types.ts';
