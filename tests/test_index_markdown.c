/* Markdown and reStructuredText: their blocks, their text without marks, titles and anchors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index_document.h"

static void expect_named(const char *name, const char *text, bool anchors, const char *blocks) {
  lode_document d;
  char *found = read_and_render(name, text, strlen(text), anchors, &d);
  if (strcmp(found, blocks) != 0) fail_msg("%s\n-> %s\nnot %s", text, found, blocks);
  free(found);
  lode_document_free(&d);
}

static void md(const char *text, const char *blocks) {
  expect_named("a.md", text, false, blocks);
}

static void rst(const char *text, const char *blocks) {
  expect_named("a.rst", text, false, blocks);
}

static void headings(void **state) {
  (void)state;
  md("# A\n## B ##\n###### C\n####### D\n#E\n#\n", "h1 A\nh2 B\nh6 C\np ####### D #E\n");
  md("A\n===\nB\n---\nC\nD\n---", "h1 A\nh2 B\nh2 C D\n");
  md("---\n***\n_ _ _\n", "");
  md("a\n\n---\nb", "p a\np b\n");
  md("   # A\n    # B", "h1 A\ncode # B\n");
  md("# A #b# \n# C \\#\n", "h1 A #b#\nh1 C #\n");
  md("- a\n---\nb", "li a\np b\n"); /* a line across the page, not a heading */
  expect_named("a.md", "# Try *it*\n\n# Try it\n\n## X {#own}\n### Y {.class #id2}\ntext", true,
               "h1#try-it Try it\nh1#try-it-1 Try it\nh2#own X\nh3#id2 Y\np#id2 text\n");
}

static void paragraphs_and_containers(void **state) {
  (void)state;
  md("a\nb\n\nc", "p a b\np c\n");
  md("a  \nb\\\nc<br>d", "p a\\b\\c\\d\n");
  md("> a\nlazy\n> b\n\nc", "q a lazy b\np c\n");
  md("- a\n- b\n  c\n\n  d\n- e\nlazy", "li a\nli b c\nli d\nli e lazy\n");
  md("1. a\n2) b\n10. c\n\n1234567890. d", "li a\nli b\nli c\np 1234567890. d\n");
  md("a\n2. b\n\na\n1. b", "p a 2. b\np a\nli b\n"); /* only 1 interrupts a paragraph */
  md("- - a\n  - b\n\n> - c\n> > d", "li a\nli b\nli c\nq d\n");
  md("- [ ] a\n- [x] b\n- [y] c", "li a\nli b\nli [y] c\n");
  md("-\n  a\n-b", "li a -b\n");
  md(">\t\tcode", "code \tcode\n"); /* a tab that is indentation in part stays */
}

static void code(void **state) {
  (void)state;
  md("    a\n\n      b\n\nc", "code a\\\\  b\np c\n");
  md("a\n    b", "p a b\n");
  md("```js\na *b*\n  c\n```\nd", "code a *b*\\  c\np d\n");
  md("~~~\na\n```\n~~~~\nb", "code a\\```\np b\n");
  md("```\nnever closed\n# x", "code never closed\\# x\n");
  md("- ```\n  a\n  ```\n  b\n\n      c", "code a\nli b\ncode c\n");
  md("> ```\n> a\nb", "code a\np b\n");
  md("``a`` b", "p a b\n");
  md("  ```\n   a\n ```", "code  a\n");
}

static void inline_marks(void **state) {
  (void)state;
  md("*a* **b** ***c*** _d_ __e__ ~~f~~", "p a b c d e f\n");
  md("snake_case_name 2 * 3 * 4 a*b*c **a*b", "p snake_case_name 2 * 3 * 4 abc **a*b\n");
  md("*(a* **b**c** \\*d\\* __init__.py", "p (a bc** *d* init.py\n");
  md("`a*b*` ``c ` d`` `unclosed", "p a*b* c ` d `unclosed\n");
  md("[a](http://x) [b](<x y> 'title') [c](x(y)z) ![img](i.png) [d]()", "p a b c img d\n");
  md("[a] [b][r] [R] [c][] [no][x]\n\n[r]: /url\n[c]: <u>\n  'title'", "p [a] b R c [no][x]\n");
  md("[a *b*](x) *[c](y)* [d](x y) [![e](i)](z)", "p a b c [d](x y) e\n");
  md("<http://a.b> <me@x.org> http://c.d <b>e</b> f<!-- g -->h <i",
     "p http://a.b me@x.org http://c.d e fh <i\n");
  md("&amp; &copy; &copy &#65; \\&amp;", "p & © &copy A &amp;\n");
  md("a[^1] b\n\n[^1]: note", "p a b\np note\n");
  md("[[Page]] [[Page|shown]]", "p Page shown\n");
  md("line\n  continued   here", "p line continued here\n");
}

