/* The words of documents, gathered in memory: what stands where, turned around. */
#ifndef LODE_INDEX_SEALED_GATHER_H
#define LODE_INDEX_SEALED_GATHER_H

#include "index/sealed/format.h"
#include "index/words/words.h"

/* Bytes that grow in an arena, in pieces. */
typedef struct lode_chain {
  struct lode_chain_piece *first;
  struct lode_chain_piece *last;
  size_t size;
} lode_chain;

typedef struct lode_gathered_term {
  lode_text text;
  uint32_t documents;
  uint32_t last; /* the last document that has it */
  uint32_t rank; /* among all, by bytes; after lode_gather_finish */
  lode_chain positions;
  uint32_t form_count; /* forms[first_form ..] of lode_gather */
  uint32_t first_form;
} lode_gathered_term;

/* All the terms at one position. */
typedef struct lode_gathered_form {
  const uint32_t *terms; /* [count] rising */
  uint32_t count;
  uint32_t last;
  uint32_t now;  /* of the document that is being added */
  uint32_t mark; /* of those who walk over forms */
  lode_chain postings;
} lode_gathered_form;

/* The words of a name that stands in a text as one: "getUserName". */
typedef struct lode_gathered_compound {
  const uint32_t *terms; /* [count] in their order */
  uint32_t count;
} lode_gathered_compound;

/* In lode_gather.stream: a document's column is over. */
#define LODE_GATHER_COLUMN UINT32_MAX

typedef struct lode_gather {
  lode_arena arena;
  lode_words *words;
  lode_buffer terms; /* lode_gathered_term */
  size_t term_count;
  lode_buffer forms; /* lode_gathered_form */
  size_t form_count;
  lode_buffer term_table; /* uint32_t: number + 1, open addressing */
  size_t term_slots;
  lode_buffer form_table;
  size_t form_slots;
  lode_buffer compounds; /* lode_gathered_compound */
  size_t compound_count;
  lode_buffer compound_table;
  size_t compound_slots;
  lode_buffer stream; /* uint32_t: of each column its forms by position, and LODE_GATHER_COLUMN */
  size_t stream_count;
  lode_buffer numbers; /* uint32_t [number_count] of the documents, as they are in `stream` */
  size_t number_count;
  uint64_t total; /* words of all documents */
  uint32_t last;  /* document */
  bool failed;    /* out of memory */
  /* Of the document that is being added: */
  lode_buffer places; /* uint64_t: term, column, position */
  size_t place_count;
  lode_buffer touched; /* uint32_t: forms */
  size_t touched_count;
  lode_buffer here; /* uint32_t: terms at the position */
  size_t here_count;
  size_t first_end;  /* of the word at the position */
  size_t name_end;   /* of the name that the word is in; 0: none */
  size_t part_count; /* of its words so far; above LODE_SEALED_COMPOUND: too many */
  uint32_t parts[LODE_SEALED_COMPOUND];
  uint32_t weight;
  unsigned column;
  uint32_t position; /* from 1 on; 0: before the first */
  uint32_t size;
  /* After lode_gather_finish: */
  const uint32_t *order;      /* [term_count] terms by bytes */
  const uint32_t *term_forms; /* forms of terms, by what else is in them */
} lode_gather;

static inline lode_gathered_term *lode_gather_terms(const lode_gather *g) {
  return g->terms.data;
}
static inline lode_gathered_form *lode_gather_forms(const lode_gather *g) {
  return g->forms.data;
}

/* Zero-initialise *g. */
lode_status lode_gather_begin(lode_gather *g, lode_error *err);
void lode_gather_free(lode_gather *g);

/* A document's three columns; numbers rise. *size: its words. */
lode_status lode_gather_add(lode_gather *g, uint32_t number, lode_language language,
                            const lode_text columns[3], uint32_t *size, lode_error *err);
lode_status lode_gather_finish(lode_gather *g, lode_error *err);
/* The term's number; UINT32_MAX: it is none. */
uint32_t lode_gather_find(const lode_gather *g, lode_text term);

bool lode_chain_add(lode_chain *chain, lode_arena *arena, const uint8_t *data, size_t size);
bool lode_chain_number(lode_chain *chain, lode_arena *arena, uint64_t value);
/* Appends what is in it. */
void lode_chain_copy(const lode_chain *chain, lode_bytes *out);

#endif
