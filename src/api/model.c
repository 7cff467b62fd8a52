#include "api/model.h"

#include <stdlib.h>
#include <string.h>

#include "api/backend.h"
#include "base/cpu.h"
#include "model/build.h"

static lode_status check_options(const lode_model_options *options, uint32_t *features,
                                 lode_error *err) {
  const char *isa = NULL;
  if (options) {
    const lode_status status =
        lode_check_struct("lode_model_options", options->struct_size, sizeof *options, err);
    if (status != LODE_OK) return status;
    if (options->dtype && !lode_dtype_known(options->dtype)) {
      return lode_error_set(err, LODE_E_ARG, -1, -1,
                            "dtype \"%s\" is none of f32, bf16, f16, int8, int4, auto",
                            options->dtype);
    }
    const bool on_cpu = !options->backend || strcmp(options->backend, "cpu") == 0;
    if (options->dtype && strcmp(options->dtype, "f16") == 0 && on_cpu) {
      return lode_error_set(err, LODE_E_ARG, -1, -1,
                            "dtype \"f16\" is a GPU's: with it goes backend webgpu or auto");
    }
    if (options->backend && !lode_backend_known(options->backend)) {
      return lode_error_set(err, LODE_E_ARG, -1, -1, "backend \"%s\" is none of cpu, webgpu, auto",
                            options->backend);
    }
    isa = options->isa;
  }
  bool known = true;
  *features = lode_cpu_features(isa, &known);
  if (!known) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "%s \"%s\" is none of ref, avx2, avx512, amx, neon, simd128, relaxed",
                          isa && isa[0] ? "isa" : "environment variable LODE_ISA",
                          isa && isa[0] ? isa : lode_cpu_environment());
  }
  return LODE_OK;
}

static lode_text text_of(const lode_file *file) {
  return (lode_text){(const char *)file->data, file->size};
}

/* A static model's tokenizer is tokenizer.json as it stands, without a template. */
static lode_status open_plain_tokenizer(lode_model *model, lode_error *err) {
  const lode_model_dir *dir = &model->dir;
  const bool model2vec = dir->static_kind == LODE_STATIC_MODEL2VEC;
  const lode_text json = text_of(&dir->tokenizer_json);
  lode_status status = lode_tokenizer_from_json(json.data, json.size, &model->tokenizer, err);
  if (status != LODE_OK) return lode_error_prefix(err, status, "tokenizer.json");
  if (model2vec) lode_tokenizer_truncate_end(model->tokenizer);
  return lode_tokenizer_plain(model->tokenizer, model2vec, err);
}

static lode_status open_tokenizer(lode_model *model, lode_error *err) {
  const lode_model_dir *dir = &model->dir;
  if (dir->static_kind != LODE_STATIC_NONE) return open_plain_tokenizer(model, err);
  const lode_tokenizer_files files = {
      .tokenizer_json = text_of(&dir->tokenizer_json),
      .vocab_txt = text_of(&dir->vocab_txt),
      .tokenizer_config = text_of(&dir->tokenizer_config),
      .special_tokens_map = text_of(&dir->special_tokens),
      .added_tokens = text_of(&dir->added_tokens),
      .model_type = dir->config.model_type,
      .tokenizer_class = dir->tokenizer_class,
      .id_limit = dir->config.vocab_size,
  };
  const lode_status status = lode_tokenizer_from_files(&files, &model->tokenizer, err);
  if (status != LODE_OK || !dir->lower_case) return status;
  return lode_tokenizer_lowercase(model->tokenizer, err);
}

/* Rows of a table that EMBED looks up; SIZE_MAX where there is none. */
static size_t table_rows(const lode_program *program, int weight) {
  return weight == LODE_NONE ? SIZE_MAX : program->weights[weight].rows;
}

