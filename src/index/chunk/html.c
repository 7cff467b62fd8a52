#include "index/chunk/html.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index/chunk/html_element.h"
#include "index/chunk/html_entity.h"
#include "index/chunk/html_head.h"
#include "index/chunk/html_token.h"
#include "index/words/word_break.h"

/* As deep as browsers go; what is nested deeper is taken to be next to each other. */
enum { MAX_DEPTH = 512 };

/* What holds for everything inside of an element. */
enum {
  IN_SKIP = 1 << 0,
  IN_PRE = 1 << 1,
  IN_MARKED = 1 << 2, /* data-lode-body */
  IN_MAIN = 1 << 3,
  IN_ARTICLE = 1 << 4,
  IN_CHROME = 1 << 5, /* the page's header, or a sidebar */
  IN_ITEM = 1 << 6,
  IN_QUOTE = 1 << 7,
  IN_CELL = 1 << 8,
  IN_FOREIGN = 1 << 9,
  IN_SECTION = 1 << 10,
};

/* lode_block.marks, of which one is chosen in the end. */
enum { MARK_ANY = 1, MARK_CONTENT = 2, MARK_ARTICLE = 4, MARK_MAIN = 8, MARK_MARKED = 16 };

typedef struct node {
  size_t name; /* in the source */
  uint32_t name_size;
  uint16_t in;
  uint8_t element; /* lode_html_element */
  uint8_t level;   /* of the heading that it is in, or 0 */
} node;

/* A value in the source that is decoded when it is used; size 0: none. */
typedef struct range {
  size_t begin;
  size_t size;
} range;

typedef struct reader {
  lode_builder *b;
  lode_html_tokens tokens;
  lode_html_head head;
  bool page; /* not a part of another format */
  size_t depth;
  size_t too_deep; /* elements that are open and not on the stack */
  bool cell;       /* a table cell ended, and another one may come */
  bool pre_begins;
  range any_id;      /* the last id since the last text: where a heading is, if it has none */
  range block_id;    /* the same, of elements that are worth linking to themselves */
  range heading_id;  /* of the heading, or of something in it */
  size_t link_text;  /* size of the heading's text where a link in it begins */
  range link_target; /* that link's fragment */
  node stack[MAX_DEPTH];
} reader;

static node top(const reader *r) {
  return r->depth > 0 ? r->stack[r->depth - 1] : (node){0};
}

/* ---------------------------------------------------------------- blocks */

static lode_block_kind kind_of(const node *n) {
  if (n->level > 0) return LODE_BLOCK_HEADING;
  if ((n->in & IN_PRE) != 0) return LODE_BLOCK_CODE;
  if ((n->in & IN_CELL) != 0) return LODE_BLOCK_TABLE_ROW;
  if ((n->in & IN_ITEM) != 0) return LODE_BLOCK_LIST_ITEM;
  return (n->in & IN_QUOTE) != 0 ? LODE_BLOCK_QUOTE : LODE_BLOCK_PARAGRAPH;
}

static const char *string_of(reader *r, range value) {
  return value.size == 0 ? NULL : lode_html_string(r->b, r->b->source + value.begin, value.size);
}

/* Text is about to come: there must be a block for it. */
static void need_block(reader *r) {
  if (lode_builder_block(r->b) != NULL) return;
  const node n = top(r);
  lode_builder_begin(r->b, kind_of(&n), n.level);
  lode_block *block = lode_builder_block(r->b);
  if (block == NULL) return;
  unsigned marks = MARK_ANY;
  if ((n.in & IN_CHROME) == 0) marks |= MARK_CONTENT;
  if ((n.in & IN_ARTICLE) != 0) marks |= MARK_ARTICLE;
  if ((n.in & IN_MAIN) != 0) marks |= MARK_MAIN;
  if ((n.in & IN_MARKED) != 0) marks |= MARK_MARKED;
  block->marks = (uint8_t)marks;
  if (n.level == 0) {
    const char *anchor = string_of(r, r->block_id);
    block = lode_builder_block(r->b);
    if (block != NULL) block->anchor = anchor;
    r->any_id = (range){0};
  }
  r->block_id = (range){0};
  r->cell = false;
}

static void end_block(reader *r) {
  lode_block *block = lode_builder_block(r->b);
  if (block != NULL && block->kind == LODE_BLOCK_HEADING) {
    const char *anchor = string_of(r, r->heading_id.size > 0 ? r->heading_id : r->any_id);
    block->anchor = anchor;
    r->any_id = (range){0};
    r->heading_id = (range){0};
  }
  (void)lode_builder_end(r->b);
  r->cell = false;
}