static void tables_and_html(void **state) {
  (void)state;
  md("| A | B |\n|---|:-:|\n| 1 | `x|y` |\n| 2 \\| 3 |\n\nc",
     "row A | B\nrow 1 | x|y\nrow 2 | 3\np c\n");
  md("A | B\n-- | --\n1 | 2", "row A | B\nrow 1 | 2\n");
  md("intro\nA | B\n--|--\n1 | *2*", "p intro\nrow A | B\nrow 1 | 2\n");
  md("a | b\nc | d", "p a | b c | d\n");
  md("<div>\n*a* <b>b</b>\n</div>\n\n*c*", "p *a* b\np c\n");
  md("<script>\nx\n\n</script>\na", "p a\n");
  md("<!-- x\n\n# y -->\na", "p a\n");
  md("<details>\n<summary>S</summary>\n\n**a**\n\n</details>", "p S\np a\n");
  md("<h1 align=center>Title</h1>\n\ntext", "h1 Title\np text\n");
  md(":::note Title\ntext\n:::", "p Title text\n");
}

static void front_matter(void **state) {
  (void)state;
  static const char yaml[] =
      "---\ntitle: 'It''s: a'  # c\ntags: [a, \"b, c\"]\nlist:\n  - x\n  - y\n"
      "description: >-\n  one\n  two\nlang: de\nnested:\n  k: v\n---\ntext";
  lode_document d;
  char *found = read_and_render("a.md", yaml, sizeof yaml - 1, false, &d);
  assert_string_equal(found, "p text\n");
  free(found);
  assert_string_equal(d.title, "It's: a");
  assert_string_equal(d.description, "one two");
  assert_string_equal(d.language, "de");
  assert_int_equal(d.meta_count, 4);
  assert_string_equal(d.meta[1].key, "tags");
  assert_string_equal(d.meta[1].value, "b, c");
  assert_string_equal(d.meta[3].key, "list");
  assert_string_equal(d.meta[3].value, "y");
  lode_document_free(&d);

  static const char toml[] = "+++\ntitle = \"T\"\ntags = ['a']\n[params]\ntitle = 'no'\n+++\n# H";
  found = read_and_render("a.md", toml, sizeof toml - 1, false, &d);
  assert_string_equal(found, "h1 H\n");
  free(found);
  assert_string_equal(d.title, "T");
  assert_int_equal(d.meta_count, 1);
  lode_document_free(&d);

  md("---\nnot closed", "p not closed\n");
  md("---\n---\na", "p a\n");
  expect_named("a.mdx", "import X from 'y'\n\nexport const z = 1\n\n# A\n\n<X>b</X>", false,
               "h1 A\np b\n");
}