/* Once here, so that no id can lead outside a table later. */
static lode_status check_ids(lode_model *model, lode_error *err) {
  const lode_program *program = &model->program;
  const int row = program->ops[0].u.embed.row;
  const size_t words = row != LODE_NONE ? program->weights[row].cols
                                        : table_rows(program, program->ops[0].u.embed.word);
  const size_t types = table_rows(program, program->ops[0].u.embed.type);
  const int32_t size = lode_tokenizer_size(model->tokenizer);
  if ((size_t)size > words) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "the tokenizer has ids up to %d, the word embeddings have %zu rows",
                          size - 1, words);
  }
  if (model->max_tokens < lode_tokenizer_added(model->tokenizer, false) + 1) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "max_seq_length %zu leaves no room for text",
                          model->max_tokens);
  }
  lode_encoding encoding = {0};
  const lode_encode_options options = {0};
  const lode_text text = {"a", 1};
  lode_status status =
      lode_tokenizer_encode(model->tokenizer, text, NULL, &options, &encoding, err);
  for (size_t i = 0; i < encoding.count && status == LODE_OK; i++) {
    const int32_t type = encoding.type_ids[i];
    if (type < 0 || (size_t)type >= types) {
      status = lode_error_set(err, LODE_E_FORMAT, -1, -1,
                              "the tokenizer's template has type id %d, the model has %zu types",
                              type, types);
    }
  }
  lode_encoding_free(&encoding);
  return status;
}

static void describe_pooling(lode_model *model) {
  static const struct {
    lode_pooling kind;
    const char *name;
  } names[] = {
      {LODE_POOL_CLS, "cls"},
      {LODE_POOL_MAX, "max"},
      {LODE_POOL_MEAN, "mean"},
      {LODE_POOL_MEAN_SQRT_LEN, "mean_sqrt_len"},
      {LODE_POOL_WEIGHTED_MEAN, "weightedmean"},
      {LODE_POOL_LAST, "lasttoken"},
  };
  char *to = model->pooling;
  for (size_t i = model->program.token_ops; i < model->program.op_count; i++) {
    const lode_op *op = &model->program.ops[i];
    if (op->kind != LODE_OP_POOL) continue;
    const lode_poolings *poolings = &op->u.pool.poolings;
    for (size_t p = 0; p < poolings->count; p++) {
      size_t k = 0;
      while (names[k].kind != poolings->kinds[p]) k++;
      if (to != model->pooling) *to++ = '+';
      const size_t n = strlen(names[k].name);
      memcpy(to, names[k].name, n); /* LODE_POOLINGS_MAX names are shorter than the array */
      to += n;
    }
  }
  *to = '\0';
}

static int compare_lengths(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Model2Vec cuts a text before it is tokenized, to the longest input in tokens times the median
 * length of a token, in code points. */
static lode_status count_most_chars(lode_model *model, lode_error *err) {
  const size_t size = (size_t)lode_tokenizer_size(model->tokenizer);
  uint32_t *lengths = calloc(size + 1, sizeof *lengths);
  if (!lengths) return lode_error_nomem(err);
  size_t count = 0;
  for (size_t id = 0; id < size; id++) {
    const char *piece = lode_tokenizer_piece(model->tokenizer, (int32_t)id);
    if (!piece) continue;
    for (; *piece; piece++) lengths[count] += ((unsigned char)*piece & 0xC0) != 0x80;
    count++;
  }
  if (count > 0) {
    qsort(lengths, count, sizeof *lengths, compare_lengths);
    const size_t median = ((size_t)lengths[(count - 1) / 2] + lengths[count / 2]) / 2;
    model->max_chars = model->max_tokens * (median > 0 ? median : 1);
  }
  free(lengths);
  return LODE_OK;
}

/* The longest input: what the files ask for, and what the network takes. */
static lode_status find_limits(lode_model *model, lode_error *err) {
  model->max_tokens = model->program.max_tokens;
  int64_t asked = model->dir.max_seq_length;
  if (model->dir.static_kind == LODE_STATIC_EMBEDDING) {
    asked = (int64_t)lode_tokenizer_own_limit(model->tokenizer);
  }
  if (asked > 0 && (uint64_t)asked < model->max_tokens) model->max_tokens = (size_t)asked;
  const bool cut = model->dir.static_kind == LODE_STATIC_MODEL2VEC && asked > 0;
  return cut ? count_most_chars(model, err) : LODE_OK;
}

lode_status lode_model_describe(lode_model *model, lode_error *err) {
  lode_status status = lode_model_dir_open(&model->folder, &model->dir, err);
  if (status == LODE_OK) status = open_tokenizer(model, err);
  if (status == LODE_OK) status = lode_program_build(&model->dir, &model->program, err);
  if (status != LODE_OK) return status;

  const lode_program *program = &model->program;
  status = find_limits(model, err);
  if (status != LODE_OK) return status;
  model->full_dim = program->values[program->output].cols;
  const int64_t kept = model->dir.truncate_dim;
  model->dim = kept > 0 && (uint64_t)kept < model->full_dim ? (size_t)kept : model->full_dim;
  model->token_dim = program->values[program->token_value].cols;
  for (size_t i = 0; i < program->weight_count; i++) {
    if (program->weights[i].parts[0].dtype == LODE_DTYPE_I32) continue; /* says which row */
    model->parameters += program->weights[i].rows * program->weights[i].cols;
  }
  describe_pooling(model);
  status = check_ids(model, err);
  if (status != LODE_OK) return status;

  if (model->bundle.file.data && model->bundle.dim != model->full_dim) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "the self-test's vectors have %zu dimensions, the model's %zu",
                          model->bundle.dim, model->full_dim);
  }
  model->backend = &lode_backend_cpu;
  model->norm = lode_norm_select(model->features);
  return LODE_OK;
}

