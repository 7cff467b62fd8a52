/// lode: text embeddings in C. The only public header.
///
/// Conventions
///   Texts are UTF-8 byte ranges, not NUL-terminated, borrowed during the call.
///   Vectors are row-major float32, caller-owned.
///   Every function that can fail returns a lode_status and, where `err` is not
///   NULL, fills *err. On failure outputs are untouched and nothing leaks.
///   Freeing NULL is fine. The library never prints, aborts or keeps global state.
///   Option structs are made with their _INIT macro; zero fields mean "default".
///
/// Threads
///   A lode_model is immutable once open: share it between any number of threads.
///   A lode_context belongs to one thread at a time; make one per thread.
#ifndef LODE_H
#define LODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define LODE_API
#else
#define LODE_API __attribute__((visibility("default")))
#endif

#define LODE_VERSION_MAJOR 0
#define LODE_VERSION_MINOR 1
#define LODE_VERSION_PATCH 0

/// "major.minor.patch" of the library that is linked, which may differ from the header's.
LODE_API const char *lode_version(void);

// ---------------------------------------------------------------- status and errors

/// X(name, value, meaning): the one list of status codes. Values never change.
#define LODE_STATUS_LIST(X)                            \
  X(OK, 0, "success")                                  \
  X(E_ARG, 1, "invalid argument")                      \
  X(E_NOMEM, 2, "out of memory")                       \
  X(E_IO, 3, "input or output error")                  \
  X(E_NOT_FOUND, 4, "not found")                       \
  X(E_FORMAT, 5, "malformed file")                     \
  X(E_UNSUPPORTED, 6, "not supported")                 \
  X(E_UTF8, 7, "invalid UTF-8")                        \
  X(E_SPACE, 8, "output buffer too small")             \
  X(E_TOO_LONG, 9, "text longer than the model takes") \
  X(E_CANCELLED, 10, "cancelled")                      \
  X(E_BUSY, 11, "in use by another process")           \
  X(E_DEVICE, 12, "the GPU failed")

typedef enum lode_status {
#define LODE_STATUS_ENUM_(name, value, meaning) LODE_##name = value,
  LODE_STATUS_LIST(LODE_STATUS_ENUM_)
#undef LODE_STATUS_ENUM_
} lode_status;

/// The detail behind a status. `text` names the file, the field and the reason.
typedef struct lode_error {
  lode_status code;
  int64_t item;    ///< index of the text, tensor or row at fault; -1: none
  int64_t pos;     ///< byte position in that item or file; -1: none
  char text[384];  ///< NUL-terminated, one line, never empty on failure
} lode_error;

/// "LODE_E_UTF8"; "LODE_E_?" for a value not in the list. Static storage.
LODE_API const char *lode_status_name(lode_status status);
/// "invalid UTF-8". Static storage.
LODE_API const char *lode_status_text(lode_status status);

// ---------------------------------------------------------------- texts

typedef struct lode_text {
  const char *data;
  size_t size;  ///< bytes
} lode_text;

/// What becomes of a text with more tokens than the model takes.
typedef enum lode_long_policy {
  LODE_LONG_TRUNCATE = 0,  ///< keep the beginning; reported per text
  LODE_LONG_CHUNK = 1,     ///< overlapping windows, vectors averaged by their token counts
  LODE_LONG_ERROR = 2,     ///< LODE_E_TOO_LONG
} lode_long_policy;

typedef enum lode_utf8_policy {
  LODE_UTF8_ERROR = 0,    ///< LODE_E_UTF8 with item and byte
  LODE_UTF8_REPLACE = 1,  ///< each maximal ill-formed part becomes U+FFFD
} lode_utf8_policy;

// ---------------------------------------------------------------- models

typedef struct lode_model lode_model;

/// A file of a model that is already in memory, named as in the model's directory
/// ("config.json", "1_Pooling/config.json"). Must outlive the model.
typedef struct lode_file_data {
  const char *name;
  const void *data;
  size_t size;
} lode_file_data;

/// Told how far long work has come, `done` of `total`, on the calling thread. Returns 0, or
/// anything else to end the work with LODE_E_CANCELLED.
typedef int lode_progress_fn(void *context, int64_t done, int64_t total);

typedef struct lode_model_options {
  size_t struct_size;  ///< set by LODE_MODEL_OPTIONS_INIT
  const char *dtype;   ///< "f32", "bf16", "int8"; "f16": a GPU's products; "auto": whichever is
                       ///< fastest here and passes the self-test, of all but f16; NULL: as the
                       ///< weights are stored, halves as f32. A static model's table may be "f32",
                       ///< "int8" or "int4", which is for its size; "auto" leaves it as it is
  const char *isa;     ///< cap: "ref", "avx2", "avx512", "amx", "neon", "simd128", "relaxed"; NULL:
                       ///< $LODE_ISA, else the best
  int32_t compensate;  ///< 1: where weights become int8 now, their roundings make up for each other
                       ///< (GPTQ): nearer to f32, after seconds of work on all CPUs, minutes for a
                       ///< large model. For lode_model_save. 0: each to the nearest
  lode_progress_fn *progress;  ///< of that work; NULL: none
  void *progress_context;
  int32_t verify;  ///< 1: compare all bytes of a bundle with the digests in it, which takes longer
                   ///< than the rest of opening it
  const char *backend;  ///< NULL or "cpu"; "webgpu": a GPU, or LODE_E_UNSUPPORTED with the reason;
                        ///< "auto": a GPU if there is one, it passes the self-test and is faster,
                        ///< and the CPU where it fails later
  int32_t move_later;  ///< 1: opening leaves the model on the CPU, in f32 where dtype is "f16", for
                       ///< lode_model_move_begin to take it to the backend
} lode_model_options;
#define LODE_MODEL_OPTIONS_INIT {sizeof(lode_model_options), NULL, NULL, 0, NULL, NULL, 0, NULL, 0}

