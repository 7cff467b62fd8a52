// Made by tools/make_js_abi.mjs from include/lode.h: do not edit.

/* Sizes and places of fields, in bytes, in wasm32. */
export const enum lode_error {
  sizeof = 408,
  code = 0,
  item = 8,
  pos = 16,
  text = 24,
}
export const enum lode_text {
  sizeof = 8,
  data = 0,
  size = 4,
}
export const enum lode_file_data {
  sizeof = 12,
  name = 0,
  data = 4,
  size = 8,
}
export const enum lode_model_options {
  sizeof = 36,
  struct_size = 0,
  dtype = 4,
  isa = 8,
  compensate = 12,
  progress = 16,
  progress_context = 20,
  verify = 24,
  backend = 28,
  move_later = 32,
}
export const enum lode_model_info {
  sizeof = 128,
  struct_size = 0,
  architecture = 4,
  dtype = 8,
  isa = 12,
  backend = 16,
  device = 20,
  dispatches = 24,
  pooling = 32,
  dim = 40,
  full_dim = 48,
  token_dim = 56,
  max_tokens = 64,
  vocab_size = 72,
  layers = 80,
  heads = 88,
  parameters = 96,
  weight_bytes = 104,
  prompt_count = 112,
  default_prompt = 120,
  normalized = 124,
}
export const enum lode_candidate {
  sizeof = 48,
  dtype = 0,
  backend = 4,
  passed = 8,
  chosen = 12,
  least_cosine = 16,
  seconds = 24,
  one_seconds = 32,
  reason = 40,
}
export const enum lode_self_test_result {
  sizeof = 40,
  struct_size = 0,
  texts = 8,
  least_cosine = 16,
  mean_cosine = 24,
  seconds = 32,
}
export const enum lode_tokenize_options {
  sizeof = 32,
  struct_size = 0,
  no_special = 4,
  no_truncation = 8,
  max_tokens = 16,
  utf8 = 24,
}
export const enum lode_tokens {
  sizeof = 48,
  count = 0,
  ids = 4,
  type_ids = 8,
  special = 12,
  pieces = 16,
  byte_start = 20,
  byte_end = 24,
  char_start = 28,
  char_end = 32,
  left_out = 40,
}
export const enum lode_context_options {
  sizeof = 8,
  struct_size = 0,
  threads = 4,
}
export const enum lode_text_report {
  sizeof = 24,
  tokens = 0,
  left_out = 8,
  windows = 16,
  replaced = 20,
}
export const enum lode_embed_options {
  sizeof = 40,
  struct_size = 0,
  prompt_name = 4,
  prompt = 8,
  dims = 16,
  normalize = 24,
  long_text = 28,
  utf8 = 32,
  reports = 36,
}
export const enum lode_profile_row {
  sizeof = 64,
  name = 0,
  in = 8,
  out = 16,
  calls = 24,
  input_seconds = 32,
  seconds = 40,
  norm_seconds = 48,
  flops = 56,
}
export const enum lode_index_options {
  sizeof = 32,
  struct_size = 0,
  access = 4,
  model = 8,
  model_name = 12,
  threads = 16,
  vectors = 20,
  chunk_tokens = 24,
}
export const enum lode_index_info {
  sizeof = 64,
  struct_size = 0,
  model = 4,
  vectors = 8,
  dim = 16,
  documents = 24,
  chunks = 32,
  file_bytes = 40,
  free_bytes = 48,
  source_count = 56,
}
export const enum lode_index_document {
  sizeof = 48,
  id = 0,
  content = 8,
  format = 16,
  charset = 20,
  title = 24,
  language = 28,
  metadata = 32,
  modified_ns = 40,
}
export const enum lode_index_progress {
  sizeof = 48,
  documents = 0,
  total_documents = 8,
  bytes = 16,
  total_bytes = 24,
  chunks_embedded = 32,
  tokens_embedded = 40,
}
export const enum lode_index_watcher {
  sizeof = 12,
  user = 0,
  progress = 4,
  skipped = 8,
}
export const enum lode_index_report {
  sizeof = 64,
  added = 0,
  updated = 8,
  unchanged = 16,
  removed = 24,
  skipped = 32,
  chunks = 40,
  embedded = 48,
  tokens = 56,
}
export const enum lode_index_paths_options {
  sizeof = 32,
  struct_size = 0,
  hidden = 4,
  no_ignore = 8,
  follow = 12,
  max_bytes = 16,
  site = 24,
}
export const enum lode_index_search_options {
  sizeof = 64,
  struct_size = 0,
  mode = 4,
  limit = 8,
  offset = 16,
  by_chunk = 24,
  typing = 28,
  all = 32,
  paths = 36,
  path_count = 40,
  filters = 44,
  filter_count = 48,
  passages = 56,
}
export const enum lode_range {
  sizeof = 8,
  begin = 0,
  end = 4,
}
export const enum lode_result {
  sizeof = 96,
  id = 0,
  title = 4,
  heading = 8,
  anchor = 12,
  metadata = 16,
  text = 20,
  source_begin = 24,
  source_end = 32,
  snippet = 40,
  marks = 48,
  mark_count = 52,
  score = 56,
  cosine = 64,
  keyword = 72,
  url = 80,
  title_marks = 84,
  title_mark_count = 88,
}
export const enum lode_results {
  sizeof = 32,
  count = 0,
  list = 4,
  total = 8,
  total_at_least = 16,
  relevant = 20,
  correction = 24,
  mode = 28,
}
export const enum lode_index_chunk {
  sizeof = 40,
  range = 0,
  source_begin = 8,
  source_end = 16,
  heading = 24,
  anchor = 28,
  vector = 32,
}
export const enum lode_index_entry {
  sizeof = 64,
  id = 0,
  title = 4,
  url = 8,
  metadata = 12,
  format = 16,
  language = 20,
  bytes = 24,
  modified_ns = 32,
  text_bytes = 40,
  chunk_count = 48,
  text = 56,
  chunks = 60,
}
export const enum lode_index_entries {
  sizeof = 12,
  count = 0,
  list = 4,
  more = 8,
}
export const enum lode_site_options {
  sizeof = 20,
  struct_size = 0,
  root = 4,
  base = 8,
  model = 12,
  keyword_only = 16,
}
export const enum lode_site_report {
  sizeof = 96,
  documents = 0,
  files = 8,
  written = 16,
  removed = 24,
  boot_bytes = 32,
  table_bytes = 40,
  term_bytes = 48,
  position_bytes = 56,
  lexicon_bytes = 64,
  text_bytes = 72,
  vector_bytes = 80,
  near_bytes = 88,
}
export const enum lode_site_info {
  sizeof = 48,
  struct_size = 0,
  documents = 8,
  chunks = 16,
  base = 24,
  model = 28,
  dim = 32,
  languages = 40,
}

