/* Markdown: front matter, then its blocks, and the text of each. */
#include <string.h>

#include "index/chunk/front_matter.h"
#include "index/chunk/html.h"
#include "index/chunk/markdown_blocks.h"
#include "index/chunk/readers.h"
#include "index/chunk/slug.h"

typedef struct reader {
  lode_builder *b;
  const char *s;
  bool mdx;
  lode_md_blocks blocks;
  lode_slugs slugs;
} reader;

static lode_block_kind kind_of(const lode_md_leaf *l) {
  if (l->item) return LODE_BLOCK_LIST_ITEM;
  return l->quote ? LODE_BLOCK_QUOTE : LODE_BLOCK_PARAGRAPH;
}

static void write_code(reader *r, const lode_md_line *lines, size_t n) {
  lode_builder *b = r->b;
  for (size_t i = 0; i < n; i++) {
    /* Lines that follow each other in the source are copied with what is between them. */
    size_t begin = lines[i].begin;
    size_t end = lines[i].end;
    while (i + 1 < n && lines[i + 1].begin == end + 1 && r->s[end] == '\n') end = lines[++i].end;
    lode_builder_copy(b, begin, end);
    if (i + 1 < n) lode_builder_put(b, "\n", 1, end, end);
  }
}

/* "Heading {#its-id .class}": the id; the braces are no text. */
static const char *explicit_anchor(reader *r, lode_md_line *line) {
  size_t end = line->end;
  while (end > line->begin && (r->s[end - 1] == ' ' || r->s[end - 1] == '\t')) end--;
  if (end - line->begin < 4 || r->s[end - 1] != '}') return NULL;
  size_t open = end - 1;
  while (open > line->begin && r->s[open] != '{') open--;
  if (r->s[open] != '{') return NULL;
  size_t i = open + 1;
  while (i < end && (r->s[i] == ' ' || r->s[i] == ':')) i++;
  if (r->s[i] != '#' && r->s[i] != '.') return NULL; /* {braces} are text */
  line->end = (uint32_t)open;
  while (i < end - 1 &&
         !(r->s[i] == '#' && (r->s[i - 1] == ' ' || r->s[i - 1] == '{' || r->s[i - 1] == ':'))) {
    i++;
  }
  const size_t begin = ++i;
  while (i < end - 1 && r->s[i] != ' ') i++;
  return i > begin && i < end ? lode_builder_string(r->b, r->s + begin, i - begin) : NULL;
}

static void write_heading(reader *r, const lode_md_leaf *l, lode_md_line *lines) {
  lode_builder *b = r->b;
  const char *anchor = explicit_anchor(r, &lines[l->line_count - 1]);
  lode_builder_begin(b, LODE_BLOCK_HEADING, l->level);
  lode_md_inline_read(b, &r->blocks.inline_, lines, l->line_count, false);
  if (anchor == NULL) {
    size_t size;
    const char *text = lode_builder_text(b, &size);
    anchor = lode_slug(&r->slugs, &b->store->arena, text, size);
    if (anchor == NULL) b->failed = true;
  }
  lode_block *block = lode_builder_block(b);
  if (block != NULL) block->anchor = anchor;
}

/* ":::note Title" and "<!-- … -->" lines of documentation generators: only the title is text. */
static void without_colons(const reader *r, lode_md_line *line) {
  size_t at = line->begin;
  while (at < line->end && r->s[at] == ':') at++;
  if (at - line->begin < 3) return;
  while (at < line->end && r->s[at] != ' ' && r->s[at] != '[') at++;
  line->begin = (uint32_t)at;
}

/* MDX: modules of JavaScript between the paragraphs. */
static bool is_module(const reader *r, const lode_md_line *line) {
  const size_t n = line->end - line->begin;
  const char *s = r->s + line->begin;
  return r->mdx &&
         ((n > 7 && memcmp(s, "import ", 7) == 0) || (n > 7 && memcmp(s, "export ", 7) == 0));
}

static void write_paragraph(reader *r, const lode_md_leaf *l, lode_md_line *lines) {
  if (is_module(r, lines)) return;
  for (size_t i = 0; i < l->line_count; i++) {
    if (r->s[lines[i].begin] == ':') without_colons(r, &lines[i]);
  }
  /* "[^1]: " and "[ ] " are no text. */
  const char *s = r->s + lines[0].begin;
  const size_t n = lines[0].end - lines[0].begin;
  if (n > 4 && s[0] == '[' && s[1] == '^') {
    const char *close = memchr(s, ']', n);
    if (close != NULL && close + 1 < s + n && close[1] == ':') {
      lines[0].begin += (uint32_t)(close + 2 - s);
    }
  } else if (l->item && n > 4 && s[0] == '[' && s[2] == ']' && s[3] == ' ' &&
             (s[1] == ' ' || s[1] == 'x' || s[1] == 'X')) {
    lines[0].begin += 4;
  }
  lode_builder_begin(r->b, kind_of(l), 0);
  lode_md_inline_read(r->b, &r->blocks.inline_, lines, l->line_count, false);
}

static void write_leaf(reader *r, const lode_md_leaf *l) {
  lode_builder *b = r->b;
  lode_md_line *lines = (lode_md_line *)r->blocks.lines.data + l->first_line;
  switch (l->kind) {
    case LODE_MD_HEADING:
      write_heading(r, l, lines);
      break;
    case LODE_MD_FENCE:
    case LODE_MD_INDENTED:
      lode_builder_begin(b, LODE_BLOCK_CODE, 0);
      write_code(r, lines, l->line_count);
      break;
    case LODE_MD_HTML:
      (void)lode_builder_end(b);
      lode_read_html_part(b, lines[0].begin, lines[l->line_count - 1].end);
      break;
    case LODE_MD_TABLE:
      for (size_t i = 0; i < l->line_count; i++) {
        lode_builder_begin(b, LODE_BLOCK_TABLE_ROW, 0);
        lode_md_inline_read(b, &r->blocks.inline_, &lines[i], 1, true);
      }
      break;
    default:
      write_paragraph(r, l, lines);
  }
}

void lode_read_markdown(lode_builder *b, bool mdx) {
  reader r = {.b = b, .s = b->source, .mdx = mdx};
  lode_md_blocks_read(b, lode_read_front_matter(b), &r.blocks);
  const lode_md_leaf *leaves = r.blocks.leaves.data;
  for (size_t i = 0; i < r.blocks.leaf_count && !b->failed; i++) write_leaf(&r, &leaves[i]);
  (void)lode_builder_end(b);
  lode_md_blocks_free(&r.blocks);
  lode_slugs_free(&r.slugs);
}
