/* The word splitter as a tokenizer of SQLite's FTS5:
 *
 *   CREATE VIRTUAL TABLE t USING fts5(title, body, tokenize = 'lode')
 *   CREATE VIRTUAL TABLE t USING fts5(body, tokenize = 'lode en')     language fixed
 *
 * FTS5 does not tell a tokenizer which row it is at, so the language of a document is said before
 * its row is written, by lode_fts5_set_language. It has to be the same when that row is deleted
 * or updated, because FTS5 then splits the old text again to find its terms; keep it in a table.
 * A table made with a language needs none of this, and neither does a query: it looks for the
 * stems in each of the query languages, besides the words themselves.
 *
 * Needs FTS5's default, detail = full. */
#ifndef LODE_INDEX_WORDS_FTS5_H
#define LODE_INDEX_WORDS_FTS5_H

#include <sqlite3.h>

#include "index/words/words.h"

/* What the tokenizers of one connection share. Belongs to the connection's thread. */
typedef struct lode_fts5 lode_fts5;

/* Register the tokenizer "lode" with the connection, which owns *out: it lives until
 * sqlite3_close. LODE_E_UNSUPPORTED when this SQLite has no FTS5. */
lode_status lode_fts5_register(sqlite3 *db, lode_fts5 **out, lode_error *err);

/* Of documents that are written or deleted from now on; NONE (the default): no stemming. */
void lode_fts5_set_language(lode_fts5 *fts5, lode_language language);
/* Of queries from now on: those that the index has documents in. Default: none. */
void lode_fts5_set_query_languages(lode_fts5 *fts5, lode_languages languages);

#endif
