/* A model's files together, as transformers' AutoTokenizer reads them. */
#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

/* ---------------------------------------------------------------- BertTokenizer's own parts */

lode_status lode_tokenizer_bert_begin(lode_tokenizer *tokenizer,
                                      const lode_tokenizer_config *config, lode_error *err) {
  const lode_added_entry *name = &config->named[LODE_NAMED_UNK];
  const int32_t unknown = lode_vocab_find(&tokenizer->vocab, name->content, name->size);
  if (unknown < 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "unk_token: the vocabulary has no %s",
                          lode_show_bytes(name->content, name->size).text);
  }
  const lode_status status = lode_wordpiece_init(&tokenizer->model, &tokenizer->vocab, "##", 2,
                                                 unknown, 100, &tokenizer->arena, err);
  if (status != LODE_OK) return status;
  tokenizer->split = LODE_SPLIT_BERT;
  return lode_tokenizer_bert_normalizer(tokenizer, true, config->chinese_chars,
                                        config->strip_accents, config->lowercase, err);
}

static lode_status find_special(const lode_tokenizer *tokenizer, const lode_added_entry *name,
                                int32_t *id, lode_error *err) {
  *id = lode_tokenizer_id(tokenizer, name->content, name->size);
  if (*id >= 0) return LODE_OK;
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "the vocabulary has no %s",
                        lode_show_bytes(name->content, name->size).text);
}

lode_status lode_tokenizer_bert_end(lode_tokenizer *tokenizer, const lode_tokenizer_config *config,
                                    lode_error *err) {
  int32_t cls = 0;
  int32_t sep = 0;
  lode_status status = find_special(tokenizer, &config->named[LODE_NAMED_CLS], &cls, err);
  if (status == LODE_OK) {
    status = find_special(tokenizer, &config->named[LODE_NAMED_SEP], &sep, err);
  }
  if (status != LODE_OK) return status;
  return lode_tokenizer_bert_template(tokenizer, cls, sep, false, err);
}

/* ---------------------------------------------------------------- added tokens */

static bool push_all(lode_added_list *to, lode_arena *arena, const lode_added_entry *entries,
                     size_t count, bool if_new) {
  for (size_t i = 0; i < count; i++) {
    lode_added_entry entry = entries[i];
    entry.if_new = if_new;
    if (entry.size > 0 && !lode_added_list_push(to, arena, entry)) return false;
  }
  return true;
}

lode_status lode_tokenizer_config_tokens(lode_tokenizer *tokenizer,
                                         const lode_tokenizer_config *config,
                                         lode_added_list *from_file, lode_error *err) {
  lode_arena *arena = &tokenizer->arena;
  lode_added_list all = {0};
  lode_added_list by_id = {0};
  const lode_added_list *added = &config->added;
  bool ok = true;
  /* A tokenizer.json that is taken as it stands has added its own already. */
  if (!config->bert) ok = push_all(&all, arena, from_file->items, from_file->count, false);
  ok = ok && push_all(&by_id, arena, added->items, added->count, false);
  if (!config->added_is_all) {
    ok = ok && push_all(&by_id, arena, from_file->items, from_file->count, false);
  }
  lode_added_list_sort(&by_id);
  ok = ok && push_all(&all, arena, by_id.items, by_id.count, false) &&
       push_all(&all, arena, config->named, LODE_NAMED_COUNT, true) &&
       push_all(&all, arena, config->like_named.items, config->like_named.count, true) &&
       push_all(&all, arena, config->extra.items, config->extra.count, true);
  if (!ok) return lode_error_nomem(err);
  return lode_tokenizer_add_tokens(tokenizer, &all, config->id_limit, err);
}

/* ---------------------------------------------------------------- all of it */

static lode_status load_files(lode_tokenizer *tokenizer, const lode_tokenizer_files *files,
                              lode_error *err) {
  lode_tokenizer_config config;
  lode_status status = lode_tokenizer_config_read(files, &tokenizer->arena, &config, err);
  if (status != LODE_OK) return status;
  if (files->tokenizer_json.data != NULL) {
    status = lode_tokenizer_load_json(tokenizer, files->tokenizer_json, &config, err);
    return status == LODE_OK ? LODE_OK : lode_error_prefix(err, status, "tokenizer.json");
  }
  if (!config.bert) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "tokenizer_config.json: tokenizer_class is not BertTokenizer, which "
                          "alone reads vocab.txt, and there is no tokenizer.json");
  }
  status = lode_tokenizer_load_vocab(tokenizer, files->vocab_txt, &config, err);
  return status == LODE_OK ? LODE_OK : lode_error_prefix(err, status, "vocab.txt");
}

lode_status lode_tokenizer_from_files(const lode_tokenizer_files *files, lode_tokenizer **out,
                                      lode_error *err) {
  lode_tokenizer *tokenizer = lode_tokenizer_new();
  if (tokenizer == NULL) return lode_error_nomem(err);
  const lode_status status = load_files(tokenizer, files, err);
  if (status != LODE_OK) {
    lode_tokenizer_free(tokenizer);
    return status;
  }
  *out = tokenizer;
  return LODE_OK;
}
