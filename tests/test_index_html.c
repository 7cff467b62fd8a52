/* HTML: what is text, what is markup, and what of a page is its content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index_document.h"

static void expect_named(const char *html, bool anchors, const char *blocks) {
  lode_document d;
  char *found = read_and_render("page.html", html, strlen(html), anchors, &d);
  assert_string_equal(found, blocks);
  free(found);
  lode_document_free(&d);
}

static void expect(const char *html, const char *blocks) {
  expect_named(html, false, blocks);
}

static void text_and_tags(void **state) {
  (void)state;
  expect("", "");
  expect("plain", "p plain\n");
  expect("a <b>b</b><i>c</i> d", "p a bc d\n");
  expect("<p>one<p>two</p>three", "p one\np two\np three\n");
  expect("a  b\n\t c&nbsp; d", "p a b c d\n");
  expect("x<br>y<br/>z</br>w", "p x\\y\\z\\w\n");
  expect("1 < 2 <3 a<>b </> c", "p 1 < 2 <3 a<>b c\n");
  expect("<P CLASS=a>Upper</P>", "p Upper\n");
  expect("<x-custom>a</x-custom><unknown/>b", "p ab\n");
  expect("a<!-- <b>no</b> -->b<!-->c<!--->d<!-- x --!>e<?php no ?>f<!doctype x>g", "p abcdefg\n");
  expect("a<!-- never closed <p>b", "p a\n");
  expect("<p>a<b", "p a\n");
  expect("a<![CDATA[<p>b]]>c", "p ab]]>c\n"); /* a comment, outside of svg and math */
  expect("a<math><mi><![CDATA[x<y]]></mi></math>b", "p ax<yb\n");
  expect("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>字", "p 漢字\n");
}

static void attributes(void **state) {
  (void)state;
  expect("<p title='a>b' x=\"c>d\" y=e/f>text", "p text\n");
  expect("<p a=b'c\"d =x / / e>text", "p text\n");
  expect("<img alt=\"A &amp; B\" src=x>", "p A & B\n");
  expect("<img alt='' src=x><img src=y>z", "p z\n");
  expect("<p hidden>a</p><p HIDDEN=until-found>b</p><p style='x:y; display : none'>c", "p b\n");
  expect("<p hidden=until-found style=display:none>a", "");
  expect("<i aria-hidden=true>x</i><i aria-hidden=false>y</i>", "p y\n");
}

static void entities(void **state) {
  (void)state;
  expect("&lt;p&gt; &amp;amp; &copy &copyx &notin; &notit; &#65;&#x42;&#x1F600;",
         "p <p> &amp; © ©x ∉ ¬it; AB😀\n");
  expect("&unknown; & &; &#; &#x; &#xzz;", "p &unknown; & &; &#; &#x; &#xzz;\n");
  expect("&#0;&#xD800;&#x110000;&#99999999999;", "p ����\n");
  expect("&#150;&#x80;", "p –€\n");
  expect("a&#1;b", "p ab\n");
  expect("<img alt='a&copy=1&copyx&copy;'>", "p a&copy=1&copyx©\n");
}

static void raw_text(void **state) {
  (void)state;
  expect("a<script>if (a<b) '</p>' <!-- <script> </script> --> x</script>b", "p ab\n");
  expect("a<script><!-- </script>b", "p ab\n");
  expect("a<style>p::after{content:'</b>'}</style>b", "p ab\n");
  expect("a<noscript><p>no</p></noscript>b<template><p>no</p></template>c", "p abc\n");
  expect("a<textarea><p>no</textarea>b<select><option>no</select>c<button>no</button>d",
         "p abcd\n");
  expect("a<iframe><p>no</iframe>b<svg><title>no</title><text>no</text></svg>c", "p abc\n");
  expect("a<SCRIPT>x</ScRiPt >b", "p ab\n");
  expect("a<script>never closed <p>b", "p a\n");
  expect("a<plaintext><p>b</plaintext>", "p a<p>b</plaintext>\n");
}

