/* tokenizer_config.json, and special_tokens_map.json and added_tokens.json, which are older
 * ways to say the same. transformers chooses a class by them. BertTokenizer takes nothing but
 * the vocabulary and the added tokens from tokenizer.json: the normalizer and the template
 * are made from the settings here, so these are what counts where the two files differ. */
#include <stdlib.h>
#include <string.h>

#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

/* Real models have about a hundred; this bounds the searches through them. */
enum { MAX_EXTRA = 1024 };

static const char *const named_keys[LODE_NAMED_COUNT] = {
    [LODE_NAMED_BOS] = "bos_token",  [LODE_NAMED_EOS] = "eos_token", [LODE_NAMED_UNK] = "unk_token",
    [LODE_NAMED_SEP] = "sep_token",  [LODE_NAMED_PAD] = "pad_token", [LODE_NAMED_CLS] = "cls_token",
    [LODE_NAMED_MASK] = "mask_token"};

static const char settings[] = "setting";

lode_tokenizer_config lode_tokenizer_config_bert(void) {
  lode_tokenizer_config config = {.bert = true,
                                  .lowercase = true,
                                  .chinese_chars = true,
                                  .strip_accents = -1,
                                  .truncate_left = -1};
  config.named[LODE_NAMED_UNK] = (lode_added_entry){.content = "[UNK]", .size = 5};
  config.named[LODE_NAMED_SEP] = (lode_added_entry){.content = "[SEP]", .size = 5};
  config.named[LODE_NAMED_PAD] = (lode_added_entry){.content = "[PAD]", .size = 5};
  config.named[LODE_NAMED_CLS] = (lode_added_entry){.content = "[CLS]", .size = 5};
  config.named[LODE_NAMED_MASK] = (lode_added_entry){.content = "[MASK]", .size = 6};
  return config;
}

/* ---------------------------------------------------------------- the class */

/* "Fast" at the end means nothing any more. */
static bool is_class(const char *name, size_t size, const char *class) {
  if (size > 4 && memcmp(name + size - 4, "Fast", 4) == 0) size -= 4;
  return strlen(class) == size && memcmp(name, class, size) == 0;
}

static lode_status choose_class(const lode_fields *f, const lode_tokenizer_files *files,
                                bool *bert) {
  /* Other names of BertTokenizer. */
  static const char *const berts[] = {
      "BertTokenizer",     "DistilBertTokenizer", "ElectraTokenizer",    "MobileBertTokenizer",
      "LayoutLMTokenizer", "LxmertTokenizer",     "SqueezeBertTokenizer"};
  /* No class in particular. "PreTrainedTokenizerFast" loses its "Fast" like the others. */
  static const char *const plain[] = {"PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"};
  const char *name = files->tokenizer_class;
  size_t size = name != NULL ? strlen(name) : 0;
  if (!lode_field_absent(f, lode_json_get(&f->json, 0, "tokenizer_class"))) {
    const lode_status status = lode_field_string(f, 0, settings, "tokenizer_class", &name, &size);
    if (status != LODE_OK) return status;
  }
  if (size == 0) { /* the model's own */
    *bert = strcmp(files->model_type, "bert") == 0 || strcmp(files->model_type, "distilbert") == 0;
    if (*bert) return LODE_OK;
    return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, -1,
                          "tokenizer_class: is missing, and the tokenizer of model_type \"%s\" is "
                          "not supported",
                          files->model_type);
  }
  for (size_t i = 0; i < sizeof berts / sizeof *berts; i++) {
    *bert = is_class(name, size, berts[i]);
    if (*bert) return LODE_OK;
  }
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    if (is_class(name, size, plain[i])) return LODE_OK;
  }
  return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, -1,
                        "tokenizer_class \"%s\" is not supported",
                        lode_show_bytes(name, size).text);
}

/* ---------------------------------------------------------------- one token */

/* Member `key`, a boolean that may be absent. */
static lode_status optional_bool(const lode_fields *f, lode_json_ref object, const char *what,
                                 const char *key, bool *out) {
  if (lode_field_absent(f, lode_json_get(&f->json, object, key))) return LODE_OK;
  return lode_field_bool(f, object, what, key, out);
}

static lode_status check_size(const lode_fields *f, lode_json_ref ref,
                              const lode_added_entry *entry) {
  if (entry->size <= LODE_ADDED_MAX_BYTES) return LODE_OK;
  return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&f->json, ref),
                        "added token of more than %d bytes is not supported", LODE_ADDED_MAX_BYTES);
}

