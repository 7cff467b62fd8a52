/* tokenizer.json. What the library accepts is accepted, and means the same; components that
 * there is no code for, and what the library would fail on later, are refused here. */
#include <string.h>

#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

typedef struct loader {
  lode_fields f;
  lode_tokenizer *tokenizer;
} loader;

/* ---------------------------------------------------------------- small readers */

static lode_json_ref get(const loader *load, lode_json_ref object, const char *key) {
  return lode_json_get(&load->f.json, object, key);
}

static bool is(const loader *load, lode_json_ref ref, const char *s) {
  return lode_json_is(&load->f.json, ref, s);
}

/* A token id. */
static lode_status get_id(const loader *load, lode_json_ref ref, const char *what, int32_t *out) {
  int64_t id;
  if (!lode_json_int(&load->f.json, ref, &id) || id < 0 || id >= LODE_VOCAB_ID_LIMIT) {
    return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(&load->f.json, ref),
                          "%s: the id is not a whole number from 0 to %lld", what,
                          (long long)LODE_VOCAB_ID_LIMIT - 1);
  }
  *out = (int32_t)id;
  return LODE_OK;
}

static lode_status unsupported(const loader *load, lode_json_ref object, const char *what) {
  return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&load->f.json, object),
                        "%s \"%s\" is not supported", what,
                        lode_show(&load->f, get(load, object, "type")).text);
}

/* ---------------------------------------------------------------- sequences */

typedef lode_status component_fn(loader *load, lode_json_ref component);

/* Call fn for `ref`, or for each component of the sequences in it, in order. */
static lode_status each_component(loader *load, lode_json_ref ref, const char *what,
                                  const char *list, component_fn *fn) {
  enum { DEPTH = 16 };
  lode_json_ref next[DEPTH];
  size_t depth = 0;
  while (true) {
    if (is(load, get(load, ref, "type"), "Sequence")) {
      const lode_json_ref parts = get(load, ref, list);
      if (lode_json_kind_of(&load->f.json, parts) != LODE_JSON_ARRAY) {
        return lode_field_bad(&load->f, ref, what, list, "an array");
      }
      if (depth == DEPTH) {
        return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1,
                              lode_json_pos(&load->f.json, ref),
                              "%s: more than %d nested sequences are not supported", what, DEPTH);
      }
      next[depth++] = lode_json_first(&load->f.json, parts);
    } else {
      const lode_status status = fn(load, ref);
      if (status != LODE_OK) return status;
    }
    while (depth > 0 && next[depth - 1] == LODE_JSON_NONE) depth--;
    if (depth == 0) return LODE_OK;
    ref = next[depth - 1];
    next[depth - 1] = lode_json_next(&load->f.json, ref);
  }
}

/* ---------------------------------------------------------------- normalizer */

static lode_status load_bert_normalizer(loader *load, lode_json_ref ref) {
  bool clean_text = true;
  bool chinese_chars = true;
  bool lowercase = true;
  bool strip = false;
  const char *what = "normalizer BertNormalizer";
  lode_status status = lode_field_bool(&load->f, ref, what, "clean_text", &clean_text);
  if (status == LODE_OK) {
    status = lode_field_bool(&load->f, ref, what, "handle_chinese_chars", &chinese_chars);
  }
  if (status == LODE_OK) status = lode_field_bool(&load->f, ref, what, "lowercase", &lowercase);
  int strip_accents = -1;
  if (status == LODE_OK && !lode_field_absent(&load->f, get(load, ref, "strip_accents"))) {
    status = lode_field_bool(&load->f, ref, what, "strip_accents", &strip);
    strip_accents = strip;
  }
  if (status != LODE_OK) return status;
  return lode_tokenizer_bert_normalizer(load->tokenizer, clean_text, chinese_chars, strip_accents,
                                        lowercase, load->f.err);
}

