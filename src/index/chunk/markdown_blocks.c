#include "index/chunk/markdown_blocks.h"

#include <string.h>

#include "index/chunk/html_element.h"
#include "index/chunk/html_token.h"
#include "index/chunk/lines.h"

enum { MAX_CONTAINERS = 64 }; /* what is nested deeper is text */

enum {
  NO_LEAF = LODE_MD_NONE,
  PARAGRAPH = LODE_MD_PARAGRAPH,
  HEADING = LODE_MD_HEADING,
  FENCE = LODE_MD_FENCE,
  INDENTED = LODE_MD_INDENTED,
  HTML = LODE_MD_HTML,
  TABLE = LODE_MD_TABLE,
};

typedef lode_md_leaf leaf;

typedef struct container {
  bool item;
  uint32_t indent; /* of an item: columns that its content is indented by */
} container;

typedef struct reader {
  lode_builder *b;
  lode_md_blocks *out;
  const char *s;
  leaf open; /* kind NO_LEAF: none */
  char fence;
  size_t fence_size;
  size_t fence_indent;
  int html;      /* which of CommonMark's seven kinds of HTML block */
  size_t blanks; /* blank lines that belong to indented code, if more of it comes */
  size_t depth;
  container containers[MAX_CONTAINERS];
  /* The current line, and where in it we are: */
  lode_line line;
  size_t at;
  size_t column;
  size_t rest; /* columns of a tab at `at` that are still to be taken */
} reader;

/* ---------------------------------------------------------------- the current line */

static size_t indent_of(const reader *r, size_t *first) {
  size_t column = r->column;
  size_t at = r->at;
  if (r->rest > 0) {
    column += r->rest;
    at++;
  }
  while (at < r->line.end && (r->s[at] == ' ' || r->s[at] == '\t')) {
    column += r->s[at] == '\t' ? 4 - column % 4 : 1;
    at++;
  }
  *first = at;
  return column - r->column;
}

/* Take `columns` of white space. */
static void take_columns(reader *r, size_t columns) {
  while (columns > 0 && r->at < r->line.end) {
    const char c = r->s[r->at];
    if (c != ' ' && c != '\t') return;
    size_t width = c == '\t' ? 4 - r->column % 4 : 1;
    if (r->rest > 0) width = r->rest;
    if (width > columns) {
      r->rest = width - columns;
      r->column += columns;
      return;
    }
    r->rest = 0;
    r->column += width;
    columns -= width;
    r->at++;
  }
}

static void take_bytes(reader *r, size_t to) {
  r->column += to - r->at;
  r->at = to;
  r->rest = 0;
}

/* ---------------------------------------------------------------- leaves */

static void add_line(reader *r, size_t begin, size_t end) {
  if (!lode_buffer_reserve(&r->out->lines, r->out->line_count + 1, sizeof(lode_md_line),
                           r->out->line_count * sizeof(lode_md_line))) {
    r->b->failed = true;
    return;
  }
  ((lode_md_line *)r->out->lines.data)[r->out->line_count++] =
      (lode_md_line){(uint32_t)begin, (uint32_t)end};
  r->open.line_count++;
}

/* The text of a paragraph's line, without white space around it; two spaces at the end stay. */
static void add_text_line(reader *r) {
  size_t begin;
  (void)indent_of(r, &begin);
  add_line(r, begin, r->line.end);
}

static void open_leaf(reader *r, int kind, int level) {
  r->open = (leaf){
      .kind = (uint8_t)kind, .level = (uint8_t)level, .first_line = (uint32_t)r->out->line_count};
  for (size_t i = 0; i < r->depth; i++) {
    r->open.item = r->open.item || r->containers[i].item;
    r->open.quote = r->open.quote || !r->containers[i].item;
  }
}

static void store_leaf(reader *r, leaf l) {
  if (l.line_count == 0) return;
  if (!lode_buffer_reserve(&r->out->leaves, r->out->leaf_count + 1, sizeof l,
                           r->out->leaf_count * sizeof l)) {
    r->b->failed = true;
    return;
  }
  ((leaf *)r->out->leaves.data)[r->out->leaf_count++] = l;
}