/* {"content": "[CLS]", "lstrip": false, …}; `special` is what absence of that field means. */
static lode_status read_token_object(const lode_fields *f, lode_json_ref ref, bool special,
                                     lode_added_entry *out) {
  static const char what[] = "added token";
  static const struct {
    const char *field;
    uint8_t flag;
  } fields[] = {
      {"single_word", LODE_ADDED_SINGLE_WORD},
      {"lstrip", LODE_ADDED_LSTRIP},
      {"rstrip", LODE_ADDED_RSTRIP},
  };
  lode_status status = lode_field_string(f, ref, what, "content", &out->content, &out->size);
  out->flags = 0;
  for (size_t i = 0; status == LODE_OK && i < sizeof fields / sizeof *fields; i++) {
    bool set = false;
    status = optional_bool(f, ref, what, fields[i].field, &set);
    if (set) out->flags |= fields[i].flag;
  }
  if (status == LODE_OK) status = optional_bool(f, ref, what, "special", &special);
  bool normalized = !special;
  if (status == LODE_OK) status = optional_bool(f, ref, what, "normalized", &normalized);
  if (normalized) out->flags |= LODE_ADDED_NORMALIZED;
  return status == LODE_OK ? check_size(f, ref, out) : status;
}

/* A special token: a string, or an object. */
static lode_status read_token(const lode_fields *f, lode_json_ref ref, const char *key,
                              bool special, lode_added_entry *out) {
  switch (lode_json_kind_of(&f->json, ref)) {
    case LODE_JSON_OBJECT:
      return read_token_object(f, ref, special, out);
    case LODE_JSON_STRING: {
      char *s = lode_arena_alloc(f->arena, lode_json_string_bound(&f->json, ref) + 1);
      if (s == NULL) return lode_error_nomem(f->err);
      const size_t size = lode_json_string(&f->json, ref, s);
      if (size == SIZE_MAX) break;
      *out = (lode_added_entry){.content = s, .size = size};
      return check_size(f, ref, out);
    }
    default:
      break;
  }
  return lode_error_set(f->err, LODE_E_FORMAT, -1, lode_json_pos(&f->json, ref),
                        "%s: \"%s\" is no token", settings, key);
}

/* ---------------------------------------------------------------- special tokens */

static lode_status push_special(const lode_fields *f, lode_added_list *list, lode_json_ref ref,
                                const char *key, bool special) {
  lode_added_entry entry = {0};
  const lode_status status = read_token(f, ref, key, special, &entry);
  if (status != LODE_OK || entry.size == 0) return status;
  if (list->count == MAX_EXTRA) {
    return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, lode_json_pos(&f->json, ref),
                          "%s: more than %d tokens are not supported", key, MAX_EXTRA);
  }
  return lode_added_list_push(list, f->arena, entry) ? LODE_OK : lode_error_nomem(f->err);
}