export const enum lode_long_policy {
  LODE_LONG_TRUNCATE = 0,
  LODE_LONG_CHUNK = 1,
  LODE_LONG_ERROR = 2,
}
export const enum lode_utf8_policy {
  LODE_UTF8_ERROR = 0,
  LODE_UTF8_REPLACE = 1,
}
export const enum lode_normalize {
  LODE_NORMALIZE_MODEL = 0,
  LODE_NORMALIZE_ON = 1,
  LODE_NORMALIZE_OFF = 2,
}
export const enum lode_index_access {
  LODE_INDEX_READ = 0,
  LODE_INDEX_WRITE = 1,
  LODE_INDEX_CREATE = 2,
}
export const enum lode_index_mode {
  LODE_INDEX_HYBRID = 0,
  LODE_INDEX_KEYWORD = 1,
  LODE_INDEX_SEMANTIC = 2,
}
export const enum lode_index_parts {
  LODE_INDEX_TEXT = 1,
  LODE_INDEX_CHUNKS = 2,
  LODE_INDEX_VECTORS = 4,
}
export const enum lode_status {
  LODE_OK = 0,
  LODE_E_ARG = 1,
  LODE_E_NOMEM = 2,
  LODE_E_IO = 3,
  LODE_E_NOT_FOUND = 4,
  LODE_E_FORMAT = 5,
  LODE_E_UNSUPPORTED = 6,
  LODE_E_UTF8 = 7,
  LODE_E_SPACE = 8,
  LODE_E_TOO_LONG = 9,
  LODE_E_CANCELLED = 10,
  LODE_E_BUSY = 11,
  LODE_E_DEVICE = 12,
}
