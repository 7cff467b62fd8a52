/* reStructuredText, by its blocks: titles, paragraphs, lists, literal blocks, directives, tables.
 * What a directive does is not carried out; its text is text unless it is known to be none. */
#include <string.h>

#include "index/chunk/lines.h"
#include "index/chunk/readers.h"
#include "index/chunk/rst_inline.h"

enum { MAX_STYLES = 32 };

typedef struct reader {
  lode_builder *b;
  const char *s;
  size_t size;
  char styles[MAX_STYLES]; /* of titles, in the order in which they came; overlined: | 0x80 */
  size_t style_count;
  const char *target; /* of a ".. _name:" that nothing has come after */
  bool started;       /* there has been text: a field list is no docinfo any more */
} reader;

/* ---------------------------------------------------------------- lines */

static bool line_at(const reader *r, size_t at, lode_line *line) {
  return lode_line_at(r->s, r->size, at, line);
}

static size_t trimmed_end(const reader *r, const lode_line *line) {
  size_t end = line->end;
  while (end > line->begin && (r->s[end - 1] == ' ' || r->s[end - 1] == '\t')) end--;
  return end;
}

/* A line of one punctuation character, at least two of it: that character; else 0. */
static char adornment(const reader *r, const lode_line *line, size_t *length) {
  const size_t end = trimmed_end(r, line);
  if (end - line->begin < 2) return 0;
  const char c = r->s[line->begin];
  const bool punct =
      c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  if (!punct) return 0;
  for (size_t i = line->begin; i < end; i++) {
    if (r->s[i] != c) return 0;
  }
  *length = end - line->begin;
  return c;
}

/* Behind the block of lines that are indented more than `indent` (blank ones included). */
static size_t skip_indented(const reader *r, size_t at, size_t indent) {
  lode_line line;
  size_t end = at;
  for (; line_at(r, at, &line); at = line.next) {
    size_t first;
    const size_t columns = lode_line_indent(r->s, &line, &first);
    if (first == line.end) continue;
    if (columns <= indent) break;
    end = line.next;
  }
  return end;
}

/* ---------------------------------------------------------------- writing */

static void begin_block(reader *r, lode_block_kind kind, int level) {
  lode_builder_begin(r->b, kind, level);
  lode_block *block = lode_builder_block(r->b);
  if (block != NULL) block->anchor = r->target;
  r->target = NULL;
  r->started = true;
}

static void write_paragraph(reader *r, lode_block_kind kind, size_t begin, size_t end) {
  begin_block(r, kind, 0);
  lode_rst_inline_read(r->b, begin, end);
}

static void write_code(reader *r, size_t begin, size_t end) {
  lode_line line;
  while (begin < end && line_at(r, begin, &line) && lode_line_blank(r->s, &line)) begin = line.next;
  while (end > begin && (r->s[end - 1] == '\n' || r->s[end - 1] == '\r' || r->s[end - 1] == ' ')) {
    end--;
  }
  if (begin >= end) return;
  begin_block(r, LODE_BLOCK_CODE, 0);
  lode_builder_copy(r->b, begin, end);
}

/* The id that docutils gives to a name: letters and digits of ASCII, hyphens for the rest. */
static const char *make_id(reader *r, const char *name, size_t size) {
  enum { MAX_ID = 200 };
  char id[MAX_ID];
  size_t used = 0;
  for (size_t i = 0; i < size && used < MAX_ID; i++) {
    const char c = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    const bool letter = c >= 'a' && c <= 'z';
    if (letter || (c >= '0' && c <= '9' && used > 0)) {
      id[used++] = c;
    } else if (used > 0 && id[used - 1] != '-') {
      id[used++] = '-';
    }
  }
  while (used > 0 && id[used - 1] == '-') used--;
  return used > 0 ? lode_builder_string(r->b, id, used) : NULL;
}