static void rst_blocks(void **state) {
  (void)state;
  rst("T\n=\n\nA\n-----\n\nB\n-----\n\n=====\nC\n=====", "p T =\nh1 A\nh1 B\nh2 C\n");
  rst("Title\n=====\na\nb\n\n  quoted\n\n----\n\nc", "h1 Title\np a b\nq quoted\np c\n");
  rst("- a\n  b\n- c\n\n1. d\n#. e\n\n| line\n| block",
      "li a b\nli c\nli d\nli e\np line\np block\n");
  rst("a::\n\n  x *y*\n\n  z\n\nb", "p a:\ncode   x *y*\\\\  z\np b\n");
  rst("::\n\n  x\n\nb", "code   x\np b\n");
  rst(".. comment\n   more\n\n.. _t:\n\n.. |s| image:: x\n\na", "p a\n");
  rst(".. note:: Title *x*\n   :class: y\n\n   Body\n\n.. toctree::\n\n   a\n   b\n\nc",
      "p Title x\nq Body\np c\n");
  rst(".. code-block:: c\n   :linenos:\n\n   int x;\n\na", "code    int x;\np a\n");
  rst("===  ===\nA    B\n===  ===\n1    2 3\n===  ===\n\na", "row A | B\nrow 1 | 2 3\np a\n");
  rst("+--+--+\n|a | b|\n+==+==+\n|1 |  |\n+--+--+\n", "row a | b\nrow 1\n");
  rst(">>> f()\n1\n\n.. [1] foot\n   note", "code >>> f()\\1\np foot note\n");
  expect_named("a.rst", "A B\n===\n\n.. _My Label:\n\ntext\n\nmore", true,
               "h1#a-b A B\np#my-label text\np#my-label more\n");
}

static void rst_inline(void **state) {
  (void)state;
  rst("``a *b*`` *c* **d** `e <http://x>`_ `f`_ g_ :ref:`h <i>` :py:class:`~j.K` [1]_ |l|",
      "p a *b* c d e f g h j.K |l|\n");
  rst("a*b*c 2 * 3 * 4 \\*d\\* __init__ snake_case ``open",
      "p a*b*c 2 * 3 * 4 *d* __init__ snake_case ``open\n");
  rst("_`target` x", "p target x\n");
}

static void rst_docinfo(void **state) {
  (void)state;
  static const char text[] = ":Author: Me\n:Version: 1\n\nTitle\n=====\n\n:field: text";
  lode_document d;
  free(read_and_render("a.rst", text, sizeof text - 1, false, &d));
  assert_string_equal(d.title, "Title");
  assert_int_equal(d.meta_count, 2);
  assert_string_equal(d.meta[0].key, "author");
  lode_document_free(&d);
}

static void repeat(lode_format format, const char *piece, size_t times) {
  const size_t n = strlen(piece);
  char *text = malloc(n * times + 1);
  assert_non_null(text);
  for (size_t i = 0; i < times; i++) memcpy(text + i * n, piece, n);
  lode_document d;
  const lode_document_options options = {.format = format};
  assert_int_equal(lode_document_read(&options, text, n * times, &d, NULL), LODE_OK);
  check_document(&d, n * times);
  lode_document_free(&d);
  free(text);
}

/* Quadratic time would not end here. */
static void hostile_markup(void **state) {
  (void)state;
  static const char *const pieces[] = {">",
                                       "> ",
                                       "- ",
                                       "*a ",
                                       "**a",
                                       "*a*",
                                       "`",
                                       "`a``",
                                       "[",
                                       "[a",
                                       "](",
                                       "[a](",
                                       "[[a|",
                                       "<a",
                                       "<a b=\"",
                                       "<!--",
                                       "<?",
                                       "<![CDATA[",
                                       "&amp",
                                       "\\",
                                       "a_b",
                                       "~~a",
                                       "|a",
                                       "|-|\n",
                                       "#\n",
                                       "a\n=\n",
                                       "- a\n",
                                       "[a]: b\n",
                                       "\n",
                                       "    a\n",
                                       "```\n",
                                       "<div>\n",
                                       "a\n\n",
                                       "1. ",
                                       "***",
                                       "_a_ *b",
                                       ".. a::\n",
                                       ":a:`b",
                                       "``a",
                                       "|a|",
                                       "a::\n\n b\n\n",
                                       "+--+\n",
                                       "===\na\n===\n",
                                       "`a <"};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    repeat(LODE_FORMAT_MARKDOWN, pieces[i], 100000);
    repeat(LODE_FORMAT_RST, pieces[i], 100000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(headings),
      cmocka_unit_test(paragraphs_and_containers),
      cmocka_unit_test(code),
      cmocka_unit_test(inline_marks),
      cmocka_unit_test(tables_and_html),
      cmocka_unit_test(front_matter),
      cmocka_unit_test(rst_blocks),
      cmocka_unit_test(rst_inline),
      cmocka_unit_test(rst_docinfo),
      cmocka_unit_test(hostile_markup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
