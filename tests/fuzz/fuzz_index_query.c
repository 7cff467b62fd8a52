/* Any query: its expression is one that FTS5 takes; any text: its terms are well-formed and lie
 * where they say. Input: a byte of options, then the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index/words/fts5.h"
#include "index/words/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

typedef struct seen {
  const char *text;
  size_t size;
  size_t words;
} seen;

static int check_word(void *user, const lode_word *word) {
  seen *s = user;
  require(word->size > 0 && word->size <= LODE_TERM_MAX);
  require(lode_utf8_valid(word->term, word->size) == word->size);
  require(word->begin < word->end && word->end <= s->size);
  require(s->words > 0 || !word->colocated);
  require(((uint8_t)s->text[word->begin] & 0xc0) != 0x80);
  s->words++;
  return 0;
}

static void check_words(lode_words *words, const char *text, size_t size, uint8_t options) {
  const lode_words_options split = {(lode_words_mode)(options % 3), 2u << options % 28};
  seen s = {text, size, 0};
  require(lode_words_split(words, text, size, &split, check_word, &s) == 0);
  lode_words_shape shape;
  require(lode_words_shape_of(words, text, size, &shape));
  require(shape.whole_size <= LODE_TERM_MAX);
  const size_t valid = lode_utf8_valid(text, size);
  (void)lode_language_detect(text, valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static sqlite3 *db;
  static sqlite3_stmt *match;
  static lode_fts5 *fts5;
  static lode_words *words;
  if (db == NULL) { /* made once: it is what is not fuzzed */
    require(sqlite3_open(":memory:", &db) == SQLITE_OK);
    require(lode_fts5_register(db, &fts5, NULL) == LODE_OK);
    require(lode_words_new(&words, NULL) == LODE_OK);
    require(sqlite3_exec(db,
                         "CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'lode en');"
                         "INSERT INTO t VALUES('installing on linux'), ('東京都 getUserName')",
                         NULL, NULL, NULL) == SQLITE_OK);
    require(sqlite3_prepare_v2(db, "SELECT count(*) FROM t WHERE t MATCH ?", -1, &match, NULL) ==
            SQLITE_OK);
  }
  if (size < 1) return 0;
  const char *text = (const char *)data + 1;
  check_words(words, text, size - 1, data[0]);

  static lode_query q;
  lode_query_parse(text, size - 1, &q);
  require(q.count <= LODE_QUERY_TERMS && lode_utf8_valid(q.text, q.size) == q.size);
  lode_buffer out = {0};
  bool matches;
  require(lode_query_match(&q, words, (lode_query_require)(data[0] >> 7), &out, &matches, NULL) ==
          LODE_OK);
  if (matches) {
    require(sqlite3_bind_text(match, 1, out.data, -1, SQLITE_STATIC) == SQLITE_OK);
    require(sqlite3_step(match) == SQLITE_ROW);
    require(sqlite3_reset(match) == SQLITE_OK);
  }
  lode_buffer_free(&out);
  return 0;
}