static void write_title(reader *r, size_t begin, size_t end, char style) {
  size_t level = 0;
  while (level < r->style_count && r->styles[level] != style) level++;
  if (level == r->style_count && level < MAX_STYLES) r->styles[r->style_count++] = style;
  r->target = NULL; /* the title has an id of its own */
  begin_block(r, LODE_BLOCK_HEADING, level < 6 ? (int)level + 1 : 6);
  lode_rst_inline_read(r->b, begin, end);
  size_t size;
  const char *text = lode_builder_text(r->b, &size);
  const char *anchor = make_id(r, text, size);
  lode_block *block = lode_builder_block(r->b);
  if (block != NULL) block->anchor = anchor;
}

/* ---------------------------------------------------------------- directives */

static bool in_list(const char *list, const char *name, size_t n) {
  for (const char *p = list; *p != '\0';) {
    const size_t length = strcspn(p, " ");
    if (length == n && memcmp(p, name, n) == 0) return true;
    p += length + (p[length] == ' ');
  }
  return false;
}

/* Lines ":option: value" right below a directive. */
static size_t skip_options(const reader *r, size_t at, size_t indent) {
  lode_line line;
  while (line_at(r, at, &line)) {
    size_t first;
    if (lode_line_indent(r->s, &line, &first) <= indent || first == line.end) break;
    if (r->s[first] != ':') break;
    at = line.next;
  }
  return at;
}

/* The directive whose name is s[begin..name_end); `at` is behind its line. Returns where reading
 * goes on: what is not taken here are paragraphs like others. */
static size_t read_directive(reader *r, const lode_line *line, size_t begin, size_t name_end,
                             size_t indent, size_t at) {
  static const char code[] =
      "code-block code sourcecode parsed-literal math doctest testcode "
      "testoutput prompt console graphviz mermaid digraph graph";
  static const char nothing[] =
      "toctree include contents raw index highlight literalinclude image "
      "role default-role sectnum header footer meta title tocdepth "
      "currentmodule module py:module py:currentmodule automodule "
      "autosummary bibliography csv-filter target-notes";
  const char *name = r->s + begin;
  const size_t n = name_end - begin;
  if (in_list(nothing, name, n)) return skip_indented(r, at, indent);
  if (in_list(code, name, n)) {
    const size_t from = skip_options(r, at, indent);
    const size_t end = skip_indented(r, from, indent);
    write_code(r, from, end);
    return end;
  }
  size_t argument = name_end + 2;
  while (argument < line->end && r->s[argument] == ' ') argument++;
  const bool figure = in_list("figure list-table csv-table", name, n);
  if (argument < line->end && !(figure && n == 6)) {
    write_paragraph(r, LODE_BLOCK_PARAGRAPH, argument, line->end);
  }
  return skip_options(r, at, indent);
}

/* ".. " at s[first]: a target, footnote, directive or comment. */
static size_t read_explicit(reader *r, const lode_line *line, size_t first, size_t indent) {
  size_t at = first + 2;
  while (at < line->end && r->s[at] == ' ') at++;
  const size_t end = trimmed_end(r, line);
  if (at < end && r->s[at] == '_') { /* .. _name: or .. _name: https://… */
    const size_t begin = at + 1;
    size_t colon = end;
    while (colon > begin && r->s[colon - 1] != ':') colon--;
    if (colon == end && colon > begin + 1) r->target = make_id(r, r->s + begin, colon - 1 - begin);
    return line->next;
  }
  if (at < end && r->s[at] == '[') { /* .. [1] a footnote's text */
    const char *close = memchr(r->s + at, ']', end - at);
    if (close != NULL) {
      const size_t next = skip_indented(r, line->next, indent);
      write_paragraph(r, LODE_BLOCK_PARAGRAPH, (size_t)(close - r->s) + 1, next);
      return next;
    }
  }
  size_t name_end = at;
  while (name_end + 1 < end && r->s[name_end] != ' ' &&
         !(r->s[name_end] == ':' && r->s[name_end + 1] == ':')) {
    name_end++;
  }
  const bool directive = name_end + 1 < end && r->s[name_end] == ':' && r->s[name_end + 1] == ':';
  if (directive && name_end > at && r->s[at] != '|') {
    return read_directive(r, line, at, name_end, indent, line->next);
  }
  return skip_indented(r, line->next, indent); /* a comment, or a substitution */
}

/* ---------------------------------------------------------------- other blocks */

