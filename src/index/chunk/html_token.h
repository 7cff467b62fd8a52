/* HTML to tokens, by the rules of the WHATWG standard (13.2.5) as far as they decide what is text
 * and what is markup. Never fails: what browsers make of broken markup is what comes out. */
#ifndef LODE_INDEX_CHUNK_HTML_TOKEN_H
#define LODE_INDEX_CHUNK_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum lode_html_kind {
  LODE_HTML_END_OF_FILE = 0,
  LODE_HTML_TEXT, /* source[begin..end), with character references unless `raw` */
  LODE_HTML_START_TAG,
  LODE_HTML_END_TAG,
  LODE_HTML_COMMENT, /* also <!DOCTYPE>, <?…> and the like */
} lode_html_kind;

/* How the text behind a start tag is read: its element's content model. */
typedef enum lode_html_model {
  LODE_HTML_DATA = 0,
  LODE_HTML_RCDATA,    /* title, textarea: references, no tags */
  LODE_HTML_RAWTEXT,   /* style, xmp, iframe, noembed, noframes, noscript: neither */
  LODE_HTML_SCRIPT,    /* as raw text, with <!-- … --> in it */
  LODE_HTML_PLAINTEXT, /* to the end of the file */
} lode_html_model;

typedef struct lode_html_token {
  lode_html_kind kind;
  size_t begin; /* bytes of the source */
  size_t end;
  size_t name; /* of a tag: where its name begins, and its bytes */
  size_t name_size;
  bool raw;
  bool self_closing;
} lode_html_token;

typedef struct lode_html_tokens {
  const char *source;
  size_t at;
  size_t size;
  lode_html_model model; /* of what comes next; set by the caller after a start tag */
  size_t element;        /* the name of the element whose model that is */
  size_t element_size;
  bool foreign; /* inside svg or math, where <![CDATA[ is text; set by the caller */
} lode_html_tokens;

void lode_html_next(lode_html_tokens *tokens, lode_html_token *token);

/* The content model that HTML gives to an element. */
lode_html_model lode_html_model_of(const char *name, size_t size);

/* Attributes of a start tag, one after the other: *at is 0 at first. Values are with character
 * references, without quotes. False: no more. */
typedef struct lode_html_attribute {
  const char *name;
  size_t name_size;
  const char *value;
  size_t value_size;
} lode_html_attribute;
bool lode_html_next_attribute(const char *source, const lode_html_token *tag, size_t *at,
                              lode_html_attribute *out);

/* Equal but for the case of ASCII letters; `lower` is in lower case. */
bool lode_html_is(const char *s, size_t n, const char *lower);

#endif