/// Open a Hugging Face / sentence-transformers or Model2Vec directory, or a bundle, the one file
/// that lode_model_save writes. `options` may be NULL.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_NOMEM, LODE_E_IO, LODE_E_NOT_FOUND,
/// LODE_E_FORMAT or LODE_E_UNSUPPORTED; with backend "webgpu" also LODE_E_DEVICE.
LODE_API lode_status lode_model_open(const char *path, const lode_model_options *options,
                                     lode_model **out, lode_error *err);
/// The same from `n` files in memory, or from one whose name ends in ".lode-model". A file inside
/// the caller's own program will do: where its bytes are aligned to 8, they are read where they
/// lie.
LODE_API lode_status lode_model_open_memory(const lode_file_data *files, size_t n,
                                            const lode_model_options *options, lode_model **out,
                                            lode_error *err);
/// Every context made from the model must be freed first.
LODE_API void lode_model_free(lode_model *model);

/// A bundle that is opened while its bytes arrive: what is there is checked and made ready for
/// computing, so that little is left to do after the last byte. One thread at a time.
typedef struct lode_model_stream lode_model_stream;

/// size     bytes of the whole bundle
/// options  as for lode_model_open; its strings and callback must live until the stream is freed
/// Returns LODE_OK, LODE_E_ARG or LODE_E_NOMEM.
LODE_API lode_status lode_model_stream_new(size_t size, const lode_model_options *options,
                                           lode_model_stream **out, lode_error *err);
/// Where the next bytes go, and *room, how many there can be; 0: all are there.
LODE_API void *lode_model_stream_buffer(lode_model_stream *stream, size_t *room);
/// The next `n` bytes are in the buffer. What lode_model_open returns, as soon as it is known; then
/// the stream can only be freed.
LODE_API lode_status lode_model_stream_arrived(lode_model_stream *stream, size_t n,
                                               lode_error *err);
/// The model, which has the bytes from now on; the stream is freed, also on failure. LODE_E_FORMAT
/// where some have not arrived.
LODE_API lode_status lode_model_stream_finish(lode_model_stream *stream, lode_model **out,
                                              lode_error *err);
/// To give up.
LODE_API void lode_model_stream_free(lode_model_stream *stream);

/// What a model is. Strings live as long as the model.
typedef struct lode_model_info {
  size_t struct_size;        ///< set by LODE_MODEL_INFO_INIT before the call
  const char *architecture;  ///< "bert", "roberta", "distilbert", "static"
  const char *dtype;         ///< what linear layers multiply: "f32", "bf16", "int8"; of a static
                             ///< model what its table is made of: "f32", "int8", "int4"
  const char *isa;           ///< "avx512"
  const char *backend;       ///< "cpu", "webgpu": what is used now
  const char *device;        ///< the GPU's name; NULL: the CPU
  int64_t dispatches;        ///< of a GPU: programs that it runs for a batch; else 0
  const char *pooling;       ///< "mean", "cls+max"
  int64_t dim;               ///< floats in a vector
  int64_t full_dim;          ///< more than dim where the model's files cut vectors (truncate_dim)
  int64_t token_dim;         ///< floats in a token's row (lode_embed_tokens)
  int64_t max_tokens;        ///< per text, special tokens included; 2^31 - 1: no limit
  int64_t vocab_size;
  int64_t layers;
  int64_t heads;
  int64_t parameters;          ///< weights that the program uses
  int64_t weight_bytes;        ///< as prepared for the backend
  int64_t prompt_count;        ///< see lode_model_prompt
  const char *default_prompt;  ///< name, or NULL
  int32_t normalized;          ///< 1: vectors have unit length, as the model's files ask
} lode_model_info;
#define LODE_MODEL_INFO_INIT \
  {sizeof(lode_model_info),  \
   NULL,                     \
   NULL,                     \
   NULL,                     \
   NULL,                     \
   NULL,                     \
   0,                        \
   NULL,                     \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   0,                        \
   NULL,                     \
   0}

LODE_API lode_status lode_model_get_info(const lode_model *model, lode_model_info *info);

/// A dtype or a backend that "auto" tried. Strings live as long as the model.
typedef struct lode_candidate {
  const char *dtype;
  const char *backend;
  int32_t passed;       ///< 1: near enough to f32 in the self-test
  int32_t chosen;       ///< 1 for one of them
  double least_cosine;  ///< of the self-test's vectors to those of f32
  double seconds;       ///< for the self-test's texts, by one thread, or, of those that a backend
                        ///< was chosen among, by all; 0: not measured, since one took too long
  double one_seconds;   ///< for the first of them alone; 0: not measured
  const char *reason;   ///< why it was not taken, or, of the chosen one, why it is no longer used;
                        ///< NULL: none that the numbers do not tell
} lode_candidate;

/// What the choice of dtype "auto" and backend "auto" was made from: candidate `i`, from 0 on.
/// LODE_E_ARG past the last; a model that was opened with a dtype and a backend of its own has
/// none.
LODE_API lode_status lode_model_get_candidate(const lode_model *model, int64_t i,
                                              lode_candidate *out);
/// Floats in a vector of this model.
LODE_API int64_t lode_model_dim(const lode_model *model);
/// The model's prompt number `i` (0 .. prompt_count - 1): name and text.
LODE_API lode_status lode_model_prompt(const lode_model *model, int64_t i, const char **name,
                                       lode_text *text);

/// Takes `size` bytes, all of them, in order. Returns 0, or anything else to end the writing.
typedef int lode_write_fn(void *context, const void *data, size_t size);