static void blocks(void **state) {
  (void)state;
  expect("<h1>A</h1>b<h2>C<h3>D</h3>", "h1 A\np b\nh2 C\nh3 D\n");
  expect("<h2>A</h3>b", "h2 A\np b\n"); /* any heading's end tag ends it */
  expect("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", "li a\nli b\nli c\nli d\np e\n");
  expect("<ol><li><p>a</p><p>b</p></li></ol>", "li a\nli b\n");
  expect("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "p a\np b\np c\np d\n");
  expect("<blockquote>q<p>r</blockquote>s", "q q\nq r\np s\n");
  expect("<pre>\n a\n  b&lt;\n</pre>c", "code  a\\  b<\np c\n");
  expect("<pre><code>x = 1\ny</code></pre>", "code x = 1\\y\n");
  expect("<table><tr><th>A<th>B<tr><td>1</td><td></td><td>3</table>x",
         "row A | B\nrow 1 | 3\np x\n");
  expect("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "row a\nrow b\nrow c\n");
  expect("<div>a<div>b</div>c</div>", "p a\np b\np c\n");
  expect("<b><p>a</b>b</p>c", "p ab\np c\n");
  expect("<p>a</div></span>b", "p ab\n");
  expect("<ul><li>a</p>b</ul>", "li ab\n");
}

static void main_content(void **state) {
  (void)state;
  expect("<body><header>x</header><nav>x</nav><p>a</p><aside>x</aside><footer>x</footer>", "p a\n");
  expect("<nav>x</nav><main><header><h1>a</h1></header>b<aside>c</aside><nav>x</nav></main><p>x",
         "h1 a\np b\np c\n");
  expect("<div role=main>a</div><div>x</div>", "p a\n");
  expect("<div role=navigation>x</div><div role=banner>x</div>a<div role=search>x</div>", "p a\n");
  expect("<article>long enough text</article><p>x", "p long enough text\n");
  expect("<article>a</article><p>more text outside of it", "p a\np more text outside of it\n");
  expect("<main></main><p>a", "p a\n"); /* filled by a script, or not at all */
  expect("<header>only this</header>", "p only this\n");
  expect("<main>x<div data-pagefind-body>a<p data-lode-ignore>x</p></div></main>", "p a\n");
  expect("<p data-pagefind-ignore=all>x</p><section><header>a</header></section>", "p a\n");
  expect("<blockquote>a<footer>b</footer></blockquote>", "q a\nq b\n");
}

static void anchors(void **state) {
  (void)state;
  expect_named("<h2 id=a>A</h2><p>b", true, "h2#a A\np#a b\n");
  expect_named("<section id=s><h2>A</h2>b</section>", true, "h2#s A\np#s b\n");
  expect_named("<h2><a id=x name=y></a>A</h2><h2><a name=n>B</a></h2>", true, "h2#x A\nh2#n B\n");
  expect_named("<h2>A <a href='#a1' class=anchor>¶</a></h2>", true, "h2#a1 A\n");
  expect_named("<h2 id=a><a href='#a'>#</a> A</h2>", true, "h2#a A\n");
  expect_named("<h2 id=a>A</h2>b<h2>C</h2>d", true, "h2#a A\np#a b\nh2 C\np d\n");
  expect_named("<h2 id=a>A</h2><dl><dt id='f&amp;g'>f<dd>text</dl>", true,
               "h2#a A\np#f&g f\np#f&g text\n");
  expect_named("<p>a<sup id=fn1>1</sup></p><p>b", true, "p a1\np b\n");
}

static void head(void **state) {
  (void)state;
  static const char html[] =
      "<!DOCTYPE html><html lang=en-GB><head><title>\n The &quot;Page&quot; "
      "</title><title>2</title>"
      "<meta name=Description content='About  it'><link rel=canonical href='/x?a&amp;b'>"
      "<meta property='article:author' content=Me><meta name=robots content='NOINDEX, follow'>"
      "<meta name=viewport content=x></head><body data-lode-meta='kind:guide'>"
      "<img data-pagefind-meta='image[src]' data-lode-filter='topic: art' src=i.png "
      "alt=''>text<svg><title>no</title></svg>";
  lode_document d;
  free(read_and_render("p.html", html, sizeof html - 1, false, &d));
  assert_string_equal(d.title, "The \"Page\"");
  assert_string_equal(d.description, "About it");
  assert_string_equal(d.language, "en-GB");
  assert_string_equal(d.canonical, "/x?a&b");
  assert_true(d.noindex);
  assert_false(d.marked);
  assert_int_equal(d.meta_count, 4);
  assert_string_equal(d.meta[0].key, "article:author");
  assert_string_equal(d.meta[0].value, "Me");
  assert_string_equal(d.meta[1].key, "kind");
  assert_string_equal(d.meta[1].value, "guide");
  assert_string_equal(d.meta[2].key, "image");
  assert_string_equal(d.meta[2].value, "i.png");
  assert_string_equal(d.meta[3].key, "topic");
  assert_string_equal(d.meta[3].value, "art");
  lode_document_free(&d);
}

static void expect_title(const char *html, const char *title) {
  lode_document d;
  free(read_and_render("p.html", html, strlen(html), false, &d));
  if (title == NULL) {
    assert_null(d.title);
  } else {
    assert_string_equal(d.title, title);
  }
  lode_document_free(&d);
}

static void titles(void **state) {
  (void)state;
  expect_title("<title>Install | Site</title><h1>Install</h1>", "Install");
  expect_title("<title>Site: Install</title><h1>Install</h1>", "Install");
  expect_title("<title>Installation</title><h1>Install</h1>", "Installation");
  expect_title("<title>Other</title><h1>Install</h1>", "Other");
  expect_title("<h1>Install</h1>", "Install");
  expect_title("<meta property=og:title content=OG><h2>x</h2>", "OG");
  expect_title("text", NULL);
}

static void paths_and_places(void **state) {
  (void)state;
  static const char html[] = "<h1>Install</h1><h2>Linux</h2><h4>Debian</h4>a &amp; b<h2>Mac</h2>";
  lode_document d;
  free(read_and_render("p.html", html, sizeof html - 1, false, &d));
  char path[64];
  assert_int_equal(lode_document_heading_path(&d, 2, path, sizeof path), 24);
  assert_string_equal(path, "Install > Linux > Debian");
  (void)lode_document_heading_path(&d, 3, path, sizeof path);
  assert_string_equal(path, "Install > Mac");
  assert_int_equal(lode_document_heading_path(&d, LODE_NO_HEADING, path, sizeof path), 0);
  assert_int_equal(lode_document_heading_path(&d, 2, path, 12), 11);
  assert_string_equal(path, "Install > L");
  const lode_block *b = &d.blocks[3];
  assert_memory_equal(d.text + b->begin, "a & b", 5);
  assert_memory_equal(html + b->source_begin, "a &amp; b<", 10);
  assert_int_equal(b->source_end - b->source_begin, 9);
  size_t begin;
  size_t end;
  lode_document_source(&d, b->begin + 2, b->begin + 3, &begin, &end);
  assert_int_equal(end - begin, 5);
  assert_memory_equal(html + begin, "&amp;", 5);
  lode_document_free(&d);
}

static void repeat(const char *head, const char *piece, size_t times) {
  const size_t n = strlen(piece);
  const size_t size = strlen(head) + n * times;
  char *html = malloc(size + 1);
  assert_non_null(html);
  memcpy(html, head, strlen(head));
  for (size_t i = 0; i < times; i++) memcpy(html + strlen(head) + i * n, piece, n);
  lode_document d;
  const lode_document_options options = {.format = LODE_FORMAT_HTML};
  assert_int_equal(lode_document_read(&options, html, size, &d, NULL), LODE_OK);
  check_document(&d, size);
  lode_document_free(&d);
  free(html);
}

/* Deep, broken and repeated markup; quadratic time would not end here. */
static void hostile_markup(void **state) {
  (void)state;
  static const char *const pieces[] = {"<div>",     "<b>x",
                                       "<a b='",    "<!--",
                                       "&",         "</p>",
                                       "<table>",   "<p>x",
                                       "<h1>x",     "<li>",
                                       "<svg>",     "<a href=#x>",
                                       "<td>x",     "</x>",
                                       "<title>",   "<x y=\"",
                                       "&#1",       "<ul><li>x",
                                       "&notin",    "<pre>",
                                       "<![CDATA[", "<script><!--<script>"};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) repeat("", pieces[i], 100000);
  repeat("<svg>", "<![CDATA[", 100000);
  repeat("<script>", "</scrip", 100000);
  repeat("<div><div><p>", "</x>", 100000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_and_tags),  cmocka_unit_test(attributes),
      cmocka_unit_test(entities),       cmocka_unit_test(raw_text),
      cmocka_unit_test(blocks),         cmocka_unit_test(main_content),
      cmocka_unit_test(anchors),        cmocka_unit_test(head),
      cmocka_unit_test(titles),         cmocka_unit_test(paths_and_places),
      cmocka_unit_test(hostile_markup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
