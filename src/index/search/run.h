/* One search on its way:
 *
 *   restrict   which documents may be found                         restrict.c, filter.c
 *   legs       what each of them finds, scored for itself           keyword.c, semantic.c
 *   fuse       one list of candidates                               fuse.c
 *   rank       titles first, relevance, the window                  run.c
 *   present    passages of what is in the window, snippets          passage.c, snippet.c */
#ifndef LODE_INDEX_SEARCH_RUN_H
#define LODE_INDEX_SEARCH_RUN_H

#include "index/search/question.h"

struct lode_leg;

typedef enum lode_leg_kind {
  LODE_LEG_KEYWORD = 0,
  LODE_LEG_SEMANTIC,
  LODE_LEG_COUNT
} lode_leg_kind;

struct lode_search {
  const struct lode_leg *legs[LODE_LEG_COUNT]; /* NULL: cannot take part */
  uint32_t features;
  lode_pool *pool;
  lode_words *words;
  lode_vectors *vectors; /* for vectors of this kind; NULL: none searched yet */
  size_t dim;
  lode_dtype dtype;
};

typedef struct lode_run {
  lode_search *search;
  const lode_corpus *corpus;
  const struct lode_question_parts *question; /* NULL: none, only a vector */
  const lode_store_vectors *vectors;          /* NULL: none, or not wanted */
  const float *vector;                        /* [vectors->dim] of unit length */
  lode_search_options options;                /* without zeros */
  size_t depth;                               /* documents that a leg hands over, at most */
  bool only;                                  /* a document has to be in `allowed` */
  lode_ids allowed;
  lode_ids unwanted;
  int64_t except;                   /* a document that is not to be found; 0: none */
  const struct lode_leg_hit *found; /* [found_count] what the leg of words found, the best first */
  size_t found_count;
  float weights[LODE_LEG_COUNT]; /* of legs that take part, together 1; 0: does not */
  lode_arena arena;              /* for the time of the run */
} lode_run;

static inline bool lode_run_unrestricted(const lode_run *run) {
  return !run->only && run->unwanted.count == 0 && run->except == 0;
}
bool lode_run_allows(const lode_run *run, int64_t document);

/* Fills allowed and unwanted from options.filter, the question's phrases and its minus words. */
lode_status lode_run_restrict(lode_run *run, lode_error *err);
/* The documents for an expression of the question. */
lode_status lode_run_match(lode_run *run, const lode_expression *expression, size_t limit,
                           lode_store_match **list, size_t *count, lode_error *err);

/* ---------------------------------------------------------------- legs */

typedef struct lode_leg_hit {
  int64_t document;
  float score;
} lode_leg_hit;

/* One way to find documents. Scores are absolute: they mean the same for every question, so that a
 * leg can say that it found nothing good; about 1 is as good as it gets. */
typedef struct lode_leg {
  const char *name;
  /* The best run->depth documents of those allowed, each once, in run->arena; *more: there are
   * others. */
  lode_status (*find)(lode_run *run, lode_leg_hit **hits, size_t *count, bool *more,
                      lode_error *err);
  /* Scores of `documents`, which other legs found: untouched where this leg has none. NULL: a
   * document that find does not hand over has none. */
  lode_status (*score)(lode_run *run, const lode_ids *documents, float *scores, lode_error *err);
  /* Score of one vector, NAN if there is no such row. NULL: this leg does not rank passages so. */
  float (*row)(const lode_run *run, int64_t segment, uint32_t row);
  /* Frees what the leg has in `search`. NULL: nothing. */
  void (*end)(lode_search *search);
} lode_leg;

extern const lode_leg lode_leg_keyword;
extern const lode_leg lode_leg_semantic;

/* BM25's score as a share of what the question's words can get. */
float lode_keyword_share(const lode_run *run, double score);
/* Cosine of run->vector with the chunk's; NAN if it has none. */
float lode_run_row(const lode_run *run, const lode_store_chunk *chunk);

/* ---------------------------------------------------------------- candidates */

typedef struct lode_fused {
  int64_t document;
  float scores[LODE_LEG_COUNT]; /* NAN: none */
  float score;
  float relevance;
  bool title;
  bool exact; /* has what was typed: a phrase, or all of very few words */
} lode_fused;

typedef struct lode_fused_list {
  lode_fused *list; /* the best first */
  size_t count;
  bool more;
} lode_fused_list;

/* The cosine that a document has of which no vector is known. */
static inline float lode_run_unseen(const lode_run *run) {
  return run->vectors != NULL ? run->vectors->unseen : 0;
}
/* scores -> score */
float lode_run_fuse(const lode_run *run, const float scores[LODE_LEG_COUNT]);
float lode_run_relevance(const lode_run *run, const float scores[LODE_LEG_COUNT]);
/* The documents that the legs find, with the scores of all legs. In run->arena. */
lode_status lode_run_candidates(lode_run *run, lode_fused_list *out, lode_error *err);

/* ---------------------------------------------------------------- passages */

/* A chunk, and what is known of it in this search. */
typedef struct lode_found_chunk {
  lode_store_chunk chunk;
  float scores[LODE_LEG_COUNT];
  float score;
} lode_found_chunk;

/* A match in the document's text. */
typedef struct lode_found_match {
  uint32_t begin;
  uint32_t end;
  uint32_t unit;
  uint32_t position;
} lode_found_match;

/* A document's text with what was found in it. In an arena of the caller's. */
typedef struct lode_found_text {
  lode_text body;
  lode_found_match *matches; /* [match_count] by end */
  size_t match_count;
  lode_found_chunk *chunks; /* [chunk_count] the best first */
  size_t chunk_count;
} lode_found_text;

/* Longer documents are looked through up to here; vectors rank the rest of their passages. */
#define LODE_PASSAGE_TEXT_MAX ((size_t)2 << 20)

/* *out and all that is in it lives in `arena`. */
lode_status lode_passages_find(lode_run *run, const lode_store_document *document,
                               lode_arena *arena, lode_found_text *out, lode_error *err);

/* Fills text->matches from text->body. */
lode_status lode_matches_find(lode_run *run, lode_language language, lode_arena *arena,
                              lode_found_text *text, lode_error *err);
/* The snippet of a chunk, and its marks, in `arena`. text: of lode_passages_find. */
lode_status lode_snippet_make(lode_run *run, const lode_store_document *document,
                              const lode_found_text *text, const lode_found_chunk *chunk,
                              lode_arena *arena, lode_search_passage *out, lode_error *err);
/* Where `text`, a title, has the question's words. */
lode_status lode_marks_make(lode_run *run, lode_text text, lode_language language,
                            lode_arena *arena, const lode_search_mark **marks, size_t *count,
                            lode_error *err);

/* Everything but `question` and `vector`, checked and made ready; *run is zero-initialised. */
lode_status lode_run_begin(lode_run *run, const lode_search_options *options, lode_error *err);
/* run->vector = vector of unit length; none if it is zero. LODE_E_ARG: NaN. */
lode_status lode_run_vector(lode_run *run, const lode_store_vectors *vectors, const float *vector,
                            lode_error *err);
/* From here to the results. */
lode_status lode_run_finish(lode_run *run, lode_search_results *out, lode_error *err);
void lode_run_end(lode_run *run);

#endif