/// Write an open model as one file (a bundle), in the dtype that it computes in: a quarter of
/// the size in "int8", of a static model an eighth in "int4". lode_model_open takes it like a
/// directory, and gives the same vectors. Returns LODE_OK, LODE_E_NOMEM, LODE_E_IO (also when
/// `write` ended it), or what reading the model's files again can give. What was written before a
/// failure is worth nothing.
LODE_API lode_status lode_model_save(const lode_model *model, lode_write_fn *write, void *context,
                                     lode_error *err);

/// How near a model comes to what it should compute: the cosines of its vectors for some texts
/// to those that were computed in f32.
typedef struct lode_self_test_result {
  size_t struct_size;  ///< set by LODE_SELF_TEST_RESULT_INIT before the call
  int64_t texts;
  double least_cosine;
  double mean_cosine;
  double seconds;  ///< for all texts, by one thread
} lode_self_test_result;
#define LODE_SELF_TEST_RESULT_INIT {sizeof(lode_self_test_result), 0, 0, 0, 0}

/// Compare every byte of a bundle with its digests; a directory has none, and passes. Then
/// compute the self-test, which a bundle has in it (a directory's is computed now).
/// Returns LODE_OK, whatever the cosines are; LODE_E_FORMAT with the name of what is damaged;
/// LODE_E_NOMEM.
LODE_API lode_status lode_model_verify(const lode_model *model, lode_self_test_result *out,
                                       lode_error *err);

/// Work in steps, for a thread that must not be blocked while a GPU computes, as a page's. It
/// belongs to one thread at a time.
typedef struct lode_work lode_work;

/// Go on as far as it gets now; with `wait` that is its end, but in WebAssembly, where nobody can
/// wait for a GPU. *done: that was its end; then, or after a failure, it can only be freed. Returns
/// what the work does, or LODE_E_ARG.
LODE_API lode_status lode_work_poll(lode_work *work, int32_t wait, int32_t *done, lode_error *err);
/// Before the model is; before its end, to give up.
LODE_API void lode_work_free(lode_work *work);

/// What lode_model_options.backend does, "webgpu" or "auto", to an open model on the CPU, in steps,
/// as WebAssembly has to (move_later). Until the end, and after a failure, it computes on the CPU,
/// and its contexts may be used between polls, on this thread alone; under "webgpu" there must be
/// none yet. Returns LODE_OK, LODE_E_ARG (also where it has left the CPU before), LODE_E_NOMEM;
/// with "webgpu", here or from lode_work_poll, LODE_E_UNSUPPORTED, LODE_E_FORMAT, LODE_E_DEVICE.
LODE_API lode_status lode_model_move_begin(lode_model *model, const char *backend, lode_work **work,
                                           lode_error *err);
/// lode_model_verify in steps; *out is written at the end.
LODE_API lode_status lode_model_verify_begin(const lode_model *model, lode_self_test_result *out,
                                             lode_work **work, lode_error *err);

// ---------------------------------------------------------------- tokens

typedef struct lode_tokenize_options {
  size_t struct_size;
  int32_t no_special;     ///< 1: leave out [CLS], [SEP] and the like
  int32_t no_truncation;  ///< 1: all tokens, however many
  int64_t max_tokens;     ///< 0: the model's
  lode_utf8_policy utf8;
} lode_tokenize_options;
#define LODE_TOKENIZE_OPTIONS_INIT {sizeof(lode_tokenize_options), 0, 0, 0, LODE_UTF8_ERROR}

/// One text's tokens. Arrays have `count` elements and live until lode_tokens_free.
typedef struct lode_tokens {
  size_t count;
  int32_t *ids;
  int32_t *type_ids;    ///< segment: 0, or 1 for the second of a pair
  uint8_t *special;     ///< 1: added by the template
  const char **pieces;  ///< the vocabulary's entry, NUL-terminated; lives as long as the model
  uint64_t
      *byte_start;  ///< in the text (LODE_UTF8_REPLACE: as repaired); both 0 for special tokens
  uint64_t *byte_end;
  uint64_t *char_start;  ///< the same in code points
  uint64_t *char_end;
  uint64_t left_out;  ///< tokens that truncation dropped
} lode_tokens;

/// Tokenize one text, or a pair when `pair` is not NULL. `options` may be NULL.
LODE_API lode_status lode_tokenize(const lode_model *model, lode_text text, const lode_text *pair,
                                   const lode_tokenize_options *options, lode_tokens *out,
                                   lode_error *err);
/// Frees the arrays and zeroes *tokens.
LODE_API void lode_tokens_free(lode_tokens *tokens);

// ---------------------------------------------------------------- embedding

typedef struct lode_context lode_context;

typedef struct lode_context_options {
  size_t struct_size;
  int32_t threads;  ///< 0: as many as this process may run on
} lode_context_options;
#define LODE_CONTEXT_OPTIONS_INIT {sizeof(lode_context_options), 0}

/// A context owns its threads and its workspace, which grows to the largest call so far:
/// a call no larger than an earlier one allocates nothing. `options` may be NULL.
LODE_API lode_status lode_context_new(const lode_model *model, const lode_context_options *options,
                                      lode_context **out, lode_error *err);
LODE_API void lode_context_free(lode_context *ctx);

/// What was done with one text.
typedef struct lode_text_report {
  int64_t tokens;    ///< computed, special tokens and prompt included
  int64_t left_out;  ///< tokens that truncation dropped
  int32_t windows;   ///< more than 1 under LODE_LONG_CHUNK
  int32_t replaced;  ///< ill-formed parts replaced under LODE_UTF8_REPLACE
} lode_text_report;

typedef enum lode_normalize {
  LODE_NORMALIZE_MODEL = 0,  ///< as the model's files say
  LODE_NORMALIZE_ON = 1,
  LODE_NORMALIZE_OFF = 2,
} lode_normalize;