/* ---------------------------------------------------------------- text */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_blank(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (!is_space(s[i])) return false;
  }
  return true;
}

static void before_cell(reader *r, size_t at) {
  if (r->cell) lode_builder_cell(r->b, at);
  r->cell = false;
}

static void take(reader *r, size_t begin, size_t end) {
  const char *s = r->b->source;
  if ((top(r).in & IN_PRE) != 0) {
    if (begin < end) need_block(r);
    lode_builder_copy(r->b, begin, end);
    return;
  }
  if (is_blank(s + begin, end - begin)) {
    if (begin < end) lode_builder_space(r->b);
    return;
  }
  need_block(r);
  before_cell(r, begin);
  lode_builder_copy_collapsed(r->b, begin, end);
}

static void take_entity(reader *r, const char *value, size_t n, size_t begin, size_t end) {
  if (n == 0) return;
  const bool blank = is_blank(value, n) || (n == 2 && memcmp(value, "\xc2\xa0", 2) == 0);
  const bool pre = (top(r).in & IN_PRE) != 0;
  if (blank && !pre) {
    lode_builder_space(r->b);
    return;
  }
  need_block(r);
  before_cell(r, begin);
  if (blank && n == 2) {
    lode_builder_put(r->b, " ", 1, begin, end);
  } else {
    lode_builder_put(r->b, value, n, begin, end);
  }
}

static void take_text(reader *r, const lode_html_token *token) {
  const char *s = r->b->source;
  size_t begin = token->begin;
  if ((top(r).in & IN_SKIP) != 0) return;
  if (r->pre_begins && begin < token->end && s[begin] == '\r') begin++;
  if (r->pre_begins && begin < token->end && s[begin] == '\n') begin++;
  r->pre_begins = false;
  size_t at = begin;
  while (at < token->end) {
    const char *p = token->raw ? NULL : memchr(s + at, '&', token->end - at);
    at = p != NULL ? (size_t)(p - s) : token->end;
    if (at == token->end) break;
    char value[LODE_HTML_ENTITY_MAX];
    size_t n;
    const size_t size = lode_html_entity(s + at, token->end - at, false, value, &n);
    if (size == 0) {
      at++;
      continue;
    }
    take(r, begin, at);
    take_entity(r, value, n, at, at + size);
    at += size;
    begin = at;
  }
  take(r, begin, token->end);
}

/* ---------------------------------------------------------------- the stack of elements */

static bool has_word(const char *s, size_t n) {
  const char *p = s;
  while (p < s + n) {
    if ((lode_word_property(lode_utf8_next(&p)) & LODE_WORD_ALNUM) != 0) return true;
  }
  return false;
}

/* A heading's link to itself ("#", "¶") is no part of it; where it leads is good to know. */
static void end_link(reader *r, const node *n) {
  if (n->level == 0 || r->link_target.size == 0) return;
  size_t size;
  const char *text = lode_builder_text(r->b, &size);
  if (r->heading_id.size == 0) r->heading_id = r->link_target;
  r->link_target = (range){0};
  if (r->link_text <= size && !has_word(text + r->link_text, size - r->link_text)) {
    lode_builder_cut(r->b, r->link_text);
  }
}

static void close_node(reader *r, const node *n) {
  const uint8_t flags = lode_html_element_flags((lode_html_element)n->element);
  if ((n->in & IN_SKIP) != 0) return;
  if (n->element == HTML_a) end_link(r, n);
  if ((flags & HTML_BLOCK) == HTML_BLOCK) end_block(r);
  if (n->element == HTML_td || n->element == HTML_th) r->cell = true;
}

static void pop_to(reader *r, size_t depth) {
  while (r->depth > depth) {
    const node n = r->stack[--r->depth];
    close_node(r, &n);
  }
}

static bool is_heading(unsigned element) {
  return element >= HTML_h1 && element <= HTML_h6;
}

/* Elements beyond which no end tag and no implied end reaches. */
static bool is_scope(unsigned element) {
  return element == HTML_table || element == HTML_td || element == HTML_th ||
         element == HTML_caption || element == HTML_template || element == HTML_html;
}

/* Close the innermost open element of `elements`, and all within, if it is not beyond a scope or
 * an element of `barriers` (both end with HTML_OTHER). */