static lode_status load_normalizer_part(loader *load, lode_json_ref ref) {
  static const struct {
    const char *type;
    lode_normalize_step step;
  } simple[] = {
      {"NFD", LODE_STEP_NFD},
      {"StripAccents", LODE_STEP_STRIP_M},
      {"Lowercase", LODE_STEP_LOWER},
  };
  const lode_json_ref type = get(load, ref, "type");
  if (is(load, type, "BertNormalizer")) return load_bert_normalizer(load, ref);
  if (is(load, type, "Replace")) return lode_tokenizer_load_replace(load->tokenizer, &load->f, ref);
  if (is(load, type, "Strip")) return lode_tokenizer_load_strip(load->tokenizer, &load->f, ref);
  for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
    if (!is(load, type, simple[i].type)) continue;
    if (lode_normalizer_add(&load->tokenizer->normalizer, simple[i].step)) return LODE_OK;
    return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&load->f.json, ref),
                          "normalizer: more than %d steps are not supported", LODE_NORMALIZER_MAX);
  }
  return unsupported(load, ref, "normalizer");
}

/* ---------------------------------------------------------------- pre-tokenizer */

static lode_status load_punctuation(loader *load, lode_json_ref ref) {
  const lode_json_ref behavior = get(load, ref, "behavior");
  uint8_t split;
  if (lode_json_kind_of(&load->f.json, behavior) == LODE_JSON_ABSENT ||
      is(load, behavior, "Isolated")) {
    split = LODE_SPLIT_PUNCT;
  } else if (is(load, behavior, "Removed")) {
    split = LODE_SPLIT_PUNCT_REMOVED;
  } else if (is(load, behavior, "Contiguous")) {
    split = LODE_SPLIT_PUNCT_RUNS;
  } else {
    return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&load->f.json, ref),
                          "pre_tokenizer Punctuation with behavior \"%s\" is not supported",
                          lode_show(&load->f, behavior).text);
  }
  load->tokenizer->split |= split;
  return LODE_OK;
}

static lode_status load_pretokenizer_part(loader *load, lode_json_ref ref) {
  const lode_json_ref type = get(load, ref, "type");
  if (is(load, type, "Metaspace")) {
    return lode_tokenizer_load_metaspace(load->tokenizer, &load->f, ref);
  }
  if (load->tokenizer->is_unigram) return unsupported(load, ref, "with Unigram, pre_tokenizer");
  if (is(load, type, "BertPreTokenizer")) {
    load->tokenizer->split |= LODE_SPLIT_BERT;
  } else if (is(load, type, "WhitespaceSplit")) {
    load->tokenizer->split |= LODE_SPLIT_SPACE;
  } else if (is(load, type, "Whitespace")) {
    load->tokenizer->split |= LODE_SPLIT_WORD_RUNS;
  } else if (is(load, type, "Punctuation")) {
    return load_punctuation(load, ref);
  } else {
    return unsupported(load, ref, "pre_tokenizer");
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- model */

static lode_status load_vocab(loader *load, lode_json_ref vocab_ref) {
  const lode_json *json = &load->f.json;
  lode_vocab *vocab = &load->tokenizer->vocab;
  const size_t count = (size_t)lode_json_length(json, vocab_ref);
  /* The pieces' source text lies between the object's beginning and the end of the file. */
  const size_t bytes = json->size - (size_t)lode_json_pos(json, vocab_ref);
  lode_status status = lode_vocab_init(vocab, &load->tokenizer->arena, count, bytes, load->f.err);
  if (status != LODE_OK) return status;
  for (lode_json_ref value = lode_json_first(json, vocab_ref); value != LODE_JSON_NONE;
       value = lode_json_next(json, value)) {
    int32_t id = 0;
    status = get_id(load, value, "vocabulary", &id);
    if (status != LODE_OK) return status;
    const lode_json_ref key = lode_json_key(json, value);
    const size_t size = lode_json_string(json, key, lode_vocab_next(vocab));
    int32_t old;
    if (size == SIZE_MAX) {
      return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(json, key),
                            "vocabulary: a token is not well-formed Unicode");
    }
    const lode_vocab_add_result result = lode_vocab_add(vocab, size, id, &old);
    if (result == LODE_VOCAB_ADDED) continue;
    const char *problem = result == LODE_VOCAB_DUPLICATE ? "is there twice" : "hashes badly";
    return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(json, key),
                          "vocabulary: \"%s\" %s", lode_show(&load->f, key).text, problem);
  }
  return lode_vocab_finish(vocab, &load->tokenizer->arena, false, load->f.err);
}

