/* Searching a corpus (a store, or a sealed index): by words, by meaning, or by both.
 *
 *   text ─► lode_question_read ─► question: words, phrases, corrections, what to embed
 *   question (+ its vector) ─► lode_search_run ─► results: documents, their passages, snippets
 *   a document ─► lode_search_similar ─► results
 *
 * Keywords rank whole documents (BM25 over title, headings and body), vectors rank passages, of
 * which a document's best counts. Both give absolute scores: what share of the best that BM25
 * could give to these words a document has, and the cosine. The sum of the two, weighted, is the
 * score; so a leg that has found nothing good says so, and does not push its finds forward as
 * ranks would. docs/search.md has the measurements.
 *
 * Nothing that is typed is an error. The order of results is a function of the collection and the
 * question alone: no threads, no clocks, ties by document. */
#ifndef LODE_INDEX_SEARCH_SEARCH_H
#define LODE_INDEX_SEARCH_SEARCH_H

#include "index/search/corpus.h"
#include "index/words/query.h"

/* Can there be vectors? Not in what is linked to search by words alone, which is smaller without
 * the code that would be for them. */
#if defined(LODE_WITHOUT_MEANING)
enum { LODE_MEANING = 0 };
#else
enum { LODE_MEANING = 1 };
#endif

/* Word splitter, kernels, memory. One call at a time; for any number of corpora in turn. */
typedef struct lode_search lode_search;

/* features: of base/cpu.h. pool: for vectors; the caller's, must outlive this, may be NULL. */
lode_status lode_search_new(uint32_t features, lode_pool *pool, lode_search **out, lode_error *err);
/* One that knows nothing of vectors, and links none of their kernels: for lode_search_run without
 * any. */
lode_status lode_search_new_words(lode_search **out, lode_error *err);
/* Vectors from now on, as lode_search_new has them. */
void lode_search_add_vectors(lode_search *search, uint32_t features, lode_pool *pool);
void lode_search_free(lode_search *search);

/* ---------------------------------------------------------------- the question */

typedef struct lode_question_options {
  bool typing;     /* somebody is still at it: the last word, nothing behind it, is a prefix too */
  bool no_correct; /* take every word as it is */
} lode_question_options;

/* A word that no document has, and the one instead that is one edit away (a letter missing, too
 * many, another one, or two neighbours swapped) and in the most documents. */
typedef struct lode_correction {
  uint32_t begin; /* bytes of lode_question.text, corrected */
  uint32_t end;
  lode_text typed; /* what stood there */
} lode_correction;

/* What was typed, understood with the words of a corpus. Zero-initialise it. */
typedef struct lode_question {
  lode_text text;  /* well-formed, cut to LODE_QUERY_BYTES; with corrections made */
  lode_text embed; /* what to make a vector of: without minus words and quotation marks. Empty:
                      nothing to look for by meaning */
  const lode_correction *corrections; /* [correction_count] */
  size_t correction_count;
  size_t left_out; /* words beyond LODE_QUERY_TERMS, and 1 if bytes were cut */
  struct lode_question_parts *parts;
} lode_question;

/* Replaces *out, which is to be freed. text: anything; options may be NULL. Errors are the
 * corpus', and LODE_E_NOMEM. */
lode_status lode_question_read(lode_search *search, const lode_corpus *corpus, lode_text text,
                               const lode_question_options *options, lode_question *out,
                               lode_error *err);
void lode_question_free(lode_question *question);

/* ---------------------------------------------------------------- which documents */

/* "key=value": a document whose metadata, a JSON object, has that string, number or boolean
 * under the key, or in an array under it. Compared byte by byte. */
typedef struct lode_search_field {
  lode_text key;
  lode_text value;
} lode_search_field;

/* Documents for which all of this holds. Zero-initialise it. */
typedef struct lode_search_filter {
  /* [path_count] keys that may be found, any of them: patterns as in .gitignore ("*.md",
   * "docs/", "/src", with *, ?, [sets] and **; "!…" takes out what patterns before it let in). A
   * key is taken without slashes at its beginning. */
  const lode_text *paths;
  size_t path_count;
  const lode_search_field *fields; /* [field_count] of one key any of them, of each key one */
  size_t field_count;
  lode_languages languages; /* any of them; 0: all */
  int64_t modified_from;    /* nanoseconds since 1970; 0: any */
  int64_t modified_to;      /* up to and including; 0: any */
} lode_search_filter;

/* ---------------------------------------------------------------- searching */

typedef enum lode_search_mode {
  LODE_SEARCH_HYBRID = 0, /* with what there is: without a vector, or without vectors in the store,
                             by keywords; without a word, by meaning */
  LODE_SEARCH_KEYWORD,
  LODE_SEARCH_SEMANTIC,
} lode_search_mode;

typedef enum lode_search_group {
  LODE_SEARCH_DOCUMENTS = 0, /* a result is a document with its best passages */
  LODE_SEARCH_PASSAGES,      /* a result is a passage, each with one */
} lode_search_group;

enum {
  LODE_SEARCH_COUNT = 10, /* results, where nothing is said */
  LODE_SEARCH_COUNT_MAX = 1000,
  LODE_SEARCH_OFFSET_MAX = 10000,
  LODE_SEARCH_SNIPPET = 240, /* bytes of a snippet, about, where nothing is said */
};

