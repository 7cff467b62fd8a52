/* Anything typed, into a small collection: no error, ranges that lie where they say, and the same
 * again the second time. Input: a byte of options, then the text. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "index_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

static const search_page pages[] = {
    {"a.md", "Installing", "Install it on Linux. Then \"log in\" as getUserName.\n\nA kitten.",
     "A > B", "{\"k\":[1,\"v\"]}", LODE_LANGUAGE_EN, 1},
    {"b.md", "東京都", "日本語の文書。東京は大きい。", NULL, NULL, LODE_LANGUAGE_NONE, 2},
    {"c.md", "Häuser", "Die Häuser der Straße, C++ und l'avion.", NULL, NULL, LODE_LANGUAGE_DE, 3},
    {"d.md", "", "", NULL, NULL, LODE_LANGUAGE_NONE, 4},
};

static void check_marks(const lode_search_mark *marks, size_t n, lode_text text) {
  for (size_t i = 0; i < n; i++) {
    require(marks[i].begin < marks[i].end && marks[i].end <= text.size);
    require(i == 0 || marks[i].begin >= marks[i - 1].end);
    require(((uint8_t)text.data[marks[i].begin] & 0xc0) != 0x80);
  }
}

static void check(const search_fixture *f) {
  const lode_question *q = &f->question;
  require(lode_utf8_valid(q->text.data, q->text.size) == q->text.size);
  require(lode_utf8_valid(q->embed.data, q->embed.size) == q->embed.size);
  for (size_t i = 0; i < q->correction_count; i++) {
    require(q->corrections[i].begin < q->corrections[i].end);
    require(q->corrections[i].end <= q->text.size);
  }
  for (size_t i = 0; i < f->results.count; i++) {
    const lode_search_result *r = &f->results.list[i];
    check_marks(r->marks, r->mark_count, r->document.title);
    for (size_t k = 0; k < r->passage_count; k++) {
      const lode_search_passage *p = &r->passages[k];
      require(lode_utf8_valid(p->snippet.data, p->snippet.size) == p->snippet.size);
      require(p->snippet_begin >= p->begin && p->snippet_begin + p->snippet.size <= p->end);
      check_marks(p->marks, p->mark_count, p->snippet);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static search_fixture f;
  if (f.store == NULL) { /* made once: it is what is not fuzzed */
    require(search_open(&f, pages, sizeof pages / sizeof *pages, true, 1) == LODE_OK);
    store_place_remove(&f.place); /* stays open */
  }
  if (size < 1) return 0;
  const lode_text text = {(const char *)data + 1, size - 1};
  const lode_question_options reading = {.typing = data[0] & 1, .no_correct = (data[0] & 2) != 0};
  const lode_search_options options = {.mode = (lode_search_mode)((data[0] >> 2) % 3),
                                       .group = (lode_search_group)(data[0] >> 4 & 1),
                                       .passages = data[0] >> 6,
                                       .snippet = data[0] & 0x20 ? 9 : 0};
  require(search_ask(&f, text, &reading, &options) == LODE_OK);
  check(&f);
  const size_t count = f.results.count;
  const float score = count > 0 ? f.results.list[0].score : 0;
  require(search_ask(&f, text, &reading, &options) == LODE_OK);
  require(f.results.count == count && (count == 0 || f.results.list[0].score == score));
  return 0;
}