/* The caller's files, those that lie badly copied. */
static lode_status align_files(lode_model *model, const lode_file_data *files, size_t n,
                               lode_error *err) {
  lode_file_data *aligned = lode_arena_array(&model->arena, n, sizeof *aligned);
  if (n > 0 && !aligned) {
    lode_error_nomem(err);
    return LODE_E_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    aligned[i] = files[i];
    if (!lode_file_data_align(&aligned[i], &model->arena)) return lode_error_nomem(err);
  }
  model->folder = (lode_folder){.files = aligned, .count = n};
  return LODE_OK;
}

/* What a path, or files in memory, turn out to be: a folder, or a bundle's. */
static lode_status open_source(lode_model *model, const char *path, const lode_file_data *files,
                               size_t n, lode_error *err) {
  lode_file file = {0};
  const char *name = path;
  if (path) {
    if (!lode_file_is_regular(path)) {
      /* Kept, since a model's files are read again when it is saved. */
      model->folder.path = lode_arena_string(&model->arena, path, strlen(path));
      return model->folder.path ? LODE_OK : lode_error_nomem(err);
    }
    const lode_status status = lode_file_map(path, &file, err);
    if (status != LODE_OK) return status;
  } else {
    name = n == 1 ? files[0].name : "";
    const size_t length = strlen(name), suffix = sizeof LODE_BUNDLE_SUFFIX - 1;
    if (length < suffix || strcmp(name + length - suffix, LODE_BUNDLE_SUFFIX) != 0) {
      return align_files(model, files, n, err);
    }
    lode_file_data only = files[0];
    if (!lode_file_data_align(&only, &model->arena)) return lode_error_nomem(err);
    file = (lode_file){.data = only.data, .size = only.size};
  }
  return lode_model_take_bundle(model, name, &file, err);
}

lode_status lode_model_take_bundle(lode_model *model, const char *name, lode_file *file,
                                   lode_error *err) {
  const lode_status status = lode_bundle_open(name, file, &model->bundle, err);
  if (status != LODE_OK) return status;
  model->folder = model->bundle.folder;
  model->self_test =
      (lode_self_test){model->bundle.text_count, model->bundle.texts, model->bundle.vectors};
  return LODE_OK;
}

lode_status lode_model_begin(const lode_model_options *options, lode_model **out, lode_error *err) {
  uint32_t features = 0;
  const lode_status status = check_options(options, &features, err);
  if (status != LODE_OK) return status;
  lode_model *model = calloc(1, sizeof *model);
  if (!model) {
    lode_error_nomem(err);
    return LODE_E_NOMEM;
  }
  model->features = features;
  model->backend_wanted = "cpu";
  if (options && options->backend && !options->move_later) {
    model->backend_wanted = strcmp(options->backend, "webgpu") == 0 ? "webgpu"
                            : strcmp(options->backend, "auto") == 0 ? "auto"
                                                                    : "cpu";
  }
  if (options) {
    model->quantizing = (lode_quantizing){.compensate = options->compensate != 0,
                                          .progress = options->progress,
                                          .progress_context = options->progress_context};
  }
  *out = model;
  return LODE_OK;
}

