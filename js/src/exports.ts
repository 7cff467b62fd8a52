export type {Embedder} from './embedder.ts';
export type {StreamedEmbedding} from './texts.ts';
export type {Embeddings} from './embeddings.ts';
export {LodeError, type LodeErrorCode} from './errors.ts';
export type {AddOptions, Index} from './collection/index.ts';
export type {
  EntryOptions, IndexDocument, IndexEntry, IndexEntryList, IndexInfo, IndexPassage, IndexProgress, IndexReport,
  IndexSource, ListOptions, OpenIndexOptions, SearchOptions, SearchResult, SearchResults, TextRange,
} from './collection/types.ts';
export {similarity} from './similarity.ts';
export type {
  CacheOptions, CachedFile, Candidate, EmbedOptions, EmbedderOptions, FileSource, LoadProgress, ModelCache,
  ModelInfo, ModelSource, SelfTest, Text, TextReport, TokenizeOptions, Tokens, WasmName, WasmSource,
} from './types.ts';