/* "- ", "* ", "1. ", "#. ", "a) ": the width with its spaces; 0: none. */
static size_t list_marker(const reader *r, size_t first, size_t end) {
  const char c = r->s[first];
  size_t at = first + 1;
  if (c >= '0' && c <= '9') {
    while (at < end && r->s[at] >= '0' && r->s[at] <= '9' && at - first < 5) at++;
  }
  const bool numbered =
      (c >= '0' && c <= '9') || c == '#' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  if (numbered) {
    if (at >= end || (r->s[at] != '.' && r->s[at] != ')')) return 0;
    at++;
  } else if (c != '-' && c != '*' && c != '+' && c != '|') {
    return 0;
  }
  if (at >= end || r->s[at] != ' ') return 0;
  while (at < end && r->s[at] == ' ') at++;
  return at - first;
}

/* A border of a table: "====  ====", "+---+---+". */
static bool is_border(const reader *r, size_t first, size_t end) {
  bool parted = r->s[first] == '+';
  if (r->s[first] != '=' && r->s[first] != '+') return false;
  for (size_t i = first; i < end; i++) {
    if (strchr("=-+ ", r->s[i]) == NULL) return false;
    parted = parted || r->s[i] == ' ';
  }
  return parted && end - first > 3;
}

/* Cells are parted by | in a grid, by two spaces in a simple table. */
static void write_row(reader *r, size_t begin, size_t end, bool grid) {
  begin_block(r, LODE_BLOCK_TABLE_ROW, 0);
  size_t from = begin;
  for (size_t i = begin; i <= end; i++) {
    const bool spaces = i + 1 < end && r->s[i] == ' ' && r->s[i + 1] == ' ';
    if (i < end && !(grid ? r->s[i] == '|' : spaces)) continue;
    size_t first = from;
    size_t last = i;
    while (first < last && r->s[first] == ' ') first++;
    while (last > first && r->s[last - 1] == ' ') last--;
    if (first < last) {
      lode_builder_cell(r->b, first);
      lode_rst_inline_read(r->b, first, last);
    }
    from = i + 1;
  }
}

/* From a border on to the next blank line. */
static size_t read_table(reader *r, const lode_line *border) {
  lode_line line;
  size_t at = border->next;
  while (line_at(r, at, &line) && !lode_line_blank(r->s, &line)) {
    size_t first;
    (void)lode_line_indent(r->s, &line, &first);
    const size_t end = trimmed_end(r, &line);
    const bool grid = r->s[first] == '|';
    if (!is_border(r, first, end)) {
      write_row(r, grid ? first + 1 : first, grid && r->s[end - 1] == '|' ? end - 1 : end, grid);
    }
    at = line.next;
  }
  return at;
}