typedef struct lode_embed_options {
  size_t struct_size;
  const char *prompt_name;  ///< one of the model's prompts; NULL: its default prompt, if any
  const lode_text *prompt;  ///< this text instead; an empty text: no prompt
  int64_t dims;             ///< keep the first 1 .. full_dim, normalised again; 0: the model's dim
  lode_normalize normalize;
  lode_long_policy long_text;
  lode_utf8_policy utf8;
  lode_text_report *reports;  ///< [n], or NULL
} lode_embed_options;
#define LODE_EMBED_OPTIONS_INIT \
  {sizeof(lode_embed_options),  \
   NULL,                        \
   NULL,                        \
   0,                           \
   LODE_NORMALIZE_MODEL,        \
   LODE_LONG_TRUNCATE,          \
   LODE_UTF8_ERROR,             \
   NULL}

/// Embed `n` texts, one output row each, in their order. A text's vector does not depend
/// on the other texts of the call or on the number of threads, to the last bit.
///
/// texts    [n]; an empty text is legal. Of a static model the vector of a text without a token,
///          or, in Model2Vec's, without a known one, is zero.
/// out      [n, dims ? dims : lode_model_dim(m)], untouched on failure.
/// out_len  capacity of `out` in floats, not bytes.
/// err      optional; err->item is the text, err->pos the byte, at fault.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_UTF8, LODE_E_TOO_LONG, LODE_E_SPACE or LODE_E_NOMEM; with
/// backend "webgpu" also LODE_E_DEVICE.
LODE_API lode_status lode_embed(lode_context *ctx, const lode_text *texts, size_t n,
                                const lode_embed_options *options, float *out, size_t out_len,
                                lode_error *err);

/// The last hidden state of every token instead of one vector a text.
///
/// out        [row_start[n], token_dim]: the rows of text i are row_start[i] .. row_start[i+1]-1.
/// row_start  [n + 1], filled also when LODE_E_SPACE is returned (then out_len must be at
///            least row_start[n] * token_dim).
/// `dims` and LODE_LONG_CHUNK are refused; rows are normalised only under LODE_NORMALIZE_ON.
LODE_API lode_status lode_embed_tokens(lode_context *ctx, const lode_text *texts, size_t n,
                                       const lode_embed_options *options, float *out,
                                       size_t out_len, size_t *row_start, lode_error *err);

/// lode_embed and lode_embed_tokens in steps, for a thread that must not be blocked while a GPU
/// computes: begin, then poll until *done. A model on the CPU computes in the first poll.
///
/// begin  has read texts, prompt and row_start when it returns, and may refuse them; `out` and
///        options->reports are written by the last poll, and stay where they are until then.
/// wait   1: poll returns at the end, but in WebAssembly, where nobody can wait for a GPU.
/// Returns what the whole call does, in one or the other. A context has one call under way:
/// another is LODE_E_ARG until *done or a failure, as is a poll without one. lode_context_free ends
/// it at any time.
LODE_API lode_status lode_embed_begin(lode_context *ctx, const lode_text *texts, size_t n,
                                      const lode_embed_options *options, float *out, size_t out_len,
                                      lode_error *err);
LODE_API lode_status lode_embed_tokens_begin(lode_context *ctx, const lode_text *texts, size_t n,
                                             const lode_embed_options *options, float *out,
                                             size_t out_len, size_t *row_start, lode_error *err);
LODE_API lode_status lode_embed_poll(lode_context *ctx, int32_t wait, int32_t *done,
                                     lode_error *err);

// ---------------------------------------------------------------- profile

/// Where time went: one step of a call. The seconds of all rows together are the call's.
typedef struct lode_profile_row {
  /// "tokenize" is the first row. One for each of the model's operations follows, in their order:
  /// "embed", "qkv", "attention", "attention out", "ffn up", "ffn down", "linear" (any other),
  /// "norm", "pool", "normalize". "upload" and "read back" are a GPU's: handing a batch over, and
  /// the way from there to its vectors but for the operations (on the CPU `calls` is 0). "rest" is
  /// the last: copying, joining windows, unit length. Static storage.
  const char *name;
  int64_t in;            ///< floats in a row of its input; 0: takes tokens
  int64_t out;           ///< floats in a row of its output; 0: none
  int64_t calls;         ///< an operation is run for some rows at a time
  double input_seconds;  ///< quantizing a linear operation's input, or narrowing it to bf16
  double seconds;       ///< the operation itself; a linear one's with bias, activation and residual
  double norm_seconds;  ///< the layer norm that belongs to it
  double flops;         ///< multiplications and additions of a linear operation's or an attention's
                        ///< products, in whatever type; 0 for others
} lode_profile_row;

/// lode_embed, which also says where its time went. The vectors are the same, to the last bit.
///
/// ctx            of one thread: options.threads = 1.
/// texts, n, options, out, out_len, err   as for lode_embed.
/// rows           [capacity]
/// count          rows that there are, set also when LODE_E_SPACE is returned; the same for every
///                call with one model.
/// Returns what lode_embed does; LODE_E_ARG also for a context of more threads, LODE_E_SPACE also
/// where `rows` is too small.
LODE_API lode_status lode_embed_profile(lode_context *ctx, const lode_text *texts, size_t n,
                                        const lode_embed_options *options, float *out,
                                        size_t out_len, lode_profile_row *rows, size_t capacity,
                                        size_t *count, lode_error *err);

// ---------------------------------------------------------------- collections

/// A collection: documents cut into passages ("chunks"), their words, and their vectors, in one
/// file that grows and shrinks. One process writes at a time, any number read meanwhile and see
/// the last commit. What has been committed survives a killed process.
/// A lode_index belongs to one thread at a time; open the file again for another.
typedef struct lode_index lode_index;

