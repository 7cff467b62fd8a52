#include "api/index_embedder.h"

#include <string.h>

/* Short and long, words and code, more than one script. */
static const char *const probe_texts[LODE_PROBES] = {
    "The ferry to the island leaves every morning at half past seven, except on Sundays.",
    "How do I undo the last commit without losing my changes?",
    "for (size_t i = 0; i < n; i++) sum += x[i] * y[i];",
    ("Photosynthesis turns light, water and carbon dioxide into sugar and oxygen; chlorophyll, the "
     "green pigment of leaves, takes up mostly red and blue light."),
};

/* The first of `names` that the model has a prompt of, as sentence-transformers' encode_query and
 * encode_document choose; NULL: the model's default. */
static const char *choose_prompt(const lode_model *model, const char *const *names, size_t count) {
  for (size_t n = 0; n < count; n++) {
    for (size_t i = 0; i < model->dir.prompt_count; i++) {
      if (strcmp(model->dir.prompts[i].name, names[n]) == 0) return model->dir.prompts[i].name;
    }
  }
  return NULL;
}

static lode_status embed(lode_index_embedder *e, const lode_text *texts, size_t n,
                         const char *prompt, lode_utf8_policy utf8, float *out,
                         lode_text_report *reports, lode_error *err) {
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.prompt_name = prompt;
  options.normalize = LODE_NORMALIZE_ON;
  options.utf8 = utf8;
  options.reports = reports;
  return lode_embed(e->ctx, texts, n, &options, out, n * e->dim, err);
}

/* Tokens that stand around an empty text. */
static lode_status count_surroundings(lode_index_embedder *e, size_t *out, lode_error *err) {
  lode_text_report report = {0};
  lode_buffer row = {0};
  if (!lode_buffer_reserve(&row, e->dim, sizeof(float), 0)) return lode_error_nomem(err);
  const lode_status status =
      embed(e, &(lode_text){"", 0}, 1, e->document_prompt, LODE_UTF8_ERROR, row.data, &report, err);
  lode_buffer_free(&row);
  if (status == LODE_OK) *out = (size_t)report.tokens;
  return status;
}

lode_status lode_index_embedder_open(const lode_model *model, int threads, lode_index_embedder *out,
                                     lode_error *err) {
  static const char *const query_names[] = {"query"};
  static const char *const document_names[] = {"document", "passage", "corpus"};
  lode_index_embedder e = {.model = model, .dim = model->dim};
  e.query_prompt = choose_prompt(model, query_names, 1);
  e.document_prompt = choose_prompt(model, document_names, 3);
  e.counting.tokenizer = model->tokenizer;
  const lode_context_options options = {sizeof options, threads};
  lode_status status = lode_context_new(model, &options, &e.ctx, err);
  size_t around = 0;
  if (status == LODE_OK) status = count_surroundings(&e, &around, err);
  if (status == LODE_OK) {
    e.room = model->max_tokens > around ? model->max_tokens - around : 0;
    *out = e;
  } else {
    lode_index_embedder_close(&e);
  }
  return status;
}

void lode_index_embedder_close(lode_index_embedder *embedder) {
  lode_context_free(embedder->ctx);
  lode_encoding_free(&embedder->counting.encoding);
  *embedder = (lode_index_embedder){0};
}

lode_token_counter lode_index_embedder_counter(lode_index_embedder *embedder) {
  return lode_tokenizer_counter(&embedder->counting);
}

lode_status lode_index_embed_documents(lode_index_embedder *embedder, const lode_text *texts,
                                       size_t n, float *out, int64_t *tokens, lode_error *err) {
  lode_buffer reports = {0};
  if (tokens && !lode_buffer_reserve(&reports, n, sizeof(lode_text_report), 0)) {
    return lode_error_nomem(err);
  }
  lode_text_report *list = reports.data;
  const lode_status status =
      embed(embedder, texts, n, embedder->document_prompt, LODE_UTF8_ERROR, out, list, err);
  for (size_t i = 0; tokens && status == LODE_OK && i < n; i++) *tokens += list[i].tokens;
  lode_buffer_free(&reports);
  return status;
}

lode_status lode_index_embed_query(lode_index_embedder *embedder, lode_text query, float *out,
                                   lode_error *err) {
  return embed(embedder, &query, 1, embedder->query_prompt, LODE_UTF8_REPLACE, out, NULL, err);
}

lode_status lode_index_probe(lode_index_embedder *embedder, float *out, lode_error *err) {
  lode_text texts[LODE_PROBES];
  for (size_t i = 0; i < LODE_PROBES; i++) {
    texts[i] = (lode_text){probe_texts[i], strlen(probe_texts[i])};
  }
  return lode_index_embed_documents(embedder, texts, LODE_PROBES, out, NULL, err);
}

float lode_index_probe_compare(const float *a, const float *b, size_t dim) {
  float least = 1;
  for (size_t i = 0; i < LODE_PROBES; i++) {
    const float cosine = lode_similarity(a + i * dim, b + i * dim, dim);
    if (!(cosine >= least)) least = cosine;
  }
  return least;
}