/* "[label]: target" at the beginning of a line: the end of the label, 0 if it is none. */
static size_t definition_label(const reader *r, const lode_md_line *line) {
  const char *s = r->s;
  if (line->begin >= line->end || s[line->begin] != '[') return 0;
  size_t i = line->begin + 1;
  while (i < line->end && s[i] != ']' && s[i] != '[') i += s[i] == '\\' ? 2 : 1;
  const bool ends = i + 1 < line->end && s[i] == ']' && s[i + 1] == ':';
  return ends && i > line->begin + 1 ? i : 0;
}

static bool is_title(const char *s, const lode_md_line *line) {
  size_t end = line->end;
  while (end > line->begin && (s[end - 1] == ' ' || s[end - 1] == '\t')) end--;
  if (end - line->begin < 2) return false;
  const char c = s[line->begin];
  return (c == '"' || c == '\'') && s[end - 1] == c;
}

/* Link definitions at the beginning of a paragraph are no text. */
static void take_definitions(reader *r, leaf *l) {
  const lode_md_line *lines = r->out->lines.data;
  while (l->line_count > 0) {
    const lode_md_line *line = &lines[l->first_line];
    const size_t label = definition_label(r, line);
    if (label == 0 || r->s[line->begin + 1] == '^') return;
    size_t used = 1;
    size_t target = label + 2;
    while (target < line->end && (r->s[target] == ' ' || r->s[target] == '\t')) target++;
    if (target == line->end) { /* on the next line */
      if (l->line_count < 2) return;
      used = 2;
    }
    if (l->line_count > used && is_title(r->s, &line[used])) used++;
    lode_md_label_add(r->b, &r->out->inline_, r->s + line->begin + 1, label - line->begin - 1);
    l->first_line += (uint32_t)used;
    l->line_count -= (uint32_t)used;
  }
}

static void close_leaf(reader *r) {
  leaf l = r->open;
  r->open = (leaf){0};
  r->blanks = 0;
  if (l.kind == NO_LEAF) return;
  if (l.kind == PARAGRAPH) take_definitions(r, &l);
  store_leaf(r, l);
}

/* ---------------------------------------------------------------- what may begin a block */

static size_t run_of(const reader *r, size_t at, char c) {
  size_t end = at;
  while (end < r->line.end && r->s[end] == c) end++;
  return end - at;
}

static bool blank_from(const reader *r, size_t at) {
  while (at < r->line.end && (r->s[at] == ' ' || r->s[at] == '\t')) at++;
  return at == r->line.end;
}

static bool is_rule(const reader *r, size_t first) {
  const char c = r->s[first];
  if (c != '-' && c != '*' && c != '_') return false;
  size_t n = 0;
  for (size_t i = first; i < r->line.end; i++) {
    if (r->s[i] == c) {
      n++;
    } else if (r->s[i] != ' ' && r->s[i] != '\t') {
      return false;
    }
  }
  return n >= 3;
}

/* "# Heading #" */
static bool try_heading(reader *r, size_t first) {
  const size_t level = run_of(r, first, '#');
  const size_t behind = first + level;
  if (level == 0 || level > 6) return false;
  if (behind < r->line.end && r->s[behind] != ' ' && r->s[behind] != '\t') return false;
  close_leaf(r);
  size_t begin = behind;
  size_t end = r->line.end;
  while (begin < end && (r->s[begin] == ' ' || r->s[begin] == '\t')) begin++;
  while (end > begin && (r->s[end - 1] == ' ' || r->s[end - 1] == '\t')) end--;
  size_t close = end;
  while (close > begin && r->s[close - 1] == '#') close--;
  if (close < end && (close == begin || r->s[close - 1] == ' ' || r->s[close - 1] == '\t')) {
    end = close;
  }
  open_leaf(r, HEADING, (int)level);
  add_line(r, begin, end);
  close_leaf(r);
  return true;
}

static bool try_fence(reader *r, size_t first, size_t indent) {
  const char c = r->s[first];
  if (c != '`' && c != '~') return false;
  const size_t n = run_of(r, first, c);
  if (n < 3) return false;
  if (c == '`' && memchr(r->s + first + n, '`', r->line.end - first - n) != NULL) return false;
  close_leaf(r);
  open_leaf(r, FENCE, 0);
  r->fence = c;
  r->fence_size = n;
  r->fence_indent = indent;
  return true;
}