typedef enum lode_index_access {
  LODE_INDEX_READ = 0,
  LODE_INDEX_WRITE = 1,   ///< the file has to be there
  LODE_INDEX_CREATE = 2,  ///< it is made if it is not
} lode_index_access;

typedef struct lode_index_options {
  size_t struct_size;
  lode_index_access access;
  /// Borrowed, and must outlive the index. NULL: only keyword search; a collection that is
  /// created without a model has no vectors, ever. Another model than that which made the
  /// collection's vectors is refused, naming both; the dtype may differ.
  const lode_model *model;
  const char *model_name;  ///< what messages call the model; NULL: its architecture
  int32_t threads;         ///< for embedding; 0: as many as this process may run on
  const char *vectors;     ///< when created: "int8" (NULL), or "f32" for four times the space
  int64_t chunk_tokens;    ///< when created: in a chunk; 0: what the model takes, at most 256
} lode_index_options;
#define LODE_INDEX_OPTIONS_INIT \
  {sizeof(lode_index_options), LODE_INDEX_READ, NULL, NULL, 0, NULL, 0}

/// path NULL: in memory, gone when it is freed; access has to be LODE_INDEX_CREATE.
/// Returns LODE_OK; LODE_E_NOT_FOUND; LODE_E_FORMAT for what is no collection, or a damaged one;
/// LODE_E_UNSUPPORTED for one of a newer version, a model that is not its own, or a library built
/// without search; LODE_E_BUSY where another process is in the way for some seconds; LODE_E_IO,
/// LODE_E_ARG, LODE_E_NOMEM. Errors begin with the path.
LODE_API lode_status lode_index_open(const char *path, const lode_index_options *options,
                                     lode_index **out, lode_error *err);
/// Not while work is under way (see lode_index_add_begin).
LODE_API void lode_index_free(lode_index *index);

/// lode_index_open in steps, for a thread that must not be blocked while a GPU computes: *out is
/// written at the end. Path and options stay where they are until the work is freed.
LODE_API lode_status lode_index_open_begin(const char *path, const lode_index_options *options,
                                           lode_index **out, lode_work **work, lode_error *err);

/// What a collection is. Strings live as long as the index.
typedef struct lode_index_info {
  size_t struct_size;
  const char *model;    ///< as it was called when the collection was made; NULL: no vectors
  const char *vectors;  ///< "int8", "f32"; NULL: none
  int64_t dim;
  int64_t documents;
  int64_t chunks;
  int64_t file_bytes;
  int64_t free_bytes;    ///< of them, that lode_index_compact would give back
  int64_t source_count;  ///< see lode_index_source
} lode_index_info;
#define LODE_INDEX_INFO_INIT {sizeof(lode_index_info), NULL, NULL, 0, 0, 0, 0, 0, 0}

LODE_API lode_status lode_index_get_info(lode_index *index, lode_index_info *info, lode_error *err);
/// Path number `i` (0 .. source_count - 1) that lode_index_add_paths was given. NULL beyond.
/// Lives until the next call with the index.
LODE_API const char *lode_index_source(lode_index *index, int64_t i);

// ---- filling it

/// A document in memory.
typedef struct lode_index_document {
  lode_text id;          ///< a path, a URL, a key: adding the same id again replaces
  lode_text content;     ///< the file's bytes
  const char *format;    ///< "markdown", "html", "rst", "text", "code"; NULL: by id and content
  const char *charset;   ///< declared outside of the document; NULL: not
  const char *title;     ///< NULL: the document's own
  const char *language;  ///< "en", "pt-BR"; NULL: the document's own, else detected
  const char *metadata;  ///< a JSON object of strings, numbers, or arrays of them, beside the
                         ///< document's own; NULL: none
  int64_t modified_ns;   ///< since 1970; 0: not known
} lode_index_document;

/// How far the work has come. Totals are -1 while they are not known.
typedef struct lode_index_progress {
  int64_t documents;  ///< read so far, whatever became of them
  int64_t total_documents;
  int64_t bytes;
  int64_t total_bytes;
  int64_t chunks_embedded;
  int64_t tokens_embedded;
} lode_index_progress;

/// What is done while work goes on. All members may be NULL.
typedef struct lode_index_watcher {
  void *user;
  /// Called often. Anything but 0 ends the work with LODE_E_CANCELLED; what has been committed
  /// stays, and the next call goes on from there.
  int (*progress)(void *user, const lode_index_progress *progress);
  /// A file, or a document, that was left out, and why: one line each. The string lives during
  /// the call.
  void (*skipped)(void *user, const char *id, const char *reason);
} lode_index_watcher;

/// What was done, added up.
typedef struct lode_index_report {
  int64_t added;
  int64_t updated;
  int64_t unchanged;
  int64_t removed;
  int64_t skipped;
  int64_t chunks;    ///< of documents added and updated
  int64_t embedded;  ///< of them; the others' vectors were there from before
  int64_t tokens;    ///< in them
} lode_index_report;

/// Add `n` documents, or replace them. Unchanged ones (same bytes, same settings) cost a digest;
/// of changed ones only changed chunks are embedded. A document that cannot be read (malformed,
/// binary) is skipped, reported, and leaves what was there under its id.
/// watcher and report may be NULL; the report is also filled on failure.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_NOMEM, LODE_E_IO, LODE_E_BUSY, LODE_E_CANCELLED.
LODE_API lode_status lode_index_add(lode_index *index, const lode_index_document *documents,
                                    size_t n, const lode_index_watcher *watcher,
                                    lode_index_report *report, lode_error *err);