/* The named ones, and members that are called like them ("image_token"). */
static lode_status read_named(const lode_fields *f, bool special, lode_tokenizer_config *c) {
  const lode_json *json = &f->json;
  for (size_t i = 0; i < LODE_NAMED_COUNT; i++) {
    const lode_json_ref ref = lode_json_get(json, 0, named_keys[i]);
    if (ref == LODE_JSON_NONE) continue;
    c->named[i] = (lode_added_entry){0};
    if (lode_field_absent(f, ref)) continue; /* null: none */
    const lode_status status = read_token(f, ref, named_keys[i], special, &c->named[i]);
    if (status != LODE_OK) return status;
  }
  for (lode_json_ref ref = lode_json_first(json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(json, ref)) {
    const lode_json_ref key = lode_json_key(json, ref);
    const size_t bound = lode_json_string_bound(json, key);
    const char *end = json->text + lode_json_pos(json, key) + bound;
    const lode_json_kind kind = lode_json_kind_of(json, ref);
    const bool token =
        kind == LODE_JSON_OBJECT &&
        (special || lode_json_is(json, lode_json_get(json, ref, "__type"), "AddedToken"));
    if (kind != LODE_JSON_STRING && !token) continue;
    if (bound < 6 || memcmp(end - 6, "_token", 6) != 0) continue;
    bool named = false;
    for (size_t i = 0; i < LODE_NAMED_COUNT; i++) named |= lode_json_is(json, key, named_keys[i]);
    if (named) continue;
    const lode_status status = push_special(f, &c->like_named, ref, "…_token", special);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* A list, or an object whose values are tokens. */
static lode_status read_extra(const lode_fields *f, const char *key, bool special,
                              lode_tokenizer_config *c) {
  const lode_json_ref list = lode_json_get(&f->json, 0, key);
  for (lode_json_ref ref = lode_json_first(&f->json, list); ref != LODE_JSON_NONE;
       ref = lode_json_next(&f->json, ref)) {
    const lode_status status = push_special(f, &c->extra, ref, key, special);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static lode_status read_special(const lode_fields *f, bool special, lode_tokenizer_config *c) {
  static const char *const keys[] = {"extra_special_tokens", "additional_special_tokens"};
  lode_status status = read_named(f, special, c);
  if (status == LODE_OK) status = read_extra(f, keys[0], special, c);
  c->known_extra = c->extra.count;
  /* The older key counts where the newer one has nothing, in one file or the other. */
  if (status == LODE_OK && c->extra.count == 0 && !c->has_extra) {
    status = read_extra(f, keys[1], special, c);
    if (!special) c->known_extra = c->extra.count;
  }
  for (size_t i = 0; i < 2; i++) {
    c->has_extra |= lode_json_get(&f->json, 0, keys[i]) != LODE_JSON_NONE;
  }
  return status;
}

/* ---------------------------------------------------------------- added tokens */

static lode_status push_added(const lode_fields *f, lode_tokenizer_config *c,
                              lode_added_entry entry) {
  if (entry.size == 0) return LODE_OK; /* the library ignores them */
  return lode_added_list_push(&c->added, f->arena, entry) ? LODE_OK : lode_error_nomem(f->err);
}

/* {"30522": {"content": …}} */
static lode_status read_decoder(const lode_fields *f, lode_json_ref decoder,
                                lode_tokenizer_config *c) {
  const lode_json *json = &f->json;
  if (lode_json_kind_of(json, decoder) != LODE_JSON_OBJECT) {
    return lode_field_bad(f, 0, settings, "added_tokens_decoder", "an object");
  }
  for (lode_json_ref ref = lode_json_first(json, decoder); ref != LODE_JSON_NONE;
       ref = lode_json_next(json, ref)) {
    const lode_json_ref key = lode_json_key(json, ref);
    const char *digits = json->text + lode_json_pos(json, key);
    const size_t size = lode_json_string_bound(json, key);
    lode_added_entry entry = {0};
    bool number = size > 0 && size < 10;
    for (size_t i = 0; number && i < size; i++) {
      number = digits[i] >= '0' && digits[i] <= '9';
      entry.id = 10 * entry.id + (digits[i] - '0');
    }
    if (!number || lode_json_kind_of(json, ref) != LODE_JSON_OBJECT) {
      return lode_error_set(f->err, LODE_E_FORMAT, -1, lode_json_pos(json, key),
                            "added_tokens_decoder: an entry is not a number and an added token");
    }
    lode_status status = read_token_object(f, ref, false, &entry);
    if (status == LODE_OK) status = push_added(f, c, entry);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static bool same_content(const lode_added_entry *a, const lode_added_entry *b) {
  return a->size > 0 && a->size == b->size && memcmp(a->content, b->content, a->size) == 0;
}

/* added_tokens.json: {"[NEW]": 30522}. Those that are special are not normalized, where the
 * library knows already that they are. */
static lode_status read_added_tokens(const lode_fields *f, lode_tokenizer_config *c) {
  const lode_json *json = &f->json;
  for (lode_json_ref ref = lode_json_first(json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(json, ref)) {
    lode_added_entry entry = {0};
    lode_status status = read_token(f, lode_json_key(json, ref), "added token", true, &entry);
    if (status != LODE_OK) return status;
    if (!lode_json_int(json, ref, &entry.id)) {
      return lode_error_set(f->err, LODE_E_FORMAT, -1, lode_json_pos(json, ref),
                            "the id of an added token is not a whole number");
    }
    bool special = false;
    for (size_t i = 0; i < LODE_NAMED_COUNT; i++) special |= same_content(&entry, &c->named[i]);
    for (size_t i = 0; i < c->known_extra && !special; i++) {
      special = same_content(&entry, &c->extra.items[i]);
    }
    if (!special) entry.flags |= LODE_ADDED_NORMALIZED;
    status = push_added(f, c, entry);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- the settings */

static lode_status read_truncation_side(const lode_fields *f, lode_tokenizer_config *c) {
  const lode_json_ref side = lode_json_get(&f->json, 0, "truncation_side");
  if (lode_field_absent(f, side)) return LODE_OK;
  c->truncate_left = lode_json_is(&f->json, side, "left");
  if (c->truncate_left || lode_json_is(&f->json, side, "right")) return LODE_OK;
  return lode_field_bad(f, 0, settings, "truncation_side", "left or right");
}

static lode_status read_settings(const lode_fields *f, lode_tokenizer_config *c) {
  bool strip = false;
  bool split = false;
  lode_status status = optional_bool(f, 0, settings, "do_lower_case", &c->lowercase);
  if (status == LODE_OK) {
    status = optional_bool(f, 0, settings, "tokenize_chinese_chars", &c->chinese_chars);
  }
  if (status == LODE_OK) status = optional_bool(f, 0, settings, "strip_accents", &strip);
  if (!lode_field_absent(f, lode_json_get(&f->json, 0, "strip_accents"))) {
    c->strip_accents = strip;
  }
  if (status == LODE_OK) status = read_truncation_side(f, c);
  if (status == LODE_OK) status = optional_bool(f, 0, settings, "split_special_tokens", &split);
  if (status != LODE_OK || !split) return status;
  return lode_error_set(f->err, LODE_E_UNSUPPORTED, -1, -1,
                        "split_special_tokens: true is not supported");
}

typedef lode_status read_fn(const lode_fields *f, const lode_tokenizer_files *files,
                            lode_tokenizer_config *c);

static lode_status read_config(const lode_fields *f, const lode_tokenizer_files *files,
                               lode_tokenizer_config *c) {
  bool bert = false;
  lode_status status = choose_class(f, files, &bert);
  if (status != LODE_OK) return status;
  *c = bert ? lode_tokenizer_config_bert() : (lode_tokenizer_config){.truncate_left = -1};
  c->id_limit = files->id_limit;
  status = read_settings(f, c);
  if (status == LODE_OK) status = read_special(f, false, c);
  const lode_json_ref decoder = lode_json_get(&f->json, 0, "added_tokens_decoder");
  c->added_is_all = decoder != LODE_JSON_NONE;
  if (status == LODE_OK && c->added_is_all) status = read_decoder(f, decoder, c);
  return status;
}

static lode_status read_map(const lode_fields *f, const lode_tokenizer_files *files,
                            lode_tokenizer_config *c) {
  (void)files;
  return read_special(f, true, c);
}

static lode_status read_added(const lode_fields *f, const lode_tokenizer_files *files,
                              lode_tokenizer_config *c) {
  (void)files;
  return read_added_tokens(f, c);
}

/* Parse a file and hand its root object to `read`; a file that is not there is like {}. */
static lode_status read_file(const char *name, lode_text text, read_fn *read,
                             const lode_tokenizer_files *files, lode_arena *arena,
                             lode_tokenizer_config *c, lode_error *err) {
  if (text.data == NULL) text = (lode_text){"{}", 2};
  lode_fields f = {.arena = arena, .err = err};
  lode_status status = lode_json_parse(text.data, text.size, &f.json, err);
  if (status == LODE_OK && lode_json_kind_of(&f.json, 0) != LODE_JSON_OBJECT) {
    status = lode_error_set(err, LODE_E_FORMAT, -1, 0, "is no JSON object");
  }
  if (status == LODE_OK) status = read(&f, files, c);
  lode_json_free(&f.json);
  return status == LODE_OK ? LODE_OK : lode_error_prefix(err, status, name);
}

lode_status lode_tokenizer_config_read(const lode_tokenizer_files *files, lode_arena *arena,
                                       lode_tokenizer_config *out, lode_error *err) {
  lode_status status = read_file("tokenizer_config.json", files->tokenizer_config, read_config,
                                 files, arena, out, err);
  if (status != LODE_OK) return status;
  if (!out->added_is_all) { /* older ways, which count only then */
    status = read_file("special_tokens_map.json", files->special_tokens_map, read_map, files, arena,
                       out, err);
    if (status == LODE_OK) {
      status =
          read_file("added_tokens.json", files->added_tokens, read_added, files, arena, out, err);
    }
    if (status != LODE_OK) return status;
  }
  if (!out->bert) return LODE_OK;
  static const int needed[] = {LODE_NAMED_UNK, LODE_NAMED_SEP, LODE_NAMED_CLS};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    if (out->named[needed[i]].size > 0) continue;
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "tokenizer_config.json: %s: BertTokenizer needs one",
                          named_keys[needed[i]]);
  }
  return LODE_OK;
}