/* How much meaning counts in a hybrid search, from 0 to 1. The second is for models that are known
 * to be strong (transformers); the first never did harm, and gains with any of those measured. */
#define LODE_SEARCH_WEIGHT 0.3f
#define LODE_SEARCH_WEIGHT_STRONG 0.5f

/* Zero-initialise it. */
typedef struct lode_search_options {
  lode_search_mode mode;
  lode_search_group group;
  size_t offset;   /* results to pass over; at most LODE_SEARCH_OFFSET_MAX */
  size_t count;    /* at most LODE_SEARCH_COUNT_MAX; 0: LODE_SEARCH_COUNT */
  size_t passages; /* of a document, at most; 0: 1 */
  size_t snippet;  /* bytes of a snippet, at most about; 0: LODE_SEARCH_SNIPPET */
  float weight;    /* of meaning, above 0 to 1; 0: LODE_SEARCH_WEIGHT */
  float unrelated; /* cosine that texts have by this model which have nothing to do with each other,
                      on average, below 1; 0 is right for most. For `relevance` */
  bool relevant_only;               /* nothing at all where nothing is relevant; else nothing below
                                       LODE_SEARCH_RELEVANT_REST of the threshold */
  const lode_search_filter *filter; /* NULL: all documents */
} lode_search_options;

/* A range of bytes. */
typedef struct lode_search_mark {
  uint32_t begin;
  uint32_t end;
} lode_search_mark;

/* Scores: NAN where a leg has none (not asked, or no vector). */
typedef struct lode_search_passage {
  uint32_t ordinal; /* of the chunk in its document */
  uint32_t begin;   /* bytes of the document's text */
  uint32_t end;
  uint32_t source_begin; /* bytes of the file */
  uint32_t source_end;
  lode_text path;   /* of headings: "Install > Linux" */
  lode_text anchor; /* to link to; may be empty */
  float keyword;    /* as below, of this passage */
  float semantic;
  lode_text snippet;      /* its best sentences, from the document's text as it is */
  uint32_t snippet_begin; /* bytes of the document's text */
  bool cut_before;        /* the passage has text before the snippet, behind it */
  bool cut_after;
  const lode_search_mark *marks; /* [mark_count] bytes of `snippet` to highlight, in order, apart */
  size_t mark_count;
} lode_search_passage;

typedef struct lode_search_result {
  lode_store_document document;
  float score;                   /* what results are ordered by; in one search only */
  float keyword;                 /* 0 to 1: of the best that BM25 could give to these words */
  float semantic;                /* cosine of the best passage; where results are passages, both are
                                    the passage's own */
  float relevance;               /* see lode_search_results */
  bool title;                    /* its title is what was typed: these come first */
  const lode_search_mark *marks; /* [mark_count] bytes of the title to highlight */
  size_t mark_count;
  const lode_search_passage *passages; /* [passage_count], the best first; none for a document
                                          without text */
  size_t passage_count;
} lode_search_result;

/* From here on something is taken to be relevant, by both, by keywords alone, by meaning alone.
 * Measured on six collections with questions of their own and of others: docs/search.md. */
#define LODE_SEARCH_RELEVANT 0.56f
#define LODE_SEARCH_RELEVANT_KEYWORD 0.23f
#define LODE_SEARCH_RELEVANT_SEMANTIC 0.42f

/* Behind a relevant result, what comes near is worth a look. */
#define LODE_SEARCH_RELEVANT_REST 0.6f

/* Zero-initialise it. */
typedef struct lode_search_results {
  const lode_search_result *list; /* [count] */
  size_t count;
  size_t total;         /* results that there are, at least `total` of them if … */
  const int64_t *found; /* [found_count] all documents that they are of, the best first */
  size_t found_count;
  bool total_at_least;
  bool keyword; /* legs that took part */
  bool semantic;
  /* Is there anything to the point? The cosine, with `unrelated` as its zero, plus half the
   * keyword score; by keywords alone, that score. `relevance` is of the best result. */
  float relevance;
  float threshold; /* that it is compared with */
  bool relevant;
  lode_arena arena; /* owns everything */
} lode_search_results;

/* The results from options->offset on: *out is replaced, and to be freed.
 *
 * vectors: of lode_store_vectors_load, or NULL; vector [vectors->dim] of question->embed, or NULL:
 * then by keywords alone. They should be of one state of the file (lode_store_read_begin); where
 * they are not, documents that are gone are left out. options may be NULL.
 *
 * LODE_E_ARG: options out of range, a malformed field, NaN in the vector, dim 0 with a vector.
 * Errors of the corpus. */
lode_status lode_search_run(lode_search *search, const lode_corpus *corpus,
                            const lode_question *question, const lode_store_vectors *vectors,
                            const float *vector, const lode_search_options *options,
                            lode_search_results *out, lode_error *err);

/* Documents like `document`, or like its chunk `ordinal`, if that is not below 0: by the mean of
 * its vectors. A document without vectors is looked up by its rarest words. The document is not
 * among the results. options->mode says nothing here. LODE_E_NOT_FOUND: no such document or chunk.
 */
lode_status lode_search_similar(lode_search *search, const lode_corpus *corpus, int64_t document,
                                int64_t ordinal, const lode_store_vectors *vectors,
                                const lode_search_options *options, lode_search_results *out,
                                lode_error *err);

void lode_search_results_free(lode_search_results *results);

#endif