/// lode_index_add in steps. Until the work is freed, which comes before the index is, all arguments
/// stay where they are, and any other call with the index is LODE_E_ARG. Freed before its end it is
/// given up: what has been committed stays, and of all else nothing is written.
LODE_API lode_status lode_index_add_begin(lode_index *index, const lode_index_document *documents,
                                          size_t n, const lode_index_watcher *watcher,
                                          lode_index_report *report, lode_work **work,
                                          lode_error *err);
/// Remove documents by id; ids that are not there count as skipped.
LODE_API lode_status lode_index_remove(lode_index *index, const lode_text *ids, size_t n,
                                       lode_index_report *report, lode_error *err);

typedef struct lode_index_paths_options {
  size_t struct_size;
  int32_t hidden;     ///< 1: also files whose names begin with a dot
  int32_t no_ignore;  ///< 1: .gitignore and .lodeignore say nothing
  int32_t follow;     ///< 1: symbolic links below a path
  int64_t max_bytes;  ///< of a file; 0: 64 MiB
  int32_t site;       ///< 1: a site's pages: HTML alone, without those that say noindex; 2: of them
                      ///< only pages with data-lode-body (or data-pagefind-body)
} lode_index_paths_options;
#define LODE_INDEX_PATHS_OPTIONS_INIT {sizeof(lode_index_paths_options), 0, 0, 0, 0, 0}

/// Make the collection agree with files and folders: new and changed files are read, files that
/// are gone are removed, all others cost a look at their size and time. The paths are kept with
/// the collection. n = 0: those of earlier calls, again. options may be NULL.
LODE_API lode_status lode_index_add_paths(lode_index *index, const char *const *paths, size_t n,
                                          const lode_index_paths_options *options,
                                          const lode_index_watcher *watcher,
                                          lode_index_report *report, lode_error *err);

/// Give back the space of what was removed or replaced.
LODE_API lode_status lode_index_compact(lode_index *index, lode_error *err);
/// Read everything and compare; LODE_E_FORMAT says what is damaged.
LODE_API lode_status lode_index_verify(lode_index *index, lode_error *err);

// ---- searching it

typedef enum lode_index_mode {
  LODE_INDEX_HYBRID = 0,    ///< both; by words alone where there is no model
  LODE_INDEX_KEYWORD = 1,   ///< by words
  LODE_INDEX_SEMANTIC = 2,  ///< by meaning: needs the model
} lode_index_mode;

typedef struct lode_index_search_options {
  size_t struct_size;
  lode_index_mode mode;
  int64_t limit;     ///< results, at most 1000; 0: 10
  int64_t offset;    ///< leave out that many of the best first: the next page; at most 10000
  int32_t by_chunk;  ///< 1: every passage by itself; 0: the best passage of each document
  int32_t typing;    ///< 1: the last word may not be whole yet
  int32_t all;       ///< 1: also what is below the threshold of relevance
  /// Only documents whose id matches one of these patterns ("docs/**", "*.md"), as in .gitignore.
  const char *const *paths;
  size_t path_count;
  /// Only documents with this metadata, "key=value" each: one of the values of each key named.
  const char *const *filters;
  size_t filter_count;
  int64_t passages;  ///< of each document, at most 100: results with one id, which follow each
                     ///< other; 0: 1. `limit` and `offset` are documents. Not with by_chunk
} lode_index_search_options;
#define LODE_INDEX_SEARCH_OPTIONS_INIT \
  {sizeof(lode_index_search_options), LODE_INDEX_HYBRID, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, 0}

/// Bytes begin .. end-1 of a result's text.
typedef struct lode_range {
  uint32_t begin;
  uint32_t end;
} lode_range;

/// A passage that was found. Strings are NUL-terminated UTF-8, without control characters but line
/// feeds and tabs in `text`.
typedef struct lode_result {
  const char *id;         ///< the document's
  const char *title;      ///< or ""
  const char *heading;    ///< that the passage is under: "Install > Linux", or ""
  const char *anchor;     ///< to link to, or ""
  const char *metadata;   ///< a JSON object of arrays of strings
  const char *text;       ///< the passage; "" for a document without text
  uint64_t source_begin;  ///< where it is in the document, in bytes of the file
  uint64_t source_end;
  lode_range snippet;       ///< the sentences of it that fit the query best
  const lode_range *marks;  ///< [mark_count] the query's words in the snippet, in order
  size_t mark_count;
  double score;     ///< larger is better; of one query's results only
  double cosine;    ///< of query and passage, -1 .. 1; 0 where meaning took no part
  double keyword;   ///< 0 .. 1: of the best that the words could give; 0: none is in it
  const char *url;  ///< the document's, as it says itself or as lode_site_write made it; or ""
  const lode_range *title_marks;  ///< [title_mark_count] the query's words in the title, in order
  size_t title_mark_count;
} lode_result;

typedef struct lode_results {
  size_t count;
  const lode_result *list;
  int64_t total;           ///< that could be paged through: documents (by_chunk: passages)
  int32_t total_at_least;  ///< 1: there may be more than `total`
  int32_t relevant;        ///< 0: nothing seems to be about the query; `list` then has what is
                           ///< nearest if `all` was asked for, and is empty otherwise
  const char *correction;  ///< the query with slips of typing mended, which was then searched
                           ///< for; NULL: as given
  lode_index_mode mode;    ///< what took part
} lode_results;

/// The passages that answer `query` best, best first. Any text is a query: "quoted phrases",
/// -words that must not be there; nothing is a syntax error. options may be NULL.
/// *out is to be freed with lode_results_free, before or after the index.
/// Returns LODE_OK (also with no result), LODE_E_ARG, LODE_E_NOMEM, LODE_E_IO, LODE_E_FORMAT for a
/// damaged file, LODE_E_BUSY; LODE_E_UNSUPPORTED for LODE_INDEX_SEMANTIC without vectors or model.
LODE_API lode_status lode_index_search(lode_index *index, lode_text query,
                                       const lode_index_search_options *options, lode_results **out,
                                       lode_error *err);