/* Which kind of HTML block begins with the '<' at `first`; 0: none. */
static int html_kind(const reader *r, size_t first) {
  static const char *const raw[] = {"script", "pre", "style", "textarea"};
  const char *s = r->s + first;
  const size_t n = r->line.end - first;
  if (n < 2 || s[0] != '<') return 0;
  if (n >= 4 && memcmp(s, "<!--", 4) == 0) return 2;
  if (s[1] == '?') return 3;
  if (n >= 9 && memcmp(s, "<![CDATA[", 9) == 0) return 5;
  if (s[1] == '!') return n > 2 && (s[2] | 0x20) >= 'a' && (s[2] | 0x20) <= 'z' ? 4 : 0;
  size_t begin = s[1] == '/' ? 2 : 1;
  size_t end = begin;
  while (end < n &&
         ((s[end] >= '0' && s[end] <= '9') || ((s[end] | 0x20) >= 'a' && (s[end] | 0x20) <= 'z'))) {
    end++;
  }
  if (end == begin) return 0;
  const bool ends = end == n || s[end] == ' ' || s[end] == '\t' || s[end] == '>' || s[end] == '/';
  if (!ends) return 0;
  for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
    if (begin == 1 && lode_html_is(s + begin, end - begin, raw[i])) return 1;
  }
  const lode_html_element element = lode_html_element_of(s + begin, end - begin);
  const uint8_t flags = lode_html_element_flags(element);
  const bool void_block = element == HTML_hr || element == HTML_link || element == HTML_base ||
                          element == HTML_col || element == HTML_track;
  if ((flags & HTML_SPECIAL) != 0 || void_block || element == HTML_iframe ||
      element == HTML_option || element == HTML_title || element == HTML_noframes) {
    return 6;
  }
  /* Any other complete tag, alone on its line. */
  const char *close = memchr(s, '>', n);
  return close != NULL && blank_from(r, first + (size_t)(close - s) + 1) ? 7 : 0;
}

static bool html_ends(const reader *r) {
  static const char *const ends[] = {NULL, "</", "-->", "?>", ">", "]]>"};
  if (r->html > 5) return false;
  const char *end = ends[r->html];
  const size_t n = strlen(end);
  for (size_t i = r->at; i + n <= r->line.end; i++) {
    if (memcmp(r->s + i, end, n) != 0) continue;
    if (r->html != 1) return true;
    const char *name = r->s + i + 2;
    const size_t left = r->line.end - i - 2;
    if ((left >= 6 && lode_html_is(name, 6, "script")) ||
        (left >= 5 && lode_html_is(name, 5, "style")) ||
        (left >= 3 && lode_html_is(name, 3, "pre")) ||
        (left >= 8 && lode_html_is(name, 8, "textarea"))) {
      return true;
    }
  }
  return false;
}

static bool try_html(reader *r, size_t first) {
  const int kind = html_kind(r, first);
  if (kind == 0 || (kind == 7 && r->open.kind == PARAGRAPH)) return false;
  close_leaf(r);
  open_leaf(r, HTML, 0);
  r->html = kind;
  add_line(r, first, r->line.end);
  if (html_ends(r)) close_leaf(r);
  return true;
}

/* "===" or "---" below a paragraph. */
static bool try_underline(reader *r, size_t first, bool matched) {
  const char c = r->s[first];
  if (r->open.kind != PARAGRAPH || !matched || (c != '=' && c != '-')) return false;
  if (!blank_from(r, first + run_of(r, first, c))) return false;
  leaf l = r->open;
  take_definitions(r, &l);
  if (l.line_count == 0) return false;
  l.kind = HEADING;
  l.level = c == '=' ? 1 : 2;
  r->open = (leaf){0};
  store_leaf(r, l);
  return true;
}

/* "| --- | :--: |": how many columns; 0: no such line. */
static size_t delimiter_columns(const reader *r, size_t first) {
  size_t columns = 0;
  bool dashes = false;
  bool bar = false;
  for (size_t i = first; i < r->line.end; i++) {
    const char c = r->s[i];
    if (c == '-') {
      columns += !dashes;
      dashes = true;
    } else if (c == '|') {
      bar = true;
      dashes = false;
    } else if (c != ':' && c != ' ' && c != '\t') {
      return 0;
    }
  }
  return bar || columns == 1 ? columns : 0;
}

