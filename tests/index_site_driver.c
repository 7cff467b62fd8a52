/* Asks a collection and a sealed index of it the same questions, and compares all that comes out.
 *
 *   index_site_driver COLLECTION FOLDER QUESTIONS WAYS [MODEL]
 *
 * QUESTIONS: one a line. WAYS, letters: k keyword, h hybrid, s semantic, t typing (keyword, every
 * beginning of the question from its third byte on), a all (also what is not relevant), c by chunk;
 * w: write the index first; n: only vectors that are near, of a large index (lode_site_set_near):
 * results may then differ, and how many are the same is printed; v: each question by a new visitor,
 * who has nothing but the boot file.
 * A model that has prompts for queries is none that this uses. Prints how many were compared, how
 * many rounds they took and how many bytes were needed; fails at the first difference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "lode.h"

static lode_error err;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, err.text);
  exit(1);
}

typedef struct counts {
  long asked;
  long results;
  long rounds[8];
  double bytes;
  double worst; /* difference of scores */
  /* WAYS "n": */
  double same[3]; /* shares of the first ten and three results that are the same, and of firsts */
  double least;   /* share of the first ten */
  double most_bytes; /* of a question */
} counts;

static lode_site *open_site(const char *folder) {
  char path[4096];
  lode_file boot = {0};
  lode_site *site;
  (void)snprintf(path, sizeof path, "%s/boot.lode-site.txt", folder);
  if (lode_file_map(path, &boot, &err) != LODE_OK) fail("boot");
  if (lode_site_open(boot.data, boot.size, &site, &err) != LODE_OK) fail("boot");
  lode_file_close(&boot);
  return site;
}

/* Fetch what is needed. */
static void fetch(lode_site *site, const char *folder, counts *n) {
  while (lode_site_needs(site) > 0) {
    char path[4096];
    char name[256];
    size_t size;
    lode_file file = {0};
    (void)snprintf(name, sizeof name, "%s", lode_site_need(site, 0, &size));
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (lode_file_map(path, &file, &err) != LODE_OK) fail("file");
    if (size != 0 && size != file.size) {
      fprintf(stderr, "%s: %zu bytes, said to be %zu\n", name, file.size, size);
      exit(1);
    }
    n->bytes += (double)file.size;
    if (lode_site_give(site, name, file.data, file.size, &err) != LODE_OK) fail("give");
    lode_file_close(&file);
  }
}

/* WAYS "m": the site embeds queries itself. */
static bool own_model;

static lode_results *ask_site(lode_site *site, const char *folder, lode_text query,
                              const lode_index_search_options *options, lode_context *ctx,
                              size_t dim, counts *n) {
  lode_results *results = NULL;
  lode_text embed = {0};
  size_t rounds = 0;
  lode_status status;
  if (lode_site_ask(site, query, options, &err) != LODE_OK) fail("ask");
  if (ctx != NULL && !own_model && options->mode != LODE_INDEX_KEYWORD) {
    while ((status = lode_site_embed_text(site, &embed, &err)) == LODE_E_BUSY) {
      fetch(site, folder, n);
      rounds++;
    }
    if (status != LODE_OK) fail("embed_text");
    float *vector = calloc(dim, sizeof *vector);
    if (vector == NULL) exit(1);
    lode_embed_options how = LODE_EMBED_OPTIONS_INIT;
    how.normalize = LODE_NORMALIZE_ON;
    how.utf8 = LODE_UTF8_REPLACE;
    if (lode_embed(ctx, &embed, 1, &how, vector, dim, &err) != LODE_OK) fail("embed");
    if (lode_site_set_vector(site, vector, dim, &err) != LODE_OK) fail("vector");
    free(vector);
  }
  while ((status = lode_site_results(site, &results, &err)) == LODE_E_BUSY) {
    fetch(site, folder, n);
    if (++rounds > 7) exit(1);
  }
  if (status != LODE_OK) fail("results");
  n->rounds[rounds]++;
  return results;
}

static void differ(lode_text query, size_t i, const char *what, const char *a, const char *b) {
  fprintf(stderr, "\"%.*s\": result %zu: %s: collection has %s, sealed index %s\n", (int)query.size,
          query.data, i, what, a, b);
  exit(1);
}

static void same_text(lode_text query, size_t i, const char *what, const char *a, const char *b) {
  if (strcmp(a, b) != 0) differ(query, i, what, a, b);
}

