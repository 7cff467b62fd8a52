/* Parts of tokenizer.json that come with Unigram models: their vocabulary, and Metaspace, Replace
 * and Strip. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

static lode_status refuse(const lode_fields *f, lode_json_ref at, lode_status code,
                          const char *what) {
  return lode_error_set(f->err, code, -1, lode_json_pos(&f->json, at), "%s", what);
}

/* ---------------------------------------------------------------- the model */

/* ["▁the", -3.5] */
static lode_status read_piece(const lode_fields *f, lode_vocab *vocab, lode_json_ref entry,
                              int32_t id, double *score) {
  const lode_json *json = &f->json;
  const lode_json_ref piece = lode_json_first(json, entry);
  const lode_json_ref number = lode_json_next(json, piece);
  if (lode_json_kind_of(json, entry) != LODE_JSON_ARRAY || lode_json_length(json, entry) != 2 ||
      lode_json_kind_of(json, piece) != LODE_JSON_STRING ||
      !lode_json_double(json, number, score) || !isfinite(*score)) {
    return refuse(f, entry, LODE_E_FORMAT, "vocabulary: an entry is no piece with its score");
  }
  const size_t size = lode_json_string(json, piece, lode_vocab_next(vocab));
  if (size == SIZE_MAX) {
    return refuse(f, piece, LODE_E_FORMAT, "vocabulary: a piece is not well-formed Unicode");
  }
  if (size > LODE_UNIGRAM_MAX_BYTES) {
    return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(json, piece),
                          "vocabulary: a piece of more than %d bytes is not supported",
                          LODE_UNIGRAM_MAX_BYTES);
  }
  int32_t old;
  switch (lode_vocab_add(vocab, size, id, &old)) {
    case LODE_VOCAB_ADDED:
      return LODE_OK;
    case LODE_VOCAB_DUPLICATE:
      return lode_error_set(f->err, LODE_E_FORMAT, -1, lode_json_pos(json, piece),
                            "vocabulary: \"%s\" is there twice", lode_show(f, piece).text);
    case LODE_VOCAB_CROWDED:
      break;
  }
  return lode_error_set(f->err, LODE_E_FORMAT, -1, lode_json_pos(json, piece),
                        "vocabulary: \"%s\" hashes badly", lode_show(f, piece).text);
}

static lode_status read_vocab(const lode_fields *f, lode_tokenizer *tokenizer, lode_json_ref list,
                              double *scores, double *least) {
  lode_vocab *vocab = &tokenizer->vocab;
  const size_t count = (size_t)lode_json_length(&f->json, list);
  size_t bytes = 0;
  for (lode_json_ref entry = lode_json_first(&f->json, list); entry != LODE_JSON_NONE;
       entry = lode_json_next(&f->json, entry)) {
    bytes += lode_json_string_bound(&f->json, lode_json_first(&f->json, entry));
  }
  lode_status status = lode_vocab_init(vocab, &tokenizer->arena, count, bytes, f->err);
  int32_t id = 0;
  *least = INFINITY;
  for (lode_json_ref entry = lode_json_first(&f->json, list);
       entry != LODE_JSON_NONE && status == LODE_OK;
       entry = lode_json_next(&f->json, entry), id++) {
    status = read_piece(f, vocab, entry, id, &scores[id]);
    if (status == LODE_OK) *least = fmin(*least, scores[id]);
  }
  if (status != LODE_OK) return status;
  return lode_vocab_finish(vocab, &tokenizer->arena, false, f->err);
}

lode_status lode_tokenizer_load_unigram(lode_tokenizer *tokenizer, const lode_fields *f,
                                        lode_json_ref model) {
  const char *what = "model Unigram";
  const lode_json_ref list = lode_json_get(&f->json, model, "vocab");
  const lode_json_ref fallback = lode_json_get(&f->json, model, "byte_fallback");
  const int64_t count = lode_json_length(&f->json, list);
  int64_t unknown = -1;
  bool bytes = false;
  if (lode_json_kind_of(&f->json, list) != LODE_JSON_ARRAY || count == 0 ||
      count > LODE_VOCAB_ID_LIMIT) {
    return lode_field_bad(f, model, what, "vocab", "an array of pieces");
  }
  if (!lode_field_absent(f, fallback)) {
    const lode_status status = lode_field_bool(f, model, what, "byte_fallback", &bytes);
    if (status != LODE_OK) return status;
  }
  if (bytes) return refuse(f, fallback, LODE_E_UNSUPPORTED, "byte_fallback: true is not supported");
  if (!lode_json_int(&f->json, lode_json_get(&f->json, model, "unk_id"), &unknown) || unknown < 0 ||
      unknown >= count) {
    return lode_field_bad(f, model, what, "unk_id", "the number of a piece");
  }
  double *scores = lode_arena_array(&tokenizer->arena, (size_t)count, sizeof *scores);
  if (scores == NULL) return lode_error_nomem(f->err);
  double least = 0;
  const lode_status status = read_vocab(f, tokenizer, list, scores, &least);
  if (status != LODE_OK) return status;
  tokenizer->is_unigram = true;
  tokenizer->model = (lode_wordpiece){
      .vocab = &tokenizer->vocab, .unknown = (int32_t)unknown, .max_chars = UINT64_MAX};
  return lode_unigram_init(&tokenizer->unigram, &tokenizer->vocab, scores, (int32_t)unknown, least,
                           &tokenizer->arena, f->err);
}