static lode_status open_model(const char *path, const lode_file_data *files, size_t n,
                              const lode_model_options *options, lode_model **out,
                              lode_error *err) {
  lode_error_clear(err);
  lode_model *model = NULL;
  lode_status status = lode_model_begin(options, &model, err);
  if (status != LODE_OK) return status;
  status = open_source(model, path, files, n, err);
  if (status == LODE_OK && options && options->verify && model->bundle.file.data) {
    status = lode_bundle_verify(&model->bundle, err);
  }
  if (status == LODE_OK) {
    /* A bundle's name is in the errors of opening it; what is inside is named as in a directory. */
    status = lode_model_describe(model, err);
    if (status == LODE_OK) status = lode_model_prepare(model, options ? options->dtype : NULL, err);
    if (status == LODE_OK) status = lode_model_prepare_backend(model, err);
    if (status != LODE_OK && path) lode_error_prefix(err, status, path);
  }
  if (status != LODE_OK) {
    lode_model_free(model);
    return status;
  }
  model->quantizing = (lode_quantizing){0}; /* the caller's, and done with */
  lode_file_dont_need(&model->bundle.file, 0, model->bundle.file.size);
  *out = model;
  return LODE_OK;
}

lode_status lode_model_open(const char *path, const lode_model_options *options, lode_model **out,
                            lode_error *err) {
  if (!path || !out) return lode_error_set(err, LODE_E_ARG, -1, -1, "path or out is NULL");
  return open_model(path, NULL, 0, options, out, err);
}

lode_status lode_model_open_memory(const lode_file_data *files, size_t n,
                                   const lode_model_options *options, lode_model **out,
                                   lode_error *err) {
  if (!out || (!files && n)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "files or out is NULL");
  }
  return open_model(NULL, files, n, options, out, err);
}

void lode_model_free(lode_model *model) {
  if (!model) return;
  lode_model_free_prepared(model);
  lode_program_free(&model->program);
  lode_tokenizer_free(model->tokenizer);
  lode_model_dir_free(&model->dir);
  lode_bundle_close(&model->bundle);
  lode_aligned_free(model->streamed);
  lode_arena_free(&model->arena);
  free(model);
}

lode_status lode_model_get_info(const lode_model *model, lode_model_info *info) {
  if (!model || !info || info->struct_size != sizeof *info) return LODE_E_ARG;
  const lode_model_dir *dir = &model->dir;
  const lode_backend *backend;
  const lode_prepared *prepared;
  lode_model_current(model, &backend, &prepared);
  lode_backend_info on = {0};
  if (backend->describe) backend->describe(prepared, &on);
  *info = (lode_model_info){
      .struct_size = sizeof *info,
      .architecture = model->program.architecture,
      .dtype = lode_model_current_dtype(model),
      .isa = lode_isa_name(lode_cpu_isa(model->features)),
      .backend = backend->name,
      .device = on.device,
      .dispatches = (int64_t)on.dispatches,
      .pooling = model->pooling,
      .dim = (int64_t)model->dim,
      .full_dim = (int64_t)model->full_dim,
      .token_dim = (int64_t)model->token_dim,
      .max_tokens = (int64_t)model->max_tokens,
      .vocab_size = lode_tokenizer_size(model->tokenizer),
      .layers = (int64_t)model->program.layers,
      .heads = (int64_t)model->program.heads,
      .parameters = (int64_t)model->parameters,
      .weight_bytes = (int64_t)backend->weight_bytes(prepared),
      .prompt_count = (int64_t)dir->prompt_count,
      .default_prompt = dir->default_prompt < 0 ? NULL : dir->prompts[dir->default_prompt].name,
      .normalized = model->program.normalized && model->dim == model->full_dim,
  };
  return LODE_OK;
}

int64_t lode_model_dim(const lode_model *model) {
  return model ? (int64_t)model->dim : 0;
}

lode_status lode_model_prompt(const lode_model *model, int64_t i, const char **name,
                              lode_text *text) {
  if (!model || i < 0 || (size_t)i >= model->dir.prompt_count) return LODE_E_ARG;
  const lode_prompt *prompt = &model->dir.prompts[i];
  if (name) *name = prompt->name;
  if (text) *text = (lode_text){prompt->text, prompt->size};
  return LODE_OK;
}
