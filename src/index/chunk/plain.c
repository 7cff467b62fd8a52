/* Plain text and source code: what is there is what is kept. */
#include "index/chunk/lines.h"
#include "index/chunk/readers.h"

void lode_read_text(lode_builder *b) {
  lode_line line;
  size_t begin = 0;
  size_t end = 0; /* of the paragraph so far; begin == end: none */
  for (size_t at = 0; lode_line_at(b->source, b->source_size, at, &line); at = line.next) {
    if (!lode_line_blank(b->source, &line)) {
      if (begin == end) begin = line.begin;
      end = line.end;
      continue;
    }
    if (end > begin) {
      lode_builder_begin(b, LODE_BLOCK_PARAGRAPH, 0);
      lode_builder_copy(b, begin, end);
    }
    begin = end;
  }
  if (end > begin) {
    lode_builder_begin(b, LODE_BLOCK_PARAGRAPH, 0);
    lode_builder_copy(b, begin, end);
  }
}

/* Does a line go on with what is before it although it is not indented? "}" and "else" do. */
static bool continues(const char *s, size_t n) {
  return n > 0 && (s[0] == '}' || s[0] == ')' || s[0] == ']');
}

void lode_read_code(lode_builder *b) {
  const char *s = b->source;
  lode_line line;
  size_t begin = 0;
  size_t end = 0;
  bool blank = false; /* the line before is */
  for (size_t at = 0; lode_line_at(s, b->source_size, at, &line); at = line.next) {
    size_t first;
    const size_t indent = lode_line_indent(s, &line, &first);
    if (first == line.end) {
      blank = true;
      continue;
    }
    if (blank && indent == 0 && end > begin && !continues(s + first, line.end - first)) {
      lode_builder_begin(b, LODE_BLOCK_CODE, 0);
      lode_builder_copy(b, begin, end);
      begin = end;
    }
    if (begin == end) begin = line.begin;
    end = line.end;
    blank = false;
  }
  if (end > begin) {
    lode_builder_begin(b, LODE_BLOCK_CODE, 0);
    lode_builder_copy(b, begin, end);
  }
}
