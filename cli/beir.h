/* A retrieval benchmark in the layout of BEIR (Thakur et al. 2021): documents, queries, and which
 * documents answer which query. */
#ifndef LODE_CLI_BEIR_H
#define LODE_CLI_BEIR_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Texts of corpus.jsonl or queries.jsonl: {"_id", "title" (optional), "text"} a line. */
typedef struct cli_beir_texts {
  char *bytes;       /* what ids and texts point into */
  lode_text *ids;    /* [count], sorted: the order of the file is of no meaning */
  lode_text *texts;  /* [count]: title and text, a blank between them */
  lode_text *titles; /* [count]: the beginnings of these that are titles, or "" */
  size_t count;
} cli_beir_texts;

/* A judgement: document `doc` answers query `query` to the degree `grade` > 0. */
typedef struct cli_beir_judgement {
  size_t query, doc; /* indexes into the texts */
  int64_t grade;
} cli_beir_judgement;

typedef struct cli_beir {
  cli_beir_texts corpus;
  cli_beir_texts queries;         /* those with a judgement alone */
  cli_beir_judgement *judgements; /* by query */
  size_t judgement_count;
} cli_beir;

/* Reads DIR/corpus.jsonl, DIR/queries.jsonl, and DIR/qrels/test.tsv or DIR/qrels-test.tsv.
 * Zero-initialise *out; free it also after a failure. */
cli_status cli_beir_read(const char *dir, cli_beir *out, cli_error *err);
void cli_beir_free(cli_beir *beir);

/* nDCG at k of one query's ranking, best first (Järvelin and Kekäläinen 2002, gain = grade, as
 * trec_eval's ndcg_cut). */
double cli_beir_ndcg(const cli_beir *beir, size_t query, const size_t *ranking, size_t k);

#endif