static void imply_end(reader *r, const uint8_t *elements, const uint8_t *barriers) {
  for (size_t i = r->depth; i > 0; i--) {
    const unsigned element = r->stack[i - 1].element;
    for (const uint8_t *e = elements; *e != HTML_OTHER; e++) {
      if (*e == element) {
        pop_to(r, i - 1);
        return;
      }
    }
    for (const uint8_t *e = barriers; *e != HTML_OTHER; e++) {
      if (*e == element) return;
    }
  }
}

/* Start tags that end what may not contain them: <li>, <tr>, <p> … without their end tags. */
static void imply_ends(reader *r, lode_html_element element) {
  static const uint8_t p[] = {HTML_p, HTML_OTHER};
  static const uint8_t p_in[] = {HTML_table,  HTML_td,   HTML_th,       HTML_caption,
                                 HTML_button, HTML_body, HTML_template, HTML_OTHER};
  static const uint8_t li[] = {HTML_li, HTML_OTHER};
  static const uint8_t li_in[] = {HTML_ul, HTML_ol, HTML_menu, HTML_table, HTML_td, HTML_OTHER};
  static const uint8_t dd[] = {HTML_dd, HTML_dt, HTML_OTHER};
  static const uint8_t dd_in[] = {HTML_dl, HTML_table, HTML_td, HTML_OTHER};
  static const uint8_t tr[] = {HTML_tr, HTML_caption, HTML_OTHER};
  static const uint8_t cells[] = {HTML_td, HTML_th, HTML_OTHER};
  static const uint8_t rows[] = {HTML_thead, HTML_tbody, HTML_tfoot, HTML_caption, HTML_OTHER};
  static const uint8_t row_in[] = {HTML_table, HTML_template, HTML_OTHER};
  static const uint8_t cell_in[] = {HTML_tr, HTML_table, HTML_OTHER};
  static const uint8_t option[] = {HTML_option, HTML_OTHER};
  static const uint8_t option_in[] = {HTML_select, HTML_datalist, HTML_OTHER};
  const bool block = (lode_html_element_flags(element) & HTML_BLOCK) == HTML_BLOCK;
  if (element == HTML_li) imply_end(r, li, li_in);
  if (element == HTML_dd || element == HTML_dt) imply_end(r, dd, dd_in);
  if (element == HTML_tr) imply_end(r, tr, row_in);
  if (element == HTML_td || element == HTML_th) imply_end(r, cells, cell_in);
  if (element == HTML_thead || element == HTML_tbody || element == HTML_tfoot) {
    imply_end(r, rows, row_in);
  }
  if (element == HTML_option) imply_end(r, option, option_in);
  if (is_heading(element) && is_heading(top(r).element)) pop_to(r, r->depth - 1);
  if (block && element != HTML_tr && element != HTML_caption) imply_end(r, p, p_in);
}

/* ---------------------------------------------------------------- start tags */

static range range_of(const reader *r, const char *s, size_t n) {
  return s != NULL && n > 0 ? (range){(size_t)(s - r->b->source), n} : (range){0};
}

static bool role_is(const lode_html_attributes *a, const char *role) {
  return a->role.name != NULL && lode_html_is(a->role.value, a->role.value_size, role);
}

/* What holds inside of the element, besides what holds around it. */
static unsigned region_of(const reader *r, lode_html_element element, const lode_html_attributes *a,
                          unsigned in) {
  const bool in_content = (in & (IN_MAIN | IN_ARTICLE)) != 0;
  if ((lode_html_element_flags(element) & HTML_SKIP) != 0) in |= IN_SKIP;
  if (a->hidden || a->ignore || role_is(a, "navigation") || role_is(a, "search")) in |= IN_SKIP;
  if (element == HTML_search) in |= IN_SKIP;
  const bool footer = element == HTML_footer || role_is(a, "contentinfo");
  if (footer && r->page && (in & IN_QUOTE) == 0) in |= IN_SKIP;
  if ((element == HTML_header || role_is(a, "banner")) && !in_content && (in & IN_SECTION) == 0) {
    in |= IN_CHROME;
  }
  if ((element == HTML_aside || role_is(a, "complementary")) && !in_content) in |= IN_CHROME;
  if (a->body) in |= IN_MARKED;
  if (element == HTML_main || role_is(a, "main")) in = (in | IN_MAIN) & ~(unsigned)IN_CHROME;
  if (element == HTML_article || role_is(a, "article")) in |= IN_ARTICLE;
  if (element == HTML_section) in |= IN_SECTION;
  if (element == HTML_pre) in |= IN_PRE;
  if (element == HTML_blockquote) in |= IN_QUOTE;
  if (element == HTML_li) in = (in | IN_ITEM) & ~(unsigned)IN_CELL;
  if (element == HTML_td || element == HTML_th) in = (in | IN_CELL) & ~(unsigned)IN_ITEM;
  if (element == HTML_svg || element == HTML_math) in |= IN_FOREIGN;
  return in;
}