/// The same in steps: *out is written at the end. Otherwise as lode_index_add_begin.
LODE_API lode_status lode_index_search_begin(lode_index *index, lode_text query,
                                             const lode_index_search_options *options,
                                             lode_results **out, lode_work **work, lode_error *err);
/// What is most like a document of the collection, without itself: by its vectors, or where there
/// are none by its rarest words. options->mode says nothing here.
/// LODE_E_NOT_FOUND: there is no such document.
LODE_API lode_status lode_index_similar(lode_index *index, lode_text id,
                                        const lode_index_search_options *options,
                                        lode_results **out, lode_error *err);
LODE_API void lode_results_free(lode_results *results);

// ---- reading what is in it

/// What is wanted of documents beside what every lode_index_entry has: bits of one number.
typedef enum lode_index_parts {
  LODE_INDEX_TEXT = 1,     ///< their text
  LODE_INDEX_CHUNKS = 2,   ///< their passages
  LODE_INDEX_VECTORS = 4,  ///< their passages, with the vectors
} lode_index_parts;

/// A passage of a document. Passages may overlap, and need not cover the text.
typedef struct lode_index_chunk {
  lode_range range;       ///< of the document's text
  uint64_t source_begin;  ///< where it is in the document, in bytes of the file
  uint64_t source_end;
  const char *heading;  ///< that it is under: "Install > Linux", or ""
  const char *anchor;   ///< to link to, or ""
  const float *vector;  ///< [lode_index_info.dim], as the collection has it: rounded, if "int8".
                        ///< NULL: not asked for, or the collection has none
} lode_index_chunk;

/// A document as the collection has it. Strings are NUL-terminated UTF-8.
typedef struct lode_index_entry {
  const char *id;
  const char *title;     ///< or ""
  const char *url;       ///< as the document says itself, or ""
  const char *metadata;  ///< a JSON object of arrays of strings
  const char *format;    ///< "markdown", "html", "rst", "text", "code"
  const char *language;  ///< whose stems it is found by: "en"; or ""
  int64_t bytes;         ///< of the file
  int64_t modified_ns;   ///< since 1970; 0: not known
  int64_t text_bytes;
  int64_t chunk_count;
  const char *text;                ///< [text_bytes] without markup; NULL: not asked for
  const lode_index_chunk *chunks;  ///< [chunk_count] in the order of the text; NULL: not asked for
} lode_index_entry;

typedef struct lode_index_entries {
  size_t count;
  const lode_index_entry *list;
  int32_t more;  ///< 1: there are documents behind the last of the list
} lode_index_entries;

/// Documents, ordered by the bytes of their ids, of one state of the collection. The next call goes
/// on behind the last id, and misses nothing but what is written meanwhile, before it:
///
///     lode_text after = {0};
///     lode_index_list(index, after, 0, 0, &entries, …);
///     after = the id of the last of entries->list; again while entries->more
///
/// after    begin behind this id, whether it is there or not; size 0: with the first.
/// limit    documents, at most 10000; 0: 100. Of many megabytes of texts and vectors fewer
///          come; at least one always does, unless there is none.
/// parts    lode_index_parts, added up; 0: none.
/// *out     to be freed with lode_index_entries_free, before or after the index.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_NOMEM, LODE_E_IO, LODE_E_BUSY, LODE_E_FORMAT for a damaged
/// file. The model is not needed.
LODE_API lode_status lode_index_list(lode_index *index, lode_text after, int64_t limit,
                                     uint32_t parts, lode_index_entries **out, lode_error *err);
/// One document. Otherwise as lode_index_list; LODE_E_NOT_FOUND: there is no such document.
LODE_API lode_status lode_index_read(lode_index *index, lode_text id, uint32_t parts,
                                     lode_index_entries **out, lode_error *err);
LODE_API void lode_index_entries_free(lode_index_entries *entries);

// ---------------------------------------------------------------- sites

/// A sealed index: a collection as a folder of files for any static host, which a page searches by
/// fetching whole files, or any program that can read them. docs/sealed.md has the format.

typedef struct lode_site_options {
  size_t struct_size;
  /// Documents whose id begins with this path have what is behind it as their id in the site, and
  /// that, percent-encoded and without "index.html" at its end, behind `base` as their URL.
  /// NULL: ids stay, and URLs are those that documents say they have.
  const char *root;
  const char *base;      ///< "/docs/"; NULL: none, so that URLs are relative
  const char *model;     ///< what readers find the model by, such as a file's name; NULL: its name
  int32_t keyword_only;  ///< 1: without vectors
} lode_site_options;
#define LODE_SITE_OPTIONS_INIT {sizeof(lode_site_options), NULL, NULL, NULL, 0}

/// What was written: bytes by what is in the files, before the host compresses them.
typedef struct lode_site_report {
  int64_t documents;
  int64_t files;           ///< of the index, by name; the boot file is one of them
  int64_t written;         ///< of them; all others were there already
  int64_t removed;         ///< that were of an index before the last one
  int64_t boot_bytes;      ///< read first, whatever is asked
  int64_t table_bytes;     ///< read once, with the first question
  int64_t term_bytes;      ///< words and where they are: a file or two for each word asked for
  int64_t position_bytes;  ///< the same for phrases, names with signs in them, Chinese …
  int64_t lexicon_bytes;   ///< for words that are not there, and may be slips of typing
  int64_t text_bytes;      ///< documents: a file or two for each result
  int64_t vector_bytes;
  int64_t near_bytes;  ///< of these: what tells which vectors are near a query; 0: all are read
} lode_site_report;

