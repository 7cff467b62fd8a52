/* What a page says about itself: <title>, <meta>, <link>, lang, data-lode-meta. And the attributes
 * of a tag that matter here, read once. */
#ifndef LODE_INDEX_CHUNK_HTML_HEAD_H
#define LODE_INDEX_CHUNK_HTML_HEAD_H

#include "index/chunk/builder.h"
#include "index/chunk/html_element.h"
#include "index/chunk/html_token.h"

typedef struct lode_html_attributes {
  lode_html_attribute id;
  lode_html_attribute name;
  lode_html_attribute role;
  lode_html_attribute alt;
  lode_html_attribute href;
  lode_html_attribute content;
  lode_html_attribute property;
  lode_html_attribute rel;
  lode_html_attribute lang;
  lode_html_attribute charset;
  lode_html_attribute meta;   /* data-lode-meta, data-pagefind-meta */
  lode_html_attribute filter; /* data-lode-filter, data-pagefind-filter: the same, for one more */
  bool hidden;                /* hidden, aria-hidden, display: none */
  bool ignore;                /* data-lode-ignore, data-pagefind-ignore */
  bool body;                  /* data-lode-body, data-pagefind-body */
  const lode_html_token *tag;
} lode_html_attributes;

void lode_html_attributes_of(const char *source, const lode_html_token *tag,
                             lode_html_attributes *out);

/* A value as text: references decoded, white space collapsed, at most 4 KiB of it read. In the
 * document's arena; NULL only when out of memory. */
char *lode_html_string(lode_builder *b, const char *value, size_t size);

typedef struct lode_html_head {
  const char *og_title;
  const char *og_description;
} lode_html_head;

void lode_html_head_tag(lode_html_head *head, lode_builder *b, lode_html_element element,
                        const lode_html_attributes *a);
/* `element`: that the text is in. */
void lode_html_head_text(lode_html_head *head, lode_builder *b, const lode_html_token *text,
                         unsigned element);
void lode_html_head_finish(const lode_html_head *head, lode_builder *b);

#endif
