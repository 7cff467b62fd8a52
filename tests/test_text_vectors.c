/* Conformance vectors that others recorded: the BERT-family cases of transformers.js, and the
 * 10,570 questions of SQuAD.
 *
 * transformers.js has cases for many models, of which few tokenizer files are at hand. Cases
 * of a model without its file are run with a vocabulary made of the pieces that they expect:
 * a subset of the real one with every piece of the right answers, in which the longest match
 * is therefore the same. Whether a model lower-cases is stated below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "text/tokenizer.h"

static const char *shared_data(void) {
  const char *path = getenv("LODE_SHARED_DATA");
  return path != NULL ? path : "../shared/data";
}

/* False, having said so: the file is not there. */
static bool map_shared(const char *name, lode_file *file) {
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/%s", shared_data(), name);
  lode_error err;
  if (lode_file_map(path, file, &err) == LODE_OK) return true;
  print_message("skipped: %s\n", err.text);
  return false;
}

static void parse(const lode_file *file, lode_json *json) {
  lode_error err;
  *json = (lode_json){0};
  if (lode_json_parse((const char *)file->data, file->size, json, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
}

/* A decoded string, from malloc. */
static char *string_of(const lode_json *json, lode_json_ref ref, size_t *size) {
  char *s = malloc(lode_json_string_bound(json, ref) + 1);
  assert_non_null(s);
  *size = lode_json_string(json, ref, s);
  assert_true(*size != SIZE_MAX);
  s[*size] = '\0';
  return s;
}

/* Ids of an encoding against a JSON array. */
static bool ids_equal(const lode_json *json, lode_json_ref list, const lode_encoding *e) {
  if ((size_t)lode_json_length(json, list) != e->count) return false;
  size_t i = 0;
  for (lode_json_ref id = lode_json_first(json, list); id != LODE_JSON_NONE;
       id = lode_json_next(json, id), i++) {
    int64_t value;
    if (!lode_json_int(json, id, &value) || value != e->ids[i]) return false;
  }
  return true;
}

static lode_status encode(const lode_tokenizer *tokenizer, const char *text, size_t size,
                          bool special, lode_encoding *e) {
  const lode_encode_options options = {.no_special = !special};
  return lode_tokenizer_encode(tokenizer, (lode_text){text, size}, NULL, &options, e, NULL);
}

/* ---------------------------------------------------------------- transformers.js */

typedef struct model {
  const char *name; /* in the vectors */
  bool lowercase;   /* everything else is as BertNormalizer has it by default */
  const char *file; /* its tokenizer.json in the shared data, or NULL */
} model;

#define BERT_UNCASED "tokenizers/bert-base-uncased/tokenizer.json"
static const model models[] = {
    {"Xenova/bert-base-uncased", true, BERT_UNCASED},
    /* The vocabulary and the settings of bert-base-uncased. */
    {"Xenova/distilbert-base-uncased-finetuned-sst-2-english", true, BERT_UNCASED},
    {"Xenova/bert-base-cased", false, NULL},
    {"google-bert/bert-base-cased", false, NULL},
    {"Xenova/bert-base-multilingual-cased-ner-hrl", false, NULL},
    {"Xenova/bert-base-multilingual-uncased-sentiment", true, NULL},
    {"Xenova/bge-small-zh-v1.5", false, NULL},
    {"Xenova/bge-base-zh-v1.5", true, NULL},
    {"Xenova/indobert-base-p1", true, NULL},
    {"Xenova/spanbert-large-cased", true, NULL}, /* its name notwithstanding */
    {"Xenova/UMLSBert_ENG", true, NULL},
    {"Xenova/SapBERT-from-PubMedBERT-fulltext", true, NULL},
    {"Xenova/rubert-base-cased", false, NULL},
    {"Xenova/kobert", false, NULL},
    {"Xenova/scibert_scivocab_uncased", true, NULL},
    {"Xenova/LaBSE", false, NULL},
    {"Xenova/ernie-gram-zh", true, NULL},
    {"onnx-community/language_detection-ONNX", true, NULL},
    {"Xenova/distilbert-base-cased-distilled-squad", false, NULL},
    {"Xenova/distiluse-base-multilingual-cased-v2", false, NULL},
    {"distilbert/distilbert-base-multilingual-cased", false, NULL},
    {"Xenova/all-mpnet-base-v2", true, NULL},
};
enum { MODELS = sizeof models / sizeof *models };

/* A piece and its id as the vectors write them. */
typedef struct entry {
  const char *source; /* between the quotes, escapes and all */
  size_t size;
  int64_t id;
} entry;

typedef struct vocabulary {
  entry *entries;
  size_t count;
} vocabulary;

static void add_entry(vocabulary *v, entry e) {
  for (size_t i = 0; i < v->count; i++) {
    const entry *old = &v->entries[i];
    if (old->id == e.id) return;
    assert_false(old->size == e.size && memcmp(old->source, e.source, e.size) == 0);
  }
  v->entries = realloc(v->entries, (v->count + 1) * sizeof *v->entries);
  assert_non_null(v->entries);
  v->entries[v->count++] = e;
}

/* First or last element. */
static int64_t id_at_end(const lode_json *json, lode_json_ref list, bool last) {
  lode_json_ref id = lode_json_first(json, list);
  while (last && lode_json_next(json, id) != LODE_JSON_NONE) id = lode_json_next(json, id);
  int64_t value = -1;
  assert_true(lode_json_int(json, id, &value));
  return value;
}

/* All pieces that the model's cases expect. */
static vocabulary collect(const lode_json *json, lode_json_ref cases, int64_t *cls, int64_t *sep) {
  vocabulary v = {0};
  for (lode_json_ref c = lode_json_first(json, cases); c != LODE_JSON_NONE;
       c = lode_json_next(json, c)) {
    const lode_json_ref ids = lode_json_get(json, c, "ids");
    const lode_json_ref tokens = lode_json_get(json, c, "tokens");
    assert_int_equal(lode_json_length(json, ids), lode_json_length(json, tokens) + 2);
    *cls = id_at_end(json, ids, false);
    *sep = id_at_end(json, ids, true);
    lode_json_ref id = lode_json_next(json, lode_json_first(json, ids));
    for (lode_json_ref t = lode_json_first(json, tokens); t != LODE_JSON_NONE;
         t = lode_json_next(json, t), id = lode_json_next(json, id)) {
      entry e = {json->text + lode_json_pos(json, t), lode_json_string_bound(json, t), 0};
      assert_true(lode_json_int(json, id, &e.id));
      add_entry(&v, e);
    }
  }
  return v;
}

static bool entry_is(const entry *e, const char *s) {
  return e->size == strlen(s) && memcmp(e->source, s, e->size) == 0;
}

/* "[UNK]", "<mask>": what is not split where it stands in a text. */
static bool is_special(const entry *e) {
  return e->size > 3 && (e->source[0] == '[' || e->source[0] == '<');
}

/* A tokenizer.json of that vocabulary. */
static char *write_json(const model *m, vocabulary *v, int64_t cls, int64_t sep) {
  const char *unknown = NULL;
  for (size_t i = 0; i < v->count; i++) {
    if (entry_is(&v->entries[i], "[UNK]")) unknown = "[UNK]";
    if (entry_is(&v->entries[i], "<unk>")) unknown = "<unk>";
  }
  if (unknown == NULL) {
    unknown = "[UNK]";
    add_entry(v, (entry){unknown, 5, 1000000}); /* an id that no case expects */
  }
  add_entry(v, (entry){"(first)", 7, cls}); /* the template's, if the cases do not name them */
  add_entry(v, (entry){"(last)", 6, sep});
  size_t room = 1024;
  for (size_t i = 0; i < v->count; i++) room += 2 * v->entries[i].size + 200;
  char *text = malloc(room);
  assert_non_null(text);
  size_t used = (size_t)snprintf(
      text, room,
      "{\"version\":\"1.0\",\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,"
      "\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":%s},"
      "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{"
      "\"type\":\"BertProcessing\",\"cls\":[\"\",%lld],\"sep\":[\"\",%lld]},\"model\":{"
      "\"type\":\"WordPiece\",\"unk_token\":\"%s\",\"continuing_subword_prefix\":\"##\","
      "\"max_input_chars_per_word\":100,\"vocab\":{",
      m->lowercase ? "true" : "false", (long long)cls, (long long)sep, unknown);
  for (size_t i = 0; i < v->count; i++) {
    const entry *e = &v->entries[i];
    used += (size_t)snprintf(text + used, room - used, "%s\"%.*s\":%lld", i > 0 ? "," : "",
                             (int)e->size, e->source, (long long)e->id);
  }
  used += (size_t)snprintf(text + used, room - used, "}},\"added_tokens\":[");
  const char *comma = "";
  for (size_t i = 0; i < v->count; i++) {
    const entry *e = &v->entries[i];
    if (!is_special(e)) continue;
    used += (size_t)snprintf(text + used, room - used,
                             "%s{\"id\":%lld,\"content\":\"%.*s\",\"single_word\":false,"
                             "\"lstrip\":false,\"rstrip\":false,\"normalized\":false,"
                             "\"special\":true}",
                             comma, (long long)e->id, (int)e->size, e->source);
    comma = ",";
  }
  used += (size_t)snprintf(text + used, room - used, "]}");
  assert_true(used < room);
  return text;
}

static lode_tokenizer *tokenizer_from(const char *text, size_t size) {
  lode_tokenizer *tokenizer = NULL;
  lode_error err;
  if (lode_tokenizer_from_json(text, size, &tokenizer, &err) != LODE_OK) fail_msg("%s", err.text);
  return tokenizer;
}

static lode_tokenizer *tokenizer_of(const model *m, const lode_json *json, lode_json_ref cases) {
  lode_file file;
  if (m->file != NULL && map_shared(m->file, &file)) {
    lode_tokenizer *tokenizer = tokenizer_from((const char *)file.data, file.size);
    lode_file_close(&file);
    return tokenizer;
  }
  int64_t cls = 0;
  int64_t sep = 0;
  vocabulary v = collect(json, cases, &cls, &sep);
  char *text = write_json(m, &v, cls, sep);
  lode_tokenizer *tokenizer = tokenizer_from(text, strlen(text));
  free(text);
  free(v.entries);
  return tokenizer;
}

static void check_case(const lode_tokenizer *tokenizer, const lode_json *json, lode_json_ref c,
                       const char *name, lode_encoding *e) {
  lode_text texts[2] = {{NULL, 0}, {NULL, 0}};
  char *text = string_of(json, lode_json_get(json, c, "text"), &texts[0].size);
  const lode_json_ref pair_ref = lode_json_get(json, c, "text_pair");
  char *pair = pair_ref != LODE_JSON_NONE ? string_of(json, pair_ref, &texts[1].size) : NULL;
  texts[0].data = text;
  texts[1].data = pair;
  const lode_encode_options options = {0};
  assert_int_equal(lode_tokenizer_encode(tokenizer, texts[0], pair != NULL ? &texts[1] : NULL,
                                         &options, e, NULL),
                   LODE_OK);
  if (!ids_equal(json, lode_json_get(json, c, "ids"), e)) fail_msg("%s: \"%s\"", name, text);
  free(text);
  free(pair);
}

static void transformers_js(void **state) {
  (void)state;
  lode_file file;
  if (!map_shared("tokenizer-vectors/transformersjs-tokenization.json", &file)) skip();
  lode_json json;
  parse(&file, &json);
  const lode_json_ref all = lode_json_get(&json, 0, "models");
  lode_encoding e = {0};
  size_t ran[2] = {0};
  for (size_t i = 0; i < MODELS; i++) {
    const lode_json_ref found = lode_json_get(&json, all, models[i].name);
    assert_true(found != LODE_JSON_NONE);
    const lode_json_ref cases = lode_json_get(&json, found, "cases");
    lode_tokenizer *tokenizer = tokenizer_of(&models[i], &json, cases);
    for (lode_json_ref c = lode_json_first(&json, cases); c != LODE_JSON_NONE;
         c = lode_json_next(&json, c)) {
      check_case(tokenizer, &json, c, models[i].name, &e);
      ran[models[i].file != NULL]++;
    }
    lode_tokenizer_free(tokenizer);
  }
  print_message(
      "transformers.js: %zu cases with the model's file, %zu with a vocabulary of their "
      "own (%d models); %d models are not WordPiece\n",
      ran[1], ran[0], MODELS, (int)lode_json_length(&json, all) - MODELS);
  assert_true(ran[0] + ran[1] >= 200);
  lode_encoding_free(&e);
  lode_json_free(&json);
  lode_file_close(&file);
}

/* ---------------------------------------------------------------- SQuAD and others */

static const lode_vocab_options uncased = {
    .lowercase = true, .strip_accents = -1, .handle_chinese_chars = true};

/* bert-base-uncased as vocab.txt and as tokenizer.json; false, having said so: not there. */
static bool uncased_pair(lode_tokenizer *tokenizers[2]) {
  lode_file vocab;
  lode_file json;
  if (!map_shared("tokenizer-vectors/squad-bert/bert-vocab.txt", &vocab)) return false;
  if (!map_shared(BERT_UNCASED, &json)) {
    lode_file_close(&vocab);
    return false;
  }
  lode_error err;
  if (lode_tokenizer_from_vocab((const char *)vocab.data, vocab.size, &uncased, &tokenizers[0],
                                &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  tokenizers[1] = tokenizer_from((const char *)json.data, json.size);
  lode_file_close(&vocab);
  lode_file_close(&json);
  return true;
}

static void squad_questions(void **state) {
  (void)state;
  lode_tokenizer *tokenizers[2];
  lode_file texts;
  lode_file ids;
  if (!uncased_pair(tokenizers)) skip();
  if (!map_shared("tokenizer-vectors/squad-bert/question_tokens.json", &texts)) skip();
  if (!map_shared("tokenizer-vectors/squad-bert/tokenized_questions.json", &ids)) skip();
  lode_json questions;
  lode_json answers;
  parse(&texts, &questions);
  parse(&ids, &answers);
  lode_encoding e = {0};
  size_t count = 0;
  lode_json_ref answer = lode_json_first(&answers, 0);
  for (lode_json_ref q = lode_json_first(&questions, 0); q != LODE_JSON_NONE;
       q = lode_json_next(&questions, q), answer = lode_json_next(&answers, answer)) {
    size_t size;
    char *text = string_of(&questions, lode_json_get(&questions, q, "original"), &size);
    for (size_t k = 0; k < 2; k++) {
      assert_int_equal(encode(tokenizers[k], text, size, false, &e), LODE_OK);
      if (!ids_equal(&answers, answer, &e)) fail_msg("question %zu: \"%s\"", count, text);
    }
    free(text);
    count++;
  }
  assert_int_equal(count, 10570);
  print_message("SQuAD: %zu questions, with vocab.txt and with tokenizer.json\n", count);
  lode_encoding_free(&e);
  lode_json_free(&questions);
  lode_json_free(&answers);
  lode_file_close(&texts);
  lode_file_close(&ids);
  lode_tokenizer_free(tokenizers[0]);
  lode_tokenizer_free(tokenizers[1]);
}

static void cases_of_other_libraries(void **state) {
  (void)state;
  lode_tokenizer *tokenizers[2];
  lode_file file;
  if (!uncased_pair(tokenizers)) skip();
  if (!map_shared("tokenizer-vectors/squad-bert/tokenizer_tests.json", &file)) skip();
  lode_json json;
  parse(&file, &json);
  static const char *const names[] = {"bert-base-uncased", "google-bert/bert-base-uncased"};
  lode_encoding e = {0};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const lode_json_ref list = lode_json_get(&json, 0, names[i]);
    assert_int_equal(lode_json_length(&json, list), 18);
    for (lode_json_ref c = lode_json_first(&json, list); c != LODE_JSON_NONE;
         c = lode_json_next(&json, c)) {
      size_t size;
      char *text = string_of(&json, lode_json_get(&json, c, "input"), &size);
      const lode_json_ref encoded = lode_json_get(&json, c, "encoded");
      for (size_t k = 0; k < 2; k++) {
        assert_int_equal(encode(tokenizers[k], text, size, true, &e), LODE_OK);
        if (!ids_equal(&json, lode_json_get(&json, encoded, "input_ids"), &e)) {
          fail_msg("\"%s\"", text);
        }
      }
      free(text);
    }
  }
  lode_encoding_free(&e);
  lode_json_free(&json);
  lode_file_close(&file);
  lode_tokenizer_free(tokenizers[0]);
  lode_tokenizer_free(tokenizers[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transformers_js),
      cmocka_unit_test(squad_questions),
      cmocka_unit_test(cases_of_other_libraries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
