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
                         const char *prompt, lode_utf8_policy utf8, float *out, lode_error *err) {
  if (!lode_buffer_reserve(&e->reports, n, sizeof(lode_text_report), 0)) {
    return lode_error_nomem(err);
  }
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.prompt_name = prompt;
  options.normalize = LODE_NORMALIZE_ON;
  options.utf8 = utf8;
  options.reports = e->reports.data;
  e->texts = n;
  return lode_embed_begin(e->ctx, texts, n, &options, out, n * e->dim, err);
}

lode_status lode_index_embed_documents(lode_index_embedder *embedder, const lode_text *texts,
                                       size_t n, float *out, lode_error *err) {
  return embed(embedder, texts, n, embedder->document_prompt, LODE_UTF8_ERROR, out, err);
}

lode_status lode_index_embed_query(lode_index_embedder *embedder, lode_text query, float *out,
                                   lode_error *err) {
  return embed(embedder, &query, 1, embedder->query_prompt, LODE_UTF8_REPLACE, out, err);
}

lode_status lode_index_embed_poll(lode_index_embedder *embedder, bool wait, bool *done,
                                  int64_t *tokens, lode_error *err) {
  int32_t over = 0;
  const lode_status status = lode_embed_poll(embedder->ctx, wait, &over, err);
  const lode_text_report *reports = embedder->reports.data;
  *done = over != 0;
  for (size_t i = 0; tokens && over && i < embedder->texts; i++) *tokens += reports[i].tokens;
  return status;
}

/* An empty text says how many tokens stand around any. */
static lode_status open_embedder(lode_index_embedder *e, int threads, lode_error *err) {
  lode_text texts[1 + LODE_PROBES] = {{"", 0}};
  for (size_t i = 0; i < LODE_PROBES; i++) {
    texts[1 + i] = (lode_text){probe_texts[i], strlen(probe_texts[i])};
  }
  const lode_context_options options = {sizeof options, threads};
  const lode_status status = lode_context_new(e->model, &options, &e->ctx, err);
  if (status != LODE_OK) return status;
  if (!lode_buffer_reserve(&e->probes, 1 + LODE_PROBES, e->dim * sizeof(float), 0)) {
    return lode_error_nomem(err);
  }
  return lode_index_embed_documents(e, texts, 1 + LODE_PROBES, e->probes.data, err);
}

lode_status lode_index_embedder_open_begin(const lode_model *model, int threads,
                                           lode_index_embedder *out, lode_error *err) {
  static const char *const query_names[] = {"query"};
  static const char *const document_names[] = {"document", "passage", "corpus"};
  *out = (lode_index_embedder){.model = model, .dim = model->dim};
  out->query_prompt = choose_prompt(model, query_names, 1);
  out->document_prompt = choose_prompt(model, document_names, 3);
  out->counting.tokenizer = model->tokenizer;
  return open_embedder(out, threads, err);
}

lode_status lode_index_embedder_open_poll(lode_index_embedder *embedder, bool wait, bool *done,
                                          lode_error *err) {
  const lode_status status = lode_index_embed_poll(embedder, wait, done, NULL, err);
  if (!*done) return status;
  const size_t around = (size_t)((const lode_text_report *)embedder->reports.data)->tokens;
  const size_t most = embedder->model->max_tokens;
  embedder->room = most > around ? most - around : 0;
  return LODE_OK;
}

void lode_index_embedder_close(lode_index_embedder *embedder) {
  lode_context_free(embedder->ctx);
  lode_encoding_free(&embedder->counting.encoding);
  lode_buffer_free(&embedder->probes);
  lode_buffer_free(&embedder->reports);
  *embedder = (lode_index_embedder){0};
}

lode_token_counter lode_index_embedder_counter(lode_index_embedder *embedder) {
  return lode_tokenizer_counter(&embedder->counting);
}

const float *lode_index_embedder_probes(const lode_index_embedder *embedder) {
  return (const float *)embedder->probes.data + embedder->dim;
}

float lode_index_probe_compare(const float *a, const float *b, size_t dim) {
  float least = 1;
  for (size_t i = 0; i < LODE_PROBES; i++) {
    const float cosine = lode_similarity(a + i * dim, b + i * dim, dim);
    if (!(cosine >= least)) least = cosine;
  }
  return least;
}