static void same_number(lode_text query, size_t i, const char *what, double a, double b) {
  char x[32], y[32];
  (void)snprintf(x, sizeof x, "%.17g", a);
  (void)snprintf(y, sizeof y, "%.17g", b);
  if (a != b) differ(query, i, what, x, y);
}

static void compare(lode_text query, const lode_results *a, const lode_results *b) {
  same_number(query, 0, "count", (double)a->count, (double)b->count);
  same_number(query, 0, "total", (double)a->total, (double)b->total);
  same_number(query, 0, "total_at_least", a->total_at_least, b->total_at_least);
  same_number(query, 0, "relevant", a->relevant, b->relevant);
  same_number(query, 0, "mode", a->mode, b->mode);
  same_text(query, 0, "correction", a->correction ? a->correction : "(none)",
            b->correction ? b->correction : "(none)");
  for (size_t i = 0; i < a->count; i++) {
    const lode_result *x = &a->list[i], *y = &b->list[i];
    same_text(query, i, "id", x->id, y->id);
    same_number(query, i, "score", x->score, y->score);
    same_number(query, i, "cosine", x->cosine, y->cosine);
    same_number(query, i, "keyword", x->keyword, y->keyword);
    same_text(query, i, "title", x->title, y->title);
    same_text(query, i, "heading", x->heading, y->heading);
    same_text(query, i, "anchor", x->anchor, y->anchor);
    same_text(query, i, "metadata", x->metadata, y->metadata);
    same_text(query, i, "text", x->text, y->text);
    same_number(query, i, "source_begin", (double)x->source_begin, (double)y->source_begin);
    same_number(query, i, "source_end", (double)x->source_end, (double)y->source_end);
    same_number(query, i, "title marks", (double)x->title_mark_count, (double)y->title_mark_count);
    for (size_t m = 0; m < x->title_mark_count; m++) {
      same_number(query, i, "title mark", x->title_marks[m].begin, y->title_marks[m].begin);
      same_number(query, i, "title mark", x->title_marks[m].end, y->title_marks[m].end);
    }
    same_number(query, i, "snippet.begin", x->snippet.begin, y->snippet.begin);
    same_number(query, i, "snippet.end", x->snippet.end, y->snippet.end);
    same_number(query, i, "marks", (double)x->mark_count, (double)y->mark_count);
    for (size_t m = 0; m < x->mark_count; m++) {
      same_number(query, i, "mark", x->marks[m].begin, y->marks[m].begin);
      same_number(query, i, "mark", x->marks[m].end, y->marks[m].end);
    }
  }
}

/* WAYS "n": the share of the collection's first `most` documents that the site has among its. */
static double shared(const lode_results *a, const lode_results *b, size_t most) {
  const size_t n = a->count < most ? a->count : most, m = b->count < most ? b->count : most;
  size_t found = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < m; k++) {
      if (strcmp(a->list[i].id, b->list[k].id) != 0) continue;
      found++;
      break;
    }
  }
  return n > 0 ? (double)found / (double)n : 1;
}

static void count_shared(const lode_results *a, const lode_results *b, counts *n) {
  static const size_t firsts[] = {10, 3, 1};
  for (int i = 0; i < 3; i++) n->same[i] += shared(a, b, firsts[i]);
  const double ten = shared(a, b, 10);
  if (n->asked == 0 || ten < n->least) n->least = ten;
}

static void print_shared(const counts *n) {
  const double asked = n->asked > 0 ? (double)n->asked : 1;
  printf(
      "%ld questions, the same of the first ten %.3f (at least %.1f), of three %.3f, first %.3f; "
      "%.0f kB of a question, at most %.0f; rounds",
      n->asked, n->same[0] / asked, n->least, n->same[1] / asked, n->same[2] / asked,
      n->bytes / asked * 1e-3, n->most_bytes * 1e-3);
}

/* WAYS "w": write the index first. */
static void write_site(lode_index *index, const char *folder) {
  lode_site_report report;
  lode_site_options how = LODE_SITE_OPTIONS_INIT;
  how.model = "model.bin";
  if (lode_site_write(index, folder, &how, NULL, &report, &err) != LODE_OK) fail("write");
  printf(
      "%lld documents, %lld files, %lld written, %lld removed; boot %lld, tables %lld, terms "
      "%lld, positions %lld, lexicon %lld, texts %lld, vectors %lld\n",
      (long long)report.documents, (long long)report.files, (long long)report.written,
      (long long)report.removed, (long long)report.boot_bytes, (long long)report.table_bytes,
      (long long)report.term_bytes, (long long)report.position_bytes,
      (long long)report.lexicon_bytes, (long long)report.text_bytes,
      (long long)report.vector_bytes);
}

