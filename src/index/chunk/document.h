/* A file's bytes to a document: its plain text, cut into blocks (headings, paragraphs, list items,
 * code, …) under their headings, with the place of everything in the file. Pure: no files, no
 * threads, no global state.
 *
 * Markdown, HTML, reStructuredText, plain text and source code; UTF-8 with or without a byte
 * order mark, UTF-16 with one, Windows-1252 and Latin-1 where they are declared. docs/search.md
 * has what is taken out of each format and why. */
#ifndef LODE_INDEX_CHUNK_DOCUMENT_H
#define LODE_INDEX_CHUNK_DOCUMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

/* Larger documents are refused: positions are 32-bit, and nobody searches them. */
#define LODE_DOCUMENT_MAX ((size_t)1 << 30)

typedef enum lode_format {
  LODE_FORMAT_AUTO = 0, /* from the name, else from the content */
  LODE_FORMAT_TEXT,
  LODE_FORMAT_MARKDOWN,
  LODE_FORMAT_HTML,
  LODE_FORMAT_RST,
  LODE_FORMAT_CODE,
} lode_format;

typedef struct lode_document_options {
  const char *name; /* file name or path, for guessing and for errors; NULL: none */
  lode_format format;
  const char *charset;   /* as declared outside of the document (HTTP, a setting); NULL: none */
  lode_utf8_policy utf8; /* what becomes of malformed input: an error, or U+FFFD */
} lode_document_options;

typedef enum lode_block_kind {
  LODE_BLOCK_PARAGRAPH = 0,
  LODE_BLOCK_HEADING,
  LODE_BLOCK_LIST_ITEM,
  LODE_BLOCK_QUOTE,
  LODE_BLOCK_CODE,
  LODE_BLOCK_TABLE_ROW,
} lode_block_kind;

#define LODE_NO_HEADING UINT32_MAX

/* Blocks follow each other in `text`, with one or two newlines between them. Strings live as long
 * as the document. */
typedef struct lode_block {
  uint32_t begin; /* bytes of lode_document.text */
  uint32_t end;
  uint32_t source_begin; /* bytes of the file */
  uint32_t source_end;
  uint32_t heading;   /* that it is under, or is itself; or LODE_NO_HEADING */
  const char *anchor; /* to link to: its own, or of what is before it in its section; or NULL */
  uint8_t kind;       /* lode_block_kind */
  uint8_t level;      /* heading: 1 to 6 */
  uint8_t marks;      /* used while reading */
} lode_block;

typedef struct lode_heading {
  uint32_t begin; /* bytes of lode_document.text */
  uint32_t end;
  uint32_t block;
  uint32_t parent;    /* the heading above it, or LODE_NO_HEADING */
  const char *anchor; /* HTML: id; Markdown: GitHub's slug; or NULL */
  uint8_t level;
} lode_heading;

/* What a document says about itself: <meta>, data-lode-meta, front matter. Keys repeat for lists
 * (tags). */
typedef struct lode_meta {
  const char *key;
  const char *value;
} lode_meta;

typedef struct lode_document {
  lode_format format;
  const char *encoding; /* "utf-8", "utf-16le", "utf-16be", "windows-1252" */
  const char *title;    /* or NULL, here and below */
  const char *description;
  const char *language;  /* as declared: "en", "pt-BR" */
  const char *canonical; /* URL */
  bool noindex;          /* <meta name=robots content=noindex>, or front matter */
  bool marked;           /* some part is marked by data-lode-body or data-pagefind-body */
  const lode_meta *meta; /* [meta_count] */
  size_t meta_count;
  const char *text; /* [size] well-formed UTF-8 without control characters but \n and \t */
  size_t size;
  const lode_block *blocks; /* [block_count] in order */
  size_t block_count;
  const lode_heading *headings; /* [heading_count] in order */
  size_t heading_count;
  struct lode_document_store *store; /* owns everything */
} lode_document;

/* Read data[0..size), borrowed during the call. *out is to be freed, unless this fails.
 * LODE_E_UTF8 with err->pos: malformed, and no other encoding is declared. LODE_E_UNSUPPORTED: an
 * encoding that is not among those above, by name; a binary file; a document too large.
 * LODE_E_NOMEM. Errors begin with options->name. */
lode_status lode_document_read(const lode_document_options *options, const void *data, size_t size,
                               lode_document *out, lode_error *err);
void lode_document_free(lode_document *document);

/* Bytes of the file that text[begin..end) came from: all that lies between its first and its last
 * character there, markup in between included. */
void lode_document_source(const lode_document *document, size_t begin, size_t end,
                          size_t *source_begin, size_t *source_end);

/* "Install > Linux" for a heading and those above it, NUL-terminated and cut to fit, at a
 * character; long headings are shortened. Returns its length. "" for LODE_NO_HEADING. */
size_t lode_document_heading_path(const lode_document *document, uint32_t heading, char *out,
                                  size_t capacity);

/* What a file is, by its name and its first bytes; never AUTO. */
lode_format lode_format_guess(const char *name, const void *data, size_t size);
/* "markdown"; and back, AUTO for an unknown name. */
const char *lode_format_name(lode_format format);
lode_format lode_format_of_name(const char *name);

/* Does this beginning of a file (8 KiB are enough) look like no text at all? */
bool lode_is_binary(const void *data, size_t size);

#endif