static size_t row_columns(const reader *r, const lode_md_line *line) {
  size_t bars = 0;
  size_t begin = line->begin;
  size_t end = line->end;
  while (end > begin && (r->s[end - 1] == ' ' || r->s[end - 1] == '\t')) end--;
  if (begin < end && r->s[begin] == '|') begin++;
  if (end > begin && r->s[end - 1] == '|') end--;
  for (size_t i = begin; i < end; i++) {
    if (r->s[i] == '\\') {
      i++;
    } else if (r->s[i] == '|') {
      bars++;
    }
  }
  return bars + 1;
}

/* The line below a paragraph's last makes that one the head of a table. */
static bool try_table(reader *r, size_t first, bool matched) {
  if (r->open.kind != PARAGRAPH || !matched) return false;
  const size_t columns = delimiter_columns(r, first);
  if (columns == 0) return false;
  const lode_md_line head = ((const lode_md_line *)r->out->lines.data)[r->out->line_count - 1];
  const bool bar = memchr(r->s + head.begin, '|', head.end - head.begin) != NULL;
  if (row_columns(r, &head) != columns || (columns == 1 && !bar)) return false;
  r->open.line_count--;
  r->out->line_count--;
  close_leaf(r);
  open_leaf(r, TABLE, 0);
  add_line(r, head.begin, head.end);
  return true;
}

/* ---------------------------------------------------------------- containers */

/* "- ", "12. " and the like at `first`: the width of the marker; 0: none. */
static size_t list_marker(const reader *r, size_t first, bool in_paragraph) {
  const char c = r->s[first];
  size_t end = first + 1;
  if (c >= '0' && c <= '9') {
    while (end < r->line.end && end - first < 10 && r->s[end] >= '0' && r->s[end] <= '9') end++;
    if (end - first > 9 || end == r->line.end || (r->s[end] != '.' && r->s[end] != ')')) return 0;
    if (in_paragraph && (end - first != 1 || c != '1')) return 0;
    end++;
  } else if (c != '-' && c != '*' && c != '+') {
    return 0;
  }
  if (end < r->line.end && r->s[end] != ' ' && r->s[end] != '\t') return 0;
  if (in_paragraph && blank_from(r, end)) return 0;
  return end - first;
}

static void push_item(reader *r, size_t first, size_t indent, size_t width) {
  take_columns(r, indent);
  take_bytes(r, first + width);
  size_t text;
  size_t spaces = indent_of(r, &text);
  if (text == r->line.end || spaces > 4) spaces = 1;
  take_columns(r, spaces);
  r->containers[r->depth++] = (container){true, (uint32_t)(indent + width + spaces)};
}

/* How many of the open containers go on in this line; what belongs to them is taken. */
static size_t match_containers(reader *r) {
  size_t matched = 0;
  for (; matched < r->depth; matched++) {
    const container *c = &r->containers[matched];
    size_t first;
    const size_t indent = indent_of(r, &first);
    if (c->item) {
      if (first == r->line.end) continue; /* a blank line */
      if (indent < c->indent) break;
      take_columns(r, c->indent);
    } else {
      if (indent > 3 || first == r->line.end || r->s[first] != '>') break;
      take_columns(r, indent);
      take_bytes(r, first + 1);
      if (r->at < r->line.end && (r->s[r->at] == ' ' || r->s[r->at] == '\t')) take_columns(r, 1);
    }
  }
  return matched;
}

/* ---------------------------------------------------------------- lines */

/* A line within an open fence or HTML block. */
static void continue_raw(reader *r) {
  size_t first;
  const size_t indent = indent_of(r, &first);
  if (r->open.kind == FENCE) {
    const size_t n = first < r->line.end ? run_of(r, first, r->fence) : 0;
    if (indent < 4 && n >= r->fence_size && blank_from(r, first + n)) {
      close_leaf(r);
      return;
    }
    take_columns(r, r->fence_indent < indent ? r->fence_indent : indent);
    add_line(r, r->at, r->line.end);
    return;
  }
  if (first == r->line.end && r->html > 5) {
    close_leaf(r);
    return;
  }
  add_line(r, r->at, r->line.end);
  if (html_ends(r)) close_leaf(r);
}

