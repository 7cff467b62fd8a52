#include "text/tokenizer.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "text/tokenizer_parts.h"

lode_tokenizer *lode_tokenizer_new(void) {
  return calloc(1, sizeof(lode_tokenizer));
}

void lode_tokenizer_free(lode_tokenizer *tokenizer) {
  if (tokenizer == NULL) return;
  lode_arena_free(&tokenizer->arena);
  free(tokenizer);
}

/* ---------------------------------------------------------------- questions */

int32_t lode_tokenizer_size(const lode_tokenizer *tokenizer) {
  const int32_t vocab = tokenizer->vocab.size;
  const int32_t added = tokenizer->added.size;
  return vocab > added ? vocab : added;
}

const char *lode_tokenizer_piece(const lode_tokenizer *tokenizer, int32_t id) {
  const char *piece = lode_vocab_piece(&tokenizer->added, id);
  return piece != NULL ? piece : lode_vocab_piece(&tokenizer->vocab, id);
}

int32_t lode_tokenizer_id(const lode_tokenizer *tokenizer, const char *piece, size_t size) {
  const int32_t id = lode_vocab_find(&tokenizer->added, piece, size);
  return id >= 0 ? id : lode_vocab_find(&tokenizer->vocab, piece, size);
}

size_t lode_tokenizer_added(const lode_tokenizer *tokenizer, bool pair) {
  return pair ? tokenizer->pair.special : tokenizer->single.special;
}

/* ---------------------------------------------------------------- making one */

lode_status lode_tokenizer_bert_normalizer(lode_tokenizer *tokenizer, bool clean_text,
                                           bool chinese_chars, int strip_accents, bool lowercase,
                                           lode_error *err) {
  const bool strip = strip_accents < 0 ? lowercase : strip_accents > 0;
  lode_normalizer *normalizer = &tokenizer->normalizer;
  bool ok = true;
  if (clean_text) ok = ok && lode_normalizer_add(normalizer, LODE_STEP_CLEAN);
  if (chinese_chars) ok = ok && lode_normalizer_add(normalizer, LODE_STEP_CHINESE);
  if (strip) {
    ok = ok && lode_normalizer_add(normalizer, LODE_STEP_NFD);
    ok = ok && lode_normalizer_add(normalizer, LODE_STEP_STRIP_MN);
  }
  if (lowercase) ok = ok && lode_normalizer_add(normalizer, LODE_STEP_LOWER);
  if (ok) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "normalizer: more than %d steps are not supported", LODE_NORMALIZER_MAX);
}

lode_status lode_tokenizer_bert_template(lode_tokenizer *tokenizer, int32_t cls, int32_t sep,
                                         bool doubled, lode_error *err) {
  const int32_t second = doubled ? 0 : 1;
  const lode_template_part parts[] = {
      {LODE_TEMPLATE_SPECIAL, cls, 0},   {LODE_TEMPLATE_FIRST, 0, 0},
      {LODE_TEMPLATE_SPECIAL, sep, 0},   {LODE_TEMPLATE_SPECIAL, sep, 0},
      {LODE_TEMPLATE_SECOND, 0, second}, {LODE_TEMPLATE_SPECIAL, sep, second},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (i < 3 && !lode_template_add(&tokenizer->single, &tokenizer->arena, parts[i])) {
      return lode_error_nomem(err);
    }
    if (i == 3 && !doubled) continue;
    if (!lode_template_add(&tokenizer->pair, &tokenizer->arena, parts[i])) {
      return lode_error_nomem(err);
    }
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- added tokens */

/* The token's content as the normalizer leaves it. */
static lode_status normalize_content(lode_tokenizer *tokenizer, lode_added_token *token,
                                     lode_chars *chars, lode_error *err) {
  const char *end = token->pattern + token->size;
  chars->count = 0;
  for (const char *p = token->pattern; p < end;) {
    if (!lode_chars_push(chars, lode_utf8_next(&p), 0, 0)) return lode_error_nomem(err);
  }
  if (!lode_normalizer_run(&tokenizer->normalizer, chars)) return lode_error_nomem(err);
  if (chars->count == 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "added token with id %d: the normalizer leaves nothing of it",
                          (int)token->id);
  }
  char *pattern = lode_arena_array(&tokenizer->arena, chars->count, 4);
  if (pattern == NULL) return lode_error_nomem(err);
  token->pattern = pattern;
  token->size = 0;
  for (size_t i = 0; i < chars->count; i++) {
    token->size += lode_utf8_put(pattern + token->size, chars->data[i].c);
  }
  return LODE_OK;
}

bool lode_added_list_push(lode_added_list *list, lode_arena *arena, lode_added_entry entry) {
  if (list->count == list->capacity) {
    const size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
    lode_added_entry *items = lode_arena_array(arena, capacity, sizeof *items);
    if (items == NULL) return false;
    if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count++] = entry;
  return true;
}

static int compare_entries(const void *left, const void *right) {
  const lode_added_entry *a = left;
  const lode_added_entry *b = right;
  if (a->id != b->id) return a->id < b->id ? -1 : 1;
  return (a->order > b->order) - (a->order < b->order);
}

void lode_added_list_sort(lode_added_list *list) {
  if (list->count == 0) return;
  for (size_t i = 0; i < list->count; i++) list->items[i].order = i;
  qsort(list->items, list->count, sizeof *list->items, compare_entries);
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (i + 1 < list->count && list->items[i + 1].id == list->items[i].id) continue;
    list->items[kept++] = list->items[i];
  }
  list->count = kept;
}