/// Write the collection's last commit to the folder `path`, which is made if need be. Only files
/// that change are written; their names are digests, so that they may be cached forever, all but
/// boot.lode-site.txt, which comes last and in one step: until then, and after a failure or a
/// killed process, readers have the old index. Its files stay until the next call.
///
/// options and watcher may be NULL; watcher->progress has `documents` and `total_documents`.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_NOMEM, LODE_E_IO, LODE_E_CANCELLED, LODE_E_UNSUPPORTED for a
/// collection too large, or what reading the collection returns.
LODE_API lode_status lode_site_write(lode_index *index, const char *path,
                                     const lode_site_options *options,
                                     const lode_index_watcher *watcher, lode_site_report *report,
                                     lode_error *err);

/// A sealed index that is read. It opens no file: it names those that it needs, and is given their
/// bytes. One thread at a time.
///
///     lode_site_open(boot, …);
///     lode_site_ask(site, query, …);
///     while ((status = lode_site_results(site, &results, …)) == LODE_E_BUSY)
///       for each i < lode_site_needs(site): fetch lode_site_need(site, i), lode_site_give it
///
/// Two rounds for most queries: their words, then the texts of the results.
typedef struct lode_site lode_site;

/// boot: the bytes of boot.lode-site.txt, copied.
/// Returns LODE_OK, LODE_E_ARG, LODE_E_FORMAT, LODE_E_UNSUPPORTED (written by a newer lode),
/// LODE_E_NOMEM.
LODE_API lode_status lode_site_open(const void *boot, size_t size, lode_site **out,
                                    lode_error *err);
LODE_API void lode_site_free(lode_site *site);

/// What it is. Strings live as long as the site.
typedef struct lode_site_info {
  size_t struct_size;
  int64_t documents;
  int64_t chunks;
  const char *base;       ///< that URLs begin with, or ""
  const char *model;      ///< whose vectors it has; NULL: none
  int64_t dim;            ///< of them
  const char *languages;  ///< codes, with spaces between: whose stemmers a reader needs
} lode_site_info;
#define LODE_SITE_INFO_INIT {sizeof(lode_site_info), 0, 0, NULL, NULL, 0, NULL}
LODE_API lode_status lode_site_get_info(lode_site *site, lode_site_info *info, lode_error *err);

/// A new query, in place of the one before. options as for lode_index_search, without `paths`
/// (LODE_E_UNSUPPORTED); mode LODE_INDEX_HYBRID is by words alone until a vector is given.
LODE_API lode_status lode_site_ask(lode_site *site, lode_text query,
                                   const lode_index_search_options *options, lode_error *err);
/// What to make a vector of, by the site's model: the query without its signs, slips of typing
/// mended. *text lives until the next lode_site_ask; empty: nothing to look for by meaning.
/// LODE_E_BUSY: files are needed first.
LODE_API lode_status lode_site_embed_text(lode_site *site, lode_text *text, lode_error *err);
/// The query's vector [dim], copied, for the lode_site_results that follow.
LODE_API lode_status lode_site_set_vector(lode_site *site, const float *vector, size_t dim,
                                          lode_error *err);
/// The results, as lode_index_search gives them for the collection.
/// Returns LODE_OK; LODE_E_BUSY: give what lode_site_need names, then call again; LODE_E_ARG
/// without a query; LODE_E_FORMAT for a damaged index; LODE_E_UNSUPPORTED by meaning without a
/// vector; LODE_E_NOMEM.
LODE_API lode_status lode_site_results(lode_site *site, lode_results **out, lode_error *err);

/// Embed queries that are not by words alone, as lode_index_search does: `model` has to be the one
/// that the index's vectors are of, and is borrowed for the site's life. In the place of
/// lode_site_embed_text and lode_site_set_vector. NULL: no longer.
/// LODE_E_UNSUPPORTED: it is another model, or the index has no vectors; LODE_E_NOMEM.
LODE_API lode_status lode_site_set_model(lode_site *site, const lode_model *model, lode_error *err);

/// A large site's vectors are many megabytes. 1: read only those that are near to the query or of
/// what its words have found, some hundred kilobytes: what is far down, or found by meaning alone,
/// may then be another result than lode_index_search has, or missing. Sites of a few thousand
/// passages are read whole in any case. 0, at first: all are read, and the results are the same.
LODE_API lode_status lode_site_set_near(lode_site *site, int32_t near, lode_error *err);

/// What documents can be filtered by, as JSON: [{"key": "section", "values": [{"value": "Guide",
/// "count": 6}, …]}, …]. *json lives until the next lode_site_facets. LODE_E_BUSY: as above.
LODE_API lode_status lode_site_facets(lode_site *site, const char **json, lode_error *err);

/// The same of the documents alone that the last lode_site_results found (of all of them, not only
/// those that it gave), and the first 24 values of each key. *json lives until the next
/// lode_site_counts. LODE_E_ARG: there are no results yet; LODE_E_BUSY: as above.
LODE_API lode_status lode_site_counts(lode_site *site, const char **json, lode_error *err);

/// Files that are needed, by name, and their sizes (or 0: not known). The name lives until the next
/// call with the site. NULL beyond the last.
LODE_API size_t lode_site_needs(const lode_site *site);
LODE_API const char *lode_site_need(lode_site *site, size_t i, size_t *size);
/// A file's bytes, copied. LODE_E_FORMAT: not that file's (an error page, cut off, changed):
/// nothing is kept. LODE_E_ARG: not the name of such a file. LODE_E_NOMEM.
LODE_API lode_status lode_site_give(lode_site *site, const char *file, const void *data,
                                    size_t size, lode_error *err);

// ---------------------------------------------------------------- similarity

/// Cosine of `a` and `b`, [dim] each: in -1 .. 1, 0 when either is all zero.
LODE_API float lode_similarity(const float *a, const float *b, size_t dim);

#ifdef __cplusplus
}
#endif
#endif