/* The vocabulary of a WordPiece model, or a Unigram model, which is none of BertTokenizer's. */
static lode_status load_model(loader *load, lode_json_ref ref, bool bert) {
  if (lode_json_kind_of(&load->f.json, ref) != LODE_JSON_OBJECT) {
    return lode_field_bad(&load->f, 0, "tokenizer", "model", "an object");
  }
  /* Files older than the field "type" are told by what else is there. */
  const lode_json_ref type = get(load, ref, "type");
  const bool old = lode_json_kind_of(&load->f.json, type) == LODE_JSON_ABSENT &&
                   get(load, ref, "max_input_chars_per_word") != LODE_JSON_NONE;
  if (!bert && is(load, type, "Unigram")) {
    return lode_tokenizer_load_unigram(load->tokenizer, &load->f, ref);
  }
  if (!old && !is(load, type, "WordPiece")) return unsupported(load, ref, "model");
  const lode_json_ref vocab = get(load, ref, "vocab");
  if (lode_json_kind_of(&load->f.json, vocab) != LODE_JSON_OBJECT) {
    return lode_field_bad(&load->f, ref, "model WordPiece", "vocab", "an object");
  }
  return load_vocab(load, vocab);
}

static lode_status load_wordpiece(loader *load, lode_json_ref ref) {
  const char *what = "model WordPiece";
  const char *unknown = NULL;
  const char *prefix = NULL;
  size_t unknown_size = 0;
  size_t prefix_size = 0;
  int64_t max_chars = 0;
  lode_status status = lode_field_string(&load->f, ref, what, "unk_token", &unknown, &unknown_size);
  if (status == LODE_OK) {
    status =
        lode_field_string(&load->f, ref, what, "continuing_subword_prefix", &prefix, &prefix_size);
  }
  if (status != LODE_OK) return status;
  const lode_json_ref limit = get(load, ref, "max_input_chars_per_word");
  if (!lode_json_int(&load->f.json, limit, &max_chars) || max_chars < 0) {
    return lode_field_bad(&load->f, ref, what, "max_input_chars_per_word", "a whole number from 0");
  }
  lode_tokenizer *tokenizer = load->tokenizer;
  const int32_t unknown_id = lode_vocab_find(&tokenizer->vocab, unknown, unknown_size);
  if (unknown_id < 0) {
    return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(&load->f.json, ref),
                          "%s: unk_token \"%s\" is not in the vocabulary", what,
                          lode_show_bytes(unknown, unknown_size).text);
  }
  return lode_wordpiece_init(&tokenizer->model, &tokenizer->vocab, prefix, prefix_size, unknown_id,
                             (uint64_t)max_chars, &tokenizer->arena, load->f.err);
}

/* ---------------------------------------------------------------- added tokens */

static lode_status load_added_token(loader *load, lode_json_ref ref, lode_added_entry *entry) {
  static const struct {
    const char *field;
    uint8_t flag; /* 0: of no use here, but the library insists on it */
  } fields[] = {
      {"single_word", LODE_ADDED_SINGLE_WORD},
      {"lstrip", LODE_ADDED_LSTRIP},
      {"rstrip", LODE_ADDED_RSTRIP},
      {"normalized", LODE_ADDED_NORMALIZED},
      {"special", 0},
  };
  const char *what = "added token";
  /* Like the library, which numbers added tokens itself: see lode_tokenizer_add_tokens. */
  if (!lode_json_int(&load->f.json, get(load, ref, "id"), &entry->id) || entry->id < 0 ||
      entry->id > UINT32_MAX) {
    return lode_field_bad(&load->f, ref, what, "id", "a whole number from 0");
  }
  lode_status status =
      lode_field_string(&load->f, ref, what, "content", &entry->content, &entry->size);
  for (size_t i = 0; status == LODE_OK && i < sizeof fields / sizeof *fields; i++) {
    bool set = false;
    status = lode_field_bool(&load->f, ref, what, fields[i].field, &set);
    if (status == LODE_OK && set) entry->flags |= fields[i].flag;
  }
  if (status == LODE_OK && entry->size > LODE_ADDED_MAX_BYTES) {
    return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&load->f.json, ref),
                          "added token of more than %d bytes is not supported",
                          LODE_ADDED_MAX_BYTES);
  }
  return status;
}