/* Give each content its id, in tokenizer->added; what is not to be added leaves the list. */
static lode_status number_tokens(lode_tokenizer *tokenizer, lode_added_list *list, int64_t id_limit,
                                 lode_error *err) {
  lode_vocab *added = &tokenizer->added;
  size_t bytes = 0;
  for (size_t i = 0; i < list->count; i++) bytes += list->items[i].size;
  lode_status status = lode_vocab_init(added, &tokenizer->arena, list->count, bytes, err);
  if (status != LODE_OK) return status;
  int64_t next_id = tokenizer->vocab.count;
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    const lode_added_entry *entry = &list->items[i];
    const int32_t known = lode_vocab_find(&tokenizer->vocab, entry->content, entry->size);
    const int64_t id = known >= 0 ? known : next_id;
    if (entry->if_new && ((known < 0 && id >= id_limit) ||
                          lode_vocab_find(added, entry->content, entry->size) >= 0)) {
      continue;
    }
    if (id >= LODE_VOCAB_ID_LIMIT) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "too many added tokens");
    }
    memcpy(lode_vocab_next(added), entry->content, entry->size);
    int32_t old;
    const lode_vocab_add_result result = lode_vocab_add(added, entry->size, (int32_t)id, &old);
    if (result == LODE_VOCAB_CROWDED) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "added tokens: too many hash collisions");
    }
    if (result == LODE_VOCAB_ADDED && known < 0) next_id++;
    list->items[kept++] = *entry;
  }
  list->count = kept;
  return lode_vocab_finish(added, &tokenizer->arena, true, err);
}

lode_status lode_tokenizer_add_tokens(lode_tokenizer *tokenizer, lode_added_list *list,
                                      int64_t id_limit, lode_error *err) {
  lode_status status = number_tokens(tokenizer, list, id_limit, err);
  if (status != LODE_OK) return status;
  const lode_added_entry *entries = list->items;
  const size_t count = list->count;
  lode_added_token *raw = lode_arena_array(&tokenizer->arena, count, sizeof *raw);
  lode_added_token *normalized = lode_arena_array(&tokenizer->arena, count, sizeof *normalized);
  /* By id: the entry that counts, plus one. */
  size_t *last = lode_arena_array(&tokenizer->arena, (size_t)tokenizer->added.size, sizeof *last);
  if (raw == NULL || normalized == NULL || last == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < count; i++) {
    last[lode_vocab_find(&tokenizer->added, entries[i].content, entries[i].size)] = i + 1;
  }
  size_t raw_count = 0;
  size_t normalized_count = 0;
  lode_chars chars = {0};
  for (size_t i = 0; status == LODE_OK && i < count; i++) {
    const lode_added_entry *entry = &entries[i];
    const int32_t id = lode_vocab_find(&tokenizer->added, entry->content, entry->size);
    if (last[id] != i + 1) continue;
    lode_added_token token = {entry->content, entry->size, id, entry->flags};
    if ((entry->flags & LODE_ADDED_NORMALIZED) == 0) {
      raw[raw_count++] = token;
    } else {
      status = normalize_content(tokenizer, &token, &chars, err);
      if (status == LODE_OK) normalized[normalized_count++] = token;
    }
  }
  lode_chars_free(&chars);
  lode_added_set_init(&tokenizer->raw, raw, raw_count);
  lode_added_set_init(&tokenizer->normalized, normalized, normalized_count);
  return status;
}

/* ---------------------------------------------------------------- completion */