/* ":Author: name" at the top. */
static void read_field(reader *r, const lode_line *line, size_t first) {
  const char *colon = memchr(r->s + first + 1, ':', line->end - first - 1);
  if (colon == NULL) return;
  size_t value = (size_t)(colon - r->s) + 1;
  const size_t end = trimmed_end(r, line);
  while (value < end && r->s[value] == ' ') value++;
  const size_t n = (size_t)(colon - (r->s + first + 1));
  char key[64];
  if (n >= sizeof key || value >= end) return;
  for (size_t i = 0; i < n; i++) {
    const char c = r->s[first + 1 + i];
    key[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  lode_builder_meta(r->b, key, n, r->s + value, end - value);
}

static bool is_field(const reader *r, const lode_line *line, size_t first) {
  if (r->s[first] != ':' || first + 2 >= line->end) return false;
  const char *colon = memchr(r->s + first + 1, ':', line->end - first - 1);
  return colon != NULL && (colon + 1 == r->s + line->end || colon[1] == ' ') &&
         r->s[first + 1] != ' ';
}

/* ---------------------------------------------------------------- paragraphs */

/* The lines of a paragraph from `line` on: where they end, and the last one's own end. */
static size_t paragraph_end(const reader *r, const lode_line *line, size_t indent, size_t *text) {
  lode_line next;
  size_t at = line->next;
  *text = trimmed_end(r, line);
  while (line_at(r, at, &next)) {
    size_t first;
    const size_t columns = lode_line_indent(r->s, &next, &first);
    if (first == next.end || columns < indent) break;
    const size_t end = trimmed_end(r, &next);
    if (list_marker(r, first, end) > 0 && columns <= indent) break;
    if (end - first > 2 && memcmp(r->s + first, ".. ", 3) == 0) break;
    *text = end;
    at = next.next;
  }
  return at;
}

/* A paragraph or item; "::" at its end says that a literal block follows. */
static size_t read_paragraph(reader *r, const lode_line *line, size_t first, size_t indent) {
  size_t text_end;
  const size_t marker = list_marker(r, first, trimmed_end(r, line));
  const size_t next = paragraph_end(r, line, marker > 0 ? indent + 1 : indent, &text_end);
  const size_t begin = first + marker;
  const bool literal =
      text_end - begin >= 2 && r->s[text_end - 1] == ':' && r->s[text_end - 2] == ':';
  size_t end = text_end;
  if (literal) {
    end -= 1;
    const bool alone = end - 1 == begin || r->s[end - 2] == ' ' || r->s[end - 2] == '\n';
    if (alone) end--;
  }
  const bool item = marker > 0 && r->s[first] != '|';
  lode_block_kind kind = indent > 0 ? LODE_BLOCK_QUOTE : LODE_BLOCK_PARAGRAPH;
  if (item) kind = LODE_BLOCK_LIST_ITEM;
  if (end > begin) write_paragraph(r, kind, begin, end);
  if (!literal) return next;
  const size_t behind = skip_indented(r, next, indent);
  write_code(r, next, behind);
  return behind;
}

static size_t read_doctest(reader *r, const lode_line *line) {
  lode_line next;
  size_t at = line->next;
  while (line_at(r, at, &next) && !lode_line_blank(r->s, &next)) at = next.next;
  write_code(r, line->begin, at);
  return at;
}

/* A title with a line below it, or above and below. 0: there is none here. */
static size_t read_title(reader *r, const lode_line *line) {
  lode_line next;
  lode_line last;
  size_t length;
  size_t below;
  const char over = adornment(r, line, &length);
  if (!line_at(r, line->next, &next) || lode_line_blank(r->s, &next)) return 0;
  if (over != 0) {
    if (!line_at(r, next.next, &last) || adornment(r, &last, &below) != over) return 0;
    size_t first;
    (void)lode_line_indent(r->s, &next, &first);
    write_title(r, first, trimmed_end(r, &next), (char)(over | 0x80));
    return last.next;
  }
  const char under = adornment(r, &next, &below);
  const size_t width = trimmed_end(r, line) - line->begin;
  /* Short lines below are mistakes that docutils forgives from four characters on. */
  if (under == 0 || (below < width && below < 4)) return 0;
  write_title(r, line->begin, line->begin + width, under);
  return next.next;
}

static size_t read_block(reader *r, const lode_line *line) {
  size_t first;
  const size_t indent = lode_line_indent(r->s, line, &first);
  const size_t end = trimmed_end(r, line);
  if (first == line->end) return line->next;
  if (end - first >= 2 && r->s[first] == '.' && r->s[first + 1] == '.' &&
      (end - first == 2 || r->s[first + 2] == ' ')) {
    return read_explicit(r, line, first, indent);
  }
  if (indent == 0) {
    const size_t behind = read_title(r, line);
    if (behind > 0) return behind;
    size_t length;
    if (adornment(r, line, &length) != 0 && length >= 4) return line->next; /* a transition */
  }
  if (end - first >= 4 && memcmp(r->s + first, ">>> ", 4) == 0) return read_doctest(r, line);
  if (is_border(r, first, end)) return read_table(r, line);
  if (!r->started && is_field(r, line, first)) {
    read_field(r, line, first);
    return skip_indented(r, line->next, indent);
  }
  return read_paragraph(r, line, first, indent);
}

void lode_read_rst(lode_builder *b) {
  reader r = {.b = b, .s = b->source, .size = b->source_size};
  lode_line line;
  size_t at = 0;
  while (!b->failed && line_at(&r, at, &line)) at = read_block(&r, &line);
  (void)lode_builder_end(b);
}