static lode_status load_added_tokens(loader *load, lode_json_ref ref, lode_added_list *list) {
  const lode_json_kind kind = lode_json_kind_of(&load->f.json, ref);
  if (kind != LODE_JSON_ABSENT && kind != LODE_JSON_ARRAY) {
    return lode_field_bad(&load->f, 0, "tokenizer", "added_tokens", "an array");
  }
  for (lode_json_ref item = lode_json_first(&load->f.json, ref); item != LODE_JSON_NONE;
       item = lode_json_next(&load->f.json, item)) {
    lode_added_entry entry = {0};
    const lode_status status = load_added_token(load, item, &entry);
    if (status != LODE_OK) return status;
    if (entry.size == 0) continue; /* ignored */
    if (!lode_added_list_push(list, load->f.arena, entry)) return lode_error_nomem(load->f.err);
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- post-processor */

static lode_status get_type_id(const loader *load, lode_json_ref object, int32_t *out) {
  int64_t type_id;
  if (!lode_json_int(&load->f.json, get(load, object, "type_id"), &type_id) || type_id < 0 ||
      type_id > INT32_MAX) {
    return lode_field_bad(&load->f, object, "post_processor TemplateProcessing", "type_id",
                          "a whole number from 0");
  }
  *out = (int32_t)type_id;
  return LODE_OK;
}

static lode_status add_part(const loader *load, lode_template *template, lode_template_part part) {
  if (lode_template_add(template, &load->tokenizer->arena, part)) return LODE_OK;
  return lode_error_nomem(load->f.err);
}

/* {"SpecialToken": {"id": "[CLS]", "type_id": 0}}: all ids that special_tokens has for it. */
static lode_status load_special(const loader *load, lode_json_ref special,
                                lode_json_ref special_tokens, lode_template *template) {
  const lode_json *json = &load->f.json;
  const char *what = "post_processor TemplateProcessing";
  const char *name = "";
  size_t size = 0;
  lode_template_part part = {.kind = LODE_TEMPLATE_SPECIAL};
  lode_status status = lode_field_string(&load->f, special, what, "id", &name, &size);
  if (status == LODE_OK) status = get_type_id(load, special, &part.type_id);
  if (status != LODE_OK) return status;
  const lode_json_ref token =
      strlen(name) == size ? lode_json_get(json, special_tokens, name) : LODE_JSON_NONE;
  const lode_json_ref ids = get(load, token, "ids");
  if (lode_json_kind_of(json, ids) != LODE_JSON_ARRAY) {
    return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(json, special),
                          "%s: special_tokens has no ids for \"%s\"", what,
                          lode_show_bytes(name, size).text);
  }
  for (lode_json_ref id = lode_json_first(json, ids); id != LODE_JSON_NONE;
       id = lode_json_next(json, id)) {
    status = get_id(load, id, what, &part.id);
    if (status == LODE_OK) status = add_part(load, template, part);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static lode_status load_template(const loader *load, lode_json_ref ref, const char *field,
                                 lode_template *template) {
  const lode_json *json = &load->f.json;
  const char *what = "post_processor TemplateProcessing";
  const lode_json_ref list = get(load, ref, field);
  if (lode_json_kind_of(json, list) != LODE_JSON_ARRAY) {
    return lode_field_bad(&load->f, ref, what, field, "an array");
  }
  for (lode_json_ref item = lode_json_first(json, list); item != LODE_JSON_NONE;
       item = lode_json_next(json, item)) {
    const lode_json_ref special = get(load, item, "SpecialToken");
    const lode_json_ref sequence = get(load, item, "Sequence");
    lode_status status;
    if (special != LODE_JSON_NONE) {
      status = load_special(load, special, get(load, ref, "special_tokens"), template);
    } else {
      const lode_json_ref id = get(load, sequence, "id");
      const bool second = is(load, id, "B");
      if (!second && !is(load, id, "A")) {
        return lode_error_set(load->f.err, LODE_E_FORMAT, -1, lode_json_pos(json, item),
                              "%s: a part is neither a SpecialToken nor Sequence A or B", what);
      }
      lode_template_part part = {second ? LODE_TEMPLATE_SECOND : LODE_TEMPLATE_FIRST, 0, 0};
      status = get_type_id(load, sequence, &part.type_id);
      if (status == LODE_OK) status = add_part(load, template, part);
    }
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ["[SEP]", 102] */
static lode_status get_named_id(const loader *load, lode_json_ref object, const char *what,
                                const char *field, int32_t *out) {
  const lode_json_ref name = lode_json_first(&load->f.json, get(load, object, field));
  return get_id(load, lode_json_next(&load->f.json, name), what, out);
}

static lode_status load_bert_processing(loader *load, lode_json_ref ref, bool roberta) {
  const char *what = roberta ? "post_processor RobertaProcessing" : "post_processor BertProcessing";
  lode_tokenizer *tokenizer = load->tokenizer;
  int32_t cls = 0;
  int32_t sep = 0;
  lode_status status = get_named_id(load, ref, what, "cls", &cls);
  if (status == LODE_OK) status = get_named_id(load, ref, what, "sep", &sep);
  if (status == LODE_OK && roberta) {
    status = lode_field_bool(&load->f, ref, what, "trim_offsets", &tokenizer->trim_spans);
  }
  if (status == LODE_OK && roberta) {
    status = lode_field_bool(&load->f, ref, what, "add_prefix_space", &tokenizer->add_prefix_space);
  }
  if (status != LODE_OK) return status;
  return lode_tokenizer_bert_template(tokenizer, cls, sep, roberta, load->f.err);
}

static lode_status load_processor(loader *load, lode_json_ref ref) {
  const lode_json_ref type = get(load, ref, "type");
  lode_tokenizer *tokenizer = load->tokenizer;
  if (tokenizer->single.count + tokenizer->pair.count > 0) {
    return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&load->f.json, ref),
                          "post_processor: a sequence of more than one is not supported");
  }
  if (is(load, type, "BertProcessing")) return load_bert_processing(load, ref, false);
  if (is(load, type, "RobertaProcessing")) return load_bert_processing(load, ref, true);
  if (!is(load, type, "TemplateProcessing")) return unsupported(load, ref, "post_processor");
  const lode_status status = load_template(load, ref, "single", &tokenizer->single);
  return status != LODE_OK ? status : load_template(load, ref, "pair", &tokenizer->pair);
}

/* ---------------------------------------------------------------- truncation */

static lode_status load_truncation(loader *load, lode_json_ref ref) {
  const char *what = "truncation";
  lode_truncation *truncation = &load->tokenizer->truncation;
  const lode_json_ref strategy = get(load, ref, "strategy");
  if (is(load, strategy, "LongestFirst")) {
    truncation->strategy = LODE_TRUNCATE_LONGEST_FIRST;
  } else if (is(load, strategy, "OnlyFirst")) {
    truncation->strategy = LODE_TRUNCATE_ONLY_FIRST;
  } else if (is(load, strategy, "OnlySecond")) {
    truncation->strategy = LODE_TRUNCATE_ONLY_SECOND;
  } else {
    return lode_field_bad(&load->f, ref, what, "strategy", "LongestFirst, OnlyFirst or OnlySecond");
  }
  int64_t length = 0;
  if (lode_json_int(&load->f.json, get(load, ref, "max_length"), &length) && length > 0) {
    truncation->length = (size_t)length;
  }
  const lode_json_ref direction = get(load, ref, "direction");
  truncation->left = is(load, direction, "Left");
  if (truncation->left || direction == LODE_JSON_NONE || is(load, direction, "Right")) {
    return LODE_OK;
  }
  return lode_field_bad(&load->f, ref, what, "direction", "Left or Right");
}

/* ---------------------------------------------------------------- the file */

/* The file's normalizer and pre-tokenizer. */
static lode_status load_splitting(loader *load) {
  const lode_json_ref normalizer = get(load, 0, "normalizer");
  const lode_json_ref pretokenizer = get(load, 0, "pre_tokenizer");
  lode_status status =
      load->tokenizer->is_unigram ? LODE_OK : load_wordpiece(load, get(load, 0, "model"));
  if (status == LODE_OK && !lode_field_absent(&load->f, normalizer)) {
    status = each_component(load, normalizer, "normalizer", "normalizers", load_normalizer_part);
  }
  if (status == LODE_OK && !lode_field_absent(&load->f, pretokenizer)) {
    status = each_component(load, pretokenizer, "pre_tokenizer", "pretokenizers",
                            load_pretokenizer_part);
  }
  return status;
}

static lode_status load_all(loader *load, const lode_tokenizer_config *config) {
  const lode_json_ref version = get(load, 0, "version");
  if (lode_json_kind_of(&load->f.json, 0) != LODE_JSON_OBJECT) {
    return lode_error_set(load->f.err, LODE_E_FORMAT, -1, 0, "the file is not a JSON object");
  }
  if (version != LODE_JSON_NONE && !is(load, version, "1.0")) {
    return lode_error_set(load->f.err, LODE_E_UNSUPPORTED, -1,
                          lode_json_pos(&load->f.json, version), "version \"%s\" is not supported",
                          lode_show(&load->f, version).text);
  }
  const lode_json_ref processor = get(load, 0, "post_processor");
  const lode_json_ref truncation = get(load, 0, "truncation");
  const bool bert = config != NULL && config->bert;
  lode_tokenizer *tokenizer = load->tokenizer;
  lode_error *err = load->f.err;
  lode_added_list added = {0};
  /* The model first: it is what says which kind of tokenizer this is. */
  lode_status status = load_model(load, get(load, 0, "model"), bert);
  if (status != LODE_OK) return status;
  status = bert ? lode_tokenizer_bert_begin(tokenizer, config, err) : load_splitting(load);
  if (status == LODE_OK) status = load_added_tokens(load, get(load, 0, "added_tokens"), &added);
  if (status == LODE_OK) {
    status = config != NULL ? lode_tokenizer_config_tokens(tokenizer, config, &added, err)
                            : lode_tokenizer_add_tokens(tokenizer, &added, 0, err);
  }
  if (status == LODE_OK && bert) status = lode_tokenizer_bert_end(tokenizer, config, err);
  if (status == LODE_OK && !bert && !lode_field_absent(&load->f, processor)) {
    status = each_component(load, processor, "post_processor", "processors", load_processor);
  }
  if (status == LODE_OK && !lode_field_absent(&load->f, truncation)) {
    status = load_truncation(load, truncation);
  }
  if (status != LODE_OK) return status;
  if (config != NULL && config->truncate_left >= 0) {
    tokenizer->truncation.left = config->truncate_left > 0;
  }
  return lode_tokenizer_complete(tokenizer, err);
}

lode_status lode_tokenizer_load_json(lode_tokenizer *tokenizer, lode_text json,
                                     const lode_tokenizer_config *config, lode_error *err) {
  loader load = {.f = {.arena = &tokenizer->arena, .err = err}, .tokenizer = tokenizer};
  lode_status status = lode_json_parse(json.data, json.size, &load.f.json, err);
  if (status == LODE_OK) status = load_all(&load, config);
  lode_json_free(&load.f.json);
  return status;
}

lode_status lode_tokenizer_from_json(const char *json, size_t size, lode_tokenizer **out,
                                     lode_error *err) {
  lode_tokenizer *tokenizer = lode_tokenizer_new();
  if (tokenizer == NULL) return lode_error_nomem(err);
  const lode_status status =
      lode_tokenizer_load_json(tokenizer, (lode_text){json, size}, NULL, err);
  if (status != LODE_OK) {
    lode_tokenizer_free(tokenizer);
    return status;
  }
  *out = tokenizer;
  return LODE_OK;
}
