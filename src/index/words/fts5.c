#include "index/words/fts5.h"

#include <stdlib.h>
#include <string.h>

struct lode_fts5 {
  lode_language language;
  lode_languages query_languages;
};

/* One table's tokenizer; SQLite leaves the contents to us. */
struct Fts5Tokenizer {
  lode_words *words;
  const lode_fts5 *shared;
  lode_language fixed; /* NONE: the connection's */
};

static void tokenizer_delete(Fts5Tokenizer *t) {
  if (t == NULL) return;
  lode_words_free(t->words);
  sqlite3_free(t);
}

static int tokenizer_create(void *context, const char **args, int count, Fts5Tokenizer **out) {
  if (count > 1) return SQLITE_ERROR;
  lode_language fixed = LODE_LANGUAGE_NONE;
  if (count == 1) {
    fixed = lode_language_of_tag(args[0], strlen(args[0]));
    if (fixed == LODE_LANGUAGE_NONE) return SQLITE_ERROR;
  }
  Fts5Tokenizer *t = sqlite3_malloc(sizeof *t);
  if (t == NULL) return SQLITE_NOMEM;
  *t = (Fts5Tokenizer){.shared = context, .fixed = fixed};
  if (lode_words_new(&t->words, NULL) != LODE_OK) {
    sqlite3_free(t);
    return SQLITE_NOMEM;
  }
  *out = t;
  return SQLITE_OK;
}

typedef struct receiver {
  void *context;
  int (*token)(void *, int, const char *, int, int, int);
} receiver;

static int hand_over(void *user, const lode_word *word) {
  const receiver *r = user;
  return r->token(r->context, word->colocated ? FTS5_TOKEN_COLOCATED : 0, word->term,
                  (int)word->size, (int)word->begin, (int)word->end);
}

static int tokenizer_tokenize(Fts5Tokenizer *t, void *context, int flags, const char *text,
                              int size, int (*token)(void *, int, const char *, int, int, int)) {
  lode_words_options options = {.mode = LODE_WORDS_DOCUMENT};
  lode_language document = t->fixed;
  if (document == LODE_LANGUAGE_NONE) document = t->shared->language;
  options.languages = LODE_LANGUAGE_BIT(document);
  if ((flags & FTS5_TOKENIZE_QUERY) != 0) {
    const bool prefix = (flags & FTS5_TOKENIZE_PREFIX) != 0;
    options.mode = prefix ? LODE_WORDS_PREFIX : LODE_WORDS_QUERY;
    options.languages =
        t->fixed != LODE_LANGUAGE_NONE ? LODE_LANGUAGE_BIT(t->fixed) : t->shared->query_languages;
  }
  receiver r = {context, token};
  const int result = lode_words_split(t->words, text, (size_t)size, &options, hand_over, &r);
  return result == LODE_WORDS_NOMEM ? SQLITE_NOMEM : result;
}

/* The documented way to FTS5's functions: a query that fills a pointer. NULL: there are none. */
static fts5_api *find_api(sqlite3 *db, int *rc) {
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;
  *rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL);
  if (*rc == SQLITE_OK)
    *rc = sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
  if (*rc == SQLITE_OK) (void)sqlite3_step(statement);
  (void)sqlite3_finalize(statement);
  return api != NULL && api->iVersion >= 2 ? api : NULL;
}

lode_status lode_fts5_register(sqlite3 *db, lode_fts5 **out, lode_error *err) {
  int rc;
  fts5_api *api = find_api(db, &rc);
  if (api == NULL) {
    if (rc == SQLITE_NOMEM) return lode_error_nomem(err);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "this SQLite (%s) has no FTS5",
                          sqlite3_libversion());
  }
  lode_fts5 *fts5 = calloc(1, sizeof *fts5);
  if (fts5 == NULL) return lode_error_nomem(err);
  fts5_tokenizer methods = {tokenizer_create, tokenizer_delete, tokenizer_tokenize};
  rc = api->xCreateTokenizer(api, "lode", fts5, &methods, free);
  if (rc != SQLITE_OK) { /* FTS5 has then not taken it over */
    free(fts5);
    if (rc == SQLITE_NOMEM) return lode_error_nomem(err);
    return lode_error_set(err, LODE_E_IO, -1, -1, "the tokenizer could not be registered: %s",
                          sqlite3_errstr(rc));
  }
  *out = fts5;
  return LODE_OK;
}

void lode_fts5_set_language(lode_fts5 *fts5, lode_language language) {
  fts5->language = language;
}

void lode_fts5_set_query_languages(lode_fts5 *fts5, lode_languages languages) {
  fts5->query_languages = languages;
}