/* WAYS "f": what can be filtered by. */
static void print_facets(lode_site *site, const char *folder, counts *n) {
  const char *json;
  lode_status status;
  while ((status = lode_site_facets(site, &json, &err)) == LODE_E_BUSY) fetch(site, folder, n);
  if (status != LODE_OK) fail("facets");
  printf("%s\n", json);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  lode_model *model = NULL;
  lode_context *ctx = NULL;
  size_t dim = 0;
  if (argc > 5) {
    if (lode_model_open(argv[5], NULL, &model, &err) != LODE_OK) fail(argv[5]);
    if (lode_context_new(model, NULL, &ctx, &err) != LODE_OK) fail(argv[5]);
    dim = (size_t)lode_model_dim(model);
  }
  lode_index *index;
  lode_index_options how = LODE_INDEX_OPTIONS_INIT;
  how.model = model;
  if (lode_index_open(argv[1], &how, &index, &err) != LODE_OK) fail(argv[1]);
  if (strchr(argv[4], 'w') != NULL) write_site(index, argv[2]);
  lode_site *site = open_site(argv[2]);
  own_model = strchr(argv[4], 'm') != NULL;
  if (own_model && lode_site_set_model(site, model, &err) != LODE_OK) fail("set_model");
  lode_file questions = {0};
  if (lode_file_map(argv[3], &questions, &err) != LODE_OK) fail(argv[3]);
  counts n = {0};
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.mode = strchr(argv[4], 's')   ? LODE_INDEX_SEMANTIC
                 : strchr(argv[4], 'h') ? LODE_INDEX_HYBRID
                                        : LODE_INDEX_KEYWORD;
  options.all = strchr(argv[4], 'a') != NULL;
  options.by_chunk = strchr(argv[4], 'c') != NULL;
  options.typing = strchr(argv[4], 't') != NULL;
  options.passages = strchr(argv[4], 'p') != NULL ? 3 : 0;
  if (strchr(argv[4], 'f') != NULL) print_facets(site, argv[2], &n);
  const int near = strchr(argv[4], 'n') != NULL, visitors = strchr(argv[4], 'v') != NULL;
  if (lode_site_set_near(site, near, &err) != LODE_OK) fail("set_near");
  const char *text = (const char *)questions.data;
  for (size_t at = 0; at < questions.size;) {
    const char *line = memchr(text + at, '\n', questions.size - at);
    const size_t end = line ? (size_t)(line - text) : questions.size;
    for (size_t to = options.typing ? at + 3 : end; to <= end; to++) {
      if (to < end && ((unsigned char)text[to] & 0xc0) == 0x80) continue;
      const lode_text query = {text + at, to - at};
      lode_results *a, *b;
      if (lode_index_search(index, query, &options, &a, &err) != LODE_OK) fail("search");
      if (visitors) {
        lode_site_free(site);
        site = open_site(argv[2]);
        if (lode_site_set_near(site, near, &err) != LODE_OK) fail("set_near");
        if (own_model && lode_site_set_model(site, model, &err) != LODE_OK) fail("set_model");
      }
      const double before = n.bytes;
      b = ask_site(site, argv[2], query, &options, ctx, dim, &n);
      if (n.bytes - before > n.most_bytes) n.most_bytes = n.bytes - before;
      if (near) {
        count_shared(a, b, &n);
      } else {
        compare(query, a, b);
      }
      n.asked++;
      n.results += (long)a->count;
      lode_results_free(a);
      lode_results_free(b);
    }
    at = end + 1;
  }
  if (near) {
    print_shared(&n);
  } else {
    printf("%ld questions, %ld results, all the same; %.0f bytes; rounds", n.asked, n.results,
           n.bytes);
  }
  for (int i = 0; i < 8; i++) printf(" %ld", n.rounds[i]);
  printf("\n");
  lode_file_close(&questions);
  lode_site_free(site);
  lode_index_free(index);
  lode_context_free(ctx);
  lode_model_free(model);
  return 0;
}