/* What becomes of one ASCII character: none of the steps lets it and its neighbours act on
 * each other. False: out of memory. */
static bool tabulate_ascii(lode_tokenizer *tokenizer) {
  memset(tokenizer->ascii_kind, LODE_KIND_SLOW, sizeof tokenizer->ascii_kind);
  lode_chars chars = {0};
  bool ok = true;
  for (uint32_t c = 0; ok && c < 0x80; c++) {
    chars.count = 0;
    ok = lode_chars_push(&chars, c, 0, 1) && lode_normalizer_run(&tokenizer->normalizer, &chars);
    tokenizer->ascii_alone[c] = tokenizer->model.unknown;
    if (!ok || chars.count != 1 || chars.data[0].c >= 0x80) continue;
    const uint8_t to = (uint8_t)chars.data[0].c;
    tokenizer->ascii_to[c] = to;
    tokenizer->ascii_kind[c] = lode_pretokenizer_kind(tokenizer->split, to);
    const int32_t id = lode_vocab_find(&tokenizer->vocab, (const char *)&to, 1);
    if (id >= 0 && tokenizer->model.max_chars >= 1) tokenizer->ascii_alone[c] = id;
  }
  lode_chars_free(&chars);
  return ok;
}

static bool template_has(const lode_template *template, lode_template_kind kind) {
  for (size_t i = 0; i < template->count; i++) {
    if (template->parts[i].kind == kind) return true;
  }
  return false;
}

/* Without a post-processor: nothing around the texts, types 0 and 1. */
static bool default_templates(lode_tokenizer *tokenizer) {
  const lode_template_part first = {LODE_TEMPLATE_FIRST, 0, 0};
  const lode_template_part second = {LODE_TEMPLATE_SECOND, 0, 1};
  lode_arena *arena = &tokenizer->arena;
  return lode_template_add(&tokenizer->single, arena, first) &&
         lode_template_add(&tokenizer->pair, arena, first) &&
         lode_template_add(&tokenizer->pair, arena, second);
}

lode_status lode_tokenizer_complete(lode_tokenizer *tokenizer, lode_error *err) {
  if (tokenizer->single.count == 0 && tokenizer->pair.count == 0 && !default_templates(tokenizer)) {
    return lode_error_nomem(err);
  }
  if (template_has(&tokenizer->single, LODE_TEMPLATE_SECOND)) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "post_processor: the template for one text names a second");
  }
  const lode_template *templates[] = {&tokenizer->single, &tokenizer->pair};
  for (size_t k = 0; k < 2; k++) {
    for (size_t i = 0; i < templates[k]->count; i++) {
      const lode_template_part *part = &templates[k]->parts[i];
      if (part->kind != LODE_TEMPLATE_SPECIAL) continue;
      if (part->id < lode_tokenizer_size(tokenizer)) continue;
      return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                            "post_processor: special token id %d is not in the vocabulary",
                            (int)part->id);
    }
  }
  tokenizer->whole = tokenizer->is_unigram || lode_normalizer_is_whole(&tokenizer->normalizer);
  if (!tabulate_ascii(tokenizer)) return lode_error_nomem(err);
  return LODE_OK;
}

lode_status lode_tokenizer_plain(lode_tokenizer *tokenizer, bool drop_unknown, lode_error *err) {
  tokenizer->single = (lode_template){0};
  tokenizer->pair = (lode_template){0};
  tokenizer->drop_unknown = drop_unknown;
  return default_templates(tokenizer) ? LODE_OK : lode_error_nomem(err);
}

size_t lode_tokenizer_own_limit(const lode_tokenizer *tokenizer) {
  return tokenizer->truncation.length;
}

void lode_tokenizer_truncate_end(lode_tokenizer *tokenizer) {
  tokenizer->truncation = (lode_truncation){.strategy = LODE_TRUNCATE_LONGEST_FIRST};
}

lode_status lode_tokenizer_lowercase(lode_tokenizer *tokenizer, lode_error *err) {
  lode_normalizer *normalizer = &tokenizer->normalizer;
  if (memchr(normalizer->steps, LODE_STEP_LOWER, normalizer->count) != NULL) return LODE_OK;
  if (!lode_normalizer_add(normalizer, LODE_STEP_LOWER)) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "normalizer: more than %d steps",
                          LODE_NORMALIZER_MAX);
  }
  memmove(normalizer->steps + 1, normalizer->steps, normalizer->count - 1);
  normalizer->steps[0] = LODE_STEP_LOWER;
  return tabulate_ascii(tokenizer) ? LODE_OK : lode_error_nomem(err);
}