/* ---------------------------------------------------------------- Metaspace */

/* The text's one character; 0: it has none, or more. */
static uint32_t only_char(const char *text, size_t size) {
  const char *p = text;
  const uint32_t c = size > 0 ? lode_utf8_next(&p) : 0;
  return (size_t)(p - text) == size ? c : 0;
}

lode_status lode_tokenizer_load_metaspace(lode_tokenizer *tokenizer, const lode_fields *f,
                                          lode_json_ref ref) {
  const char *what = "pre_tokenizer Metaspace";
  const char *text = NULL;
  size_t size = 0;
  lode_metaspace *m = &tokenizer->metaspace;
  if (!tokenizer->is_unigram || m->replacement != 0 || tokenizer->split != 0) {
    return refuse(f, ref, LODE_E_UNSUPPORTED,
                  "pre_tokenizer Metaspace is supported alone, and with Unigram");
  }
  lode_status status = lode_field_string(f, ref, what, "replacement", &text, &size);
  if (status != LODE_OK) return status;
  m->replacement = only_char(text, size);
  if (m->replacement == 0) return lode_field_bad(f, ref, what, "replacement", "a character");
  m->split = true;
  if (!lode_field_absent(f, lode_json_get(&f->json, ref, "split"))) {
    status = lode_field_bool(f, ref, what, "split", &m->split);
    if (status != LODE_OK) return status;
  }
  const lode_json_ref scheme = lode_json_get(&f->json, ref, "prepend_scheme");
  m->prepend = lode_json_is(&f->json, scheme, "always");
  if (m->prepend || lode_json_is(&f->json, scheme, "never")) return LODE_OK;
  return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&f->json, ref),
                        "%s with prepend_scheme \"%s\" is not supported", what,
                        lode_show(f, scheme).text);
}

/* ---------------------------------------------------------------- Replace and Strip */

/* A string's characters in the arena. */
static bool decode(lode_arena *arena, const char *text, size_t size, lode_code_points *out) {
  out->data = lode_arena_array(arena, size, sizeof *out->data);
  if (out->data == NULL) return false;
  for (const char *p = text; p < text + size;) out->data[out->count++] = lode_utf8_next(&p);
  return true;
}

static lode_status add_step(lode_tokenizer *tokenizer, const lode_fields *f, lode_json_ref ref,
                            lode_normalize_step step) {
  if (lode_normalizer_add(&tokenizer->normalizer, step)) return LODE_OK;
  return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&f->json, ref),
                        "normalizer: more than %d steps are not supported", LODE_NORMALIZER_MAX);
}

lode_status lode_tokenizer_load_replace(lode_tokenizer *tokenizer, const lode_fields *f,
                                        lode_json_ref ref) {
  const char *what = "normalizer Replace";
  const lode_json_ref pattern = lode_json_get(&f->json, ref, "pattern");
  const lode_json_ref regex = lode_json_get(&f->json, pattern, "Regex");
  const bool spaces = lode_json_is(&f->json, regex, "\\s+");
  const char *text = NULL;
  size_t size = 0;
  lode_replace replace = {.spaces = spaces};
  if (regex != LODE_JSON_NONE && !spaces) {
    return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&f->json, ref),
                          "%s with the pattern \"%s\" is not supported", what,
                          lode_show(f, regex).text);
  }
  lode_status status = LODE_OK;
  if (!spaces) {
    status = lode_field_string(f, pattern, what, "String", &text, &size);
    if (status != LODE_OK) return status;
    if (size == 0) return lode_field_bad(f, pattern, what, "String", "a string, not empty");
    if (!decode(&tokenizer->arena, text, size, &replace.pattern)) return lode_error_nomem(f->err);
  }
  status = lode_field_string(f, ref, what, "content", &text, &size);
  if (status != LODE_OK) return status;
  if (!decode(&tokenizer->arena, text, size, &replace.content)) return lode_error_nomem(f->err);
  status = add_step(tokenizer, f, ref, LODE_STEP_REPLACE);
  if (status != LODE_OK) return status;
  lode_normalizer *normalizer = &tokenizer->normalizer;
  if (normalizer->replaces == NULL) {
    normalizer->replaces =
        lode_arena_array(&tokenizer->arena, LODE_NORMALIZER_MAX, sizeof *normalizer->replaces);
    if (normalizer->replaces == NULL) return lode_error_nomem(f->err);
  }
  normalizer->replaces[normalizer->replace_count++] = replace;
  return LODE_OK;
}

lode_status lode_tokenizer_load_strip(lode_tokenizer *tokenizer, const lode_fields *f,
                                      lode_json_ref ref) {
  const char *what = "normalizer Strip";
  bool left = false;
  bool right = false;
  lode_status status = lode_field_bool(f, ref, what, "strip_left", &left);
  if (status == LODE_OK) status = lode_field_bool(f, ref, what, "strip_right", &right);
  if (status == LODE_OK && left) status = add_step(tokenizer, f, ref, LODE_STEP_STRIP_LEFT);
  if (status == LODE_OK && right) status = add_step(tokenizer, f, ref, LODE_STEP_STRIP_RIGHT);
  return status;
}