static void indented_code(reader *r) {
  if (r->open.kind != INDENTED) {
    close_leaf(r);
    open_leaf(r, INDENTED, 0);
  }
  for (; r->blanks > 0; r->blanks--) add_line(r, r->line.begin, r->line.begin);
  take_columns(r, 4);
  add_line(r, r->at, r->line.end);
}

/* A line of the document's text, after all containers. */
static void text_line(reader *r, size_t first, bool matched) {
  if (r->open.kind == TABLE) {
    add_line(r, first, r->line.end);
    return;
  }
  if (try_table(r, first, matched)) return;
  if (r->open.kind != PARAGRAPH) {
    close_leaf(r);
    open_leaf(r, PARAGRAPH, 0);
  }
  add_text_line(r);
}

/* New containers and leaves at the beginning of what is left of the line. False: plain text. */
static bool begin_blocks(reader *r, size_t matched, size_t *first, bool *all) {
  for (;;) {
    const size_t indent = indent_of(r, first);
    const bool in_paragraph = r->open.kind == PARAGRAPH;
    if (*first == r->line.end) return false;
    if (indent >= 4) {
      if (in_paragraph) return false;
      if (!*all) {
        close_leaf(r);
        r->depth = matched;
        *all = true;
      }
      indented_code(r);
      return true;
    }
    /* From here on `matched` containers are open, if anything begins here. */
    const size_t depth = r->depth;
    if (!*all) r->depth = matched;
    if (try_underline(r, *first, *all)) return true;
    const bool quote = r->s[*first] == '>';
    const size_t width = list_marker(r, *first, in_paragraph && *all);
    const bool rule = is_rule(r, *first);
    if ((quote || (width > 0 && !rule)) && r->depth < MAX_CONTAINERS) {
      close_leaf(r);
      if (quote) {
        take_columns(r, indent);
        take_bytes(r, *first + 1);
        if (r->at < r->line.end && (r->s[r->at] == ' ' || r->s[r->at] == '\t')) take_columns(r, 1);
        r->containers[r->depth++] = (container){0};
      } else {
        push_item(r, *first, indent, width);
      }
      *all = true;
      matched = r->depth;
      continue;
    }
    if (rule) {
      close_leaf(r);
      return true;
    }
    if (try_heading(r, *first) || try_fence(r, *first, indent) || try_html(r, *first)) return true;
    if (!*all) r->depth = depth;
    return false;
  }
}

static void read_line(reader *r) {
  r->at = r->line.begin;
  r->column = 0;
  r->rest = 0;
  const size_t matched = match_containers(r);
  bool all = matched == r->depth;
  size_t first;
  (void)indent_of(r, &first);
  const bool blank = first == r->line.end;
  if (all && (r->open.kind == FENCE || r->open.kind == HTML)) {
    continue_raw(r);
    return;
  }
  if (!all && r->open.kind != PARAGRAPH && r->open.kind != NO_LEAF) close_leaf(r);
  if (blank) {
    if (r->open.kind == INDENTED && all) {
      r->blanks++;
    } else {
      close_leaf(r);
    }
    if (!all) r->depth = matched;
    return;
  }
  if (begin_blocks(r, matched, &first, &all)) return;
  if (first == r->line.end) return;        /* an empty item */
  if (!all && r->open.kind != PARAGRAPH) { /* else the line goes on with the paragraph, lazily */
    close_leaf(r);
    r->depth = matched;
    all = true;
  }
  text_line(r, first, all);
}

void lode_md_blocks_read(lode_builder *b, size_t begin, lode_md_blocks *out) {
  reader r = {.b = b, .out = out, .s = b->source};
  for (size_t at = begin; !b->failed && lode_line_at(b->source, b->source_size, at, &r.line);
       at = r.line.next) {
    read_line(&r);
  }
  close_leaf(&r);
  lode_md_labels_sort(&out->inline_);
}

void lode_md_blocks_free(lode_md_blocks *blocks) {
  lode_md_inline_free(&blocks->inline_);
  lode_buffer_free(&blocks->leaves);
  lode_buffer_free(&blocks->lines);
  *blocks = (lode_md_blocks){0};
}