/* Is it worth a link of its own? */
static bool is_target(lode_html_element element) {
  return element == HTML_p || element == HTML_li || element == HTML_dt || element == HTML_dd ||
         element == HTML_section || element == HTML_article || element == HTML_table ||
         element == HTML_tr || element == HTML_figure || element == HTML_pre || element == HTML_a;
}

static void note_id(reader *r, lode_html_element element, const lode_html_attributes *a,
                    unsigned level) {
  lode_html_attribute id = a->id;
  if (id.value_size == 0 && element == HTML_a) id = a->name;
  if (id.value_size == 0) return;
  const range value = range_of(r, id.value, id.value_size);
  if (level > 0) {
    if (is_heading(element) || r->heading_id.size == 0) r->heading_id = value;
    return;
  }
  if (lode_builder_block(r->b) != NULL) return; /* in the middle of a paragraph */
  r->any_id = value;
  if (is_target(element)) r->block_id = value;
}

static void push(reader *r, const lode_html_token *token, lode_html_element element, unsigned in,
                 unsigned level) {
  if (r->depth == MAX_DEPTH) {
    r->too_deep++;
    return;
  }
  r->stack[r->depth++] = (node){token->name, (uint32_t)token->name_size, (uint16_t)in,
                                (uint8_t)element, (uint8_t)level};
}

static void take_image(reader *r, const lode_html_token *token, const lode_html_attributes *a) {
  if (a->alt.value_size == 0 || (top(r).in & IN_SKIP) != 0) return;
  const char *alt = lode_html_string(r->b, a->alt.value, a->alt.value_size);
  if (alt == NULL || *alt == '\0') return;
  lode_builder_space(r->b);
  need_block(r);
  before_cell(r, token->begin);
  lode_builder_put(r->b, alt, strlen(alt), token->begin, token->end);
  lode_builder_space(r->b);
}

static void start_tag(reader *r, const lode_html_token *token) {
  const char *name = r->b->source + token->name;
  const lode_html_element element = lode_html_element_of(name, token->name_size);
  const uint8_t flags = lode_html_element_flags(element);
  lode_html_attributes a;
  lode_html_attributes_of(r->b->source, token, &a);
  if (r->page) lode_html_head_tag(&r->head, r->b, element, &a);
  if ((top(r).in & IN_FOREIGN) == 0) imply_ends(r, element);
  const node around = top(r);
  if ((flags & HTML_BLOCK) == HTML_BLOCK && (around.in & IN_SKIP) == 0) end_block(r);
  unsigned in = region_of(r, element, &a, around.in);
  unsigned level = around.level;
  if (is_heading(element)) level = (unsigned)element - HTML_h1 + 1;
  if ((in & IN_SKIP) == 0) {
    note_id(r, element, &a, level);
    if (a.body && r->page) r->b->doc->marked = true;
    if (element == HTML_br) lode_builder_newline(r->b);
    if (element == HTML_img) take_image(r, token, &a);
    if (element == HTML_pre) r->pre_begins = true;
    if (element == HTML_a && level > 0) {
      const bool fragment = a.href.value_size > 1 && a.href.value[0] == '#';
      (void)lode_builder_text(r->b, &r->link_text);
      r->link_target = (range){0};
      if (fragment) r->link_target = range_of(r, a.href.value + 1, a.href.value_size - 1);
    }
  }
  const bool childless = (flags & HTML_VOID) != 0 || (token->self_closing && (in & IN_FOREIGN));
  if (childless) return;
  push(r, token, element, in, level);
  if ((in & IN_FOREIGN) != 0) return;
  r->tokens.model = lode_html_model_of(name, token->name_size);
  r->tokens.element = token->name;
  r->tokens.element_size = token->name_size;
}

/* ---------------------------------------------------------------- end tags */

static bool same_name(const reader *r, const node *n, const lode_html_token *token) {
  if (n->name_size != token->name_size) return false;
  const char *a = r->b->source + n->name;
  const char *b = r->b->source + token->name;
  for (size_t i = 0; i < token->name_size; i++) {
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  }
  return true;
}

static void end_tag(reader *r, const lode_html_token *token) {
  const char *name = r->b->source + token->name;
  const lode_html_element element = lode_html_element_of(name, token->name_size);
  const uint8_t flags = lode_html_element_flags(element);
  if (element == HTML_br) lode_builder_newline(r->b);       /* </br> is <br> */
  if (element == HTML_body || element == HTML_html) return; /* what follows belongs to it */
  if (r->too_deep > 0 && (flags & HTML_VOID) == 0) {
    r->too_deep--;
    return;
  }
  bool special_between = false;
  for (size_t i = r->depth; i > 0; i--) {
    const node n = r->stack[i - 1];
    const bool match = n.element == element && (element != HTML_OTHER || same_name(r, &n, token));
    if (match || (is_heading(element) && is_heading(n.element))) {
      if (!special_between || (flags & HTML_SPECIAL) != 0) {
        pop_to(r, i - 1);
      } else if ((flags & HTML_FORMAT) != 0) { /* <b><p></b>: only <b> ends */
        memmove(r->stack + i - 1, r->stack + i, (r->depth - i) * sizeof(node));
        r->depth--;
        close_node(r, &n);
      }
      return;
    }
    if ((lode_html_element_flags((lode_html_element)n.element) & HTML_SPECIAL) == 0) continue;
    special_between = true;
    if ((flags & (HTML_SPECIAL | HTML_FORMAT)) == 0) return;
    /* A cell's content cannot end the table's own parts' ancestors, but </table> ends cells. */
    const bool of_table = element == HTML_table || element == HTML_tr || element == HTML_td ||
                          element == HTML_th || element == HTML_thead || element == HTML_tbody ||
                          element == HTML_tfoot || element == HTML_template;
    if (is_scope(n.element) && (!of_table || n.element == HTML_table)) return;
  }
}

/* ---------------------------------------------------------------- whole pages */

static void read_all(reader *r) {
  for (;;) {
    lode_html_token token;
    r->tokens.foreign = (top(r).in & IN_FOREIGN) != 0;
    lode_html_next(&r->tokens, &token);
    switch (token.kind) {
      case LODE_HTML_TEXT:
        if (r->page) lode_html_head_text(&r->head, r->b, &token, top(r).element);
        take_text(r, &token);
        break;
      case LODE_HTML_START_TAG:
        start_tag(r, &token);
        break;
      case LODE_HTML_END_TAG:
        end_tag(r, &token);
        break;
      case LODE_HTML_END_OF_FILE:
        pop_to(r, 0);
        end_block(r);
        return;
      default:
        break;
    }
    if (r->b->failed) return;
  }
}

/* The part of the page that is its content: what its author marked; <main>; <article>s, if they
 * are most of it; else all but header and sidebars; else all. */
static void choose(lode_builder *b) {
  const lode_block *blocks = b->store->blocks.data;
  size_t sizes[MARK_MARKED + 1] = {0};
  for (size_t i = 0; i < b->block_count; i++) {
    const size_t size = blocks[i].end - blocks[i].begin;
    for (unsigned mark = MARK_ANY; mark <= MARK_MARKED; mark *= 2) {
      if ((blocks[i].marks & mark) != 0) sizes[mark] += size;
    }
  }
  unsigned mark = MARK_ANY;
  if (sizes[MARK_CONTENT] > 0) mark = MARK_CONTENT;
  if (sizes[MARK_ARTICLE] * 2 > sizes[MARK_CONTENT]) mark = MARK_ARTICLE;
  if (sizes[MARK_MAIN] > 0) mark = MARK_MAIN;
  if (sizes[MARK_MARKED] > 0) mark = MARK_MARKED;
  lode_builder_keep(b, (uint8_t)mark);
}

static void read_range(lode_builder *b, size_t begin, size_t end, bool page) {
  reader *r = malloc(sizeof *r);
  if (r == NULL) {
    b->failed = true;
    return;
  }
  memset(r, 0, offsetof(reader, stack)); /* the stack is written before it is read */
  r->b = b;
  r->page = page;
  r->tokens = (lode_html_tokens){.source = b->source, .at = begin, .size = end};
  read_all(r);
  if (page && !b->failed) {
    choose(b);
    lode_html_head_finish(&r->head, b);
  }
  free(r);
}

void lode_read_html(lode_builder *b) {
  read_range(b, 0, b->source_size, true);
}

void lode_read_html_part(lode_builder *b, size_t begin, size_t end) {
  read_range(b, begin, end, false);
}
