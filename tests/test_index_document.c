/* Documents: encodings, formats, plain text, code, and the way back to the file's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index/chunk/encoding.h"
#include "index/chunk/slug.h"
#include "index_document.h"

/* ---------------------------------------------------------------- encodings */

static void expect_text(const char *name, const char *charset, const void *data, size_t size,
                        const char *text, const char *encoding) {
  const lode_document_options options = {.name = name, .charset = charset};
  lode_document d;
  lode_error err;
  if (lode_document_read(&options, data, size, &d, &err) != LODE_OK) fail_msg("%s", err.text);
  check_document(&d, size);
  assert_string_equal(d.encoding, encoding);
  assert_int_equal(d.size, strlen(text));
  assert_memory_equal(d.text, text, d.size);
  lode_document_free(&d);
}

static void encodings(void **state) {
  (void)state;
  expect_text("a.txt", NULL, "caf\xc3\xa9", 5, "café", "utf-8");
  expect_text("a.txt", NULL,
              "\xef\xbb\xbf"
              "caf\xc3\xa9",
              8, "café", "utf-8");
  expect_text("a.txt", NULL,
              "\xff\xfe"
              "a\0\xe9\0\x3d\xd8\x00\xde",
              10, "aé😀", "utf-16le");
  expect_text("a.txt", NULL, "\xfe\xff\0a\0\xe9\xd8\x3d\xde\x00", 10, "aé😀", "utf-16be");
  expect_text("a.txt", "latin1", "caf\xe9 \x80\x93", 7, "café €“", "windows-1252");
  expect_text("a.txt", "UTF-16LE", "a\0b\0", 4, "ab", "utf-16le");
  expect_text("a.html", NULL, "<meta charset=iso-8859-1>caf\xe9", 29, "café", "windows-1252");
  static const char http_equiv[] =
      "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=windows-1252'>\xfc";
  expect_text("a.html", NULL, http_equiv, sizeof http_equiv - 1, "ü", "windows-1252");
  static const char xml[] = "<?xml version='1.0' encoding='ISO-8859-1'?><p>\xfc";
  expect_text("a.xhtml", NULL, xml, sizeof xml - 1, "ü", "windows-1252");
  /* A mark says more than a declaration; UTF-16 in one that could be read is a mistake. */
  static const char marked[] = "\xef\xbb\xbf<meta charset=latin1>\xc3\xa9";
  expect_text("a.html", NULL, marked, sizeof marked - 1, "é", "utf-8");
  static const char wide[] = "<meta charset=utf-16>\xc3\xa9";
  expect_text("a.html", NULL, wide, sizeof wide - 1, "é", "utf-8");
  static const char python[] = "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xe9'";
  expect_text("a.py", NULL, python, sizeof python - 1,
              "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = 'é'", "windows-1252");
  /* What is ASCII is ASCII, whatever it is called. */
  static const char sjis[] = "<meta charset=shift_jis>abc";
  expect_text("a.html", NULL, sjis, sizeof sjis - 1, "abc", "utf-8");
}

static void expect_error(const char *name, const void *data, size_t size, lode_status status,
                         int64_t pos, const char *part) {
  const lode_document_options options = {.name = name};
  lode_document d;
  lode_error err = {0};
  assert_int_equal(lode_document_read(&options, data, size, &d, &err), status);
  assert_int_equal(err.code, status);
  assert_int_equal(err.pos, pos);
  if (strstr(err.text, part) == NULL || strncmp(err.text, name, strlen(name)) != 0) {
    fail_msg("%s", err.text);
  }
  assert_null(d.store);
  lode_document_free(&d);
}

static void refusals(void **state) {
  (void)state;
  expect_error("a.txt", "caf\xe9", 4, LODE_E_UTF8, 3, "byte 3");
  expect_error("a.html", "<meta charset=shift_jis>\x83\x65", 26, LODE_E_UNSUPPORTED, -1,
               "\"shift_jis\"");
  expect_error("a.html", "<meta charset=koi8-r>\xe9", 22, LODE_E_UNSUPPORTED, -1, "\"koi8-r\"");
  expect_error("a.txt",
               "\xff\xfe"
               "a\0\x3d",
               5, LODE_E_UTF8, 4, "utf-16le");
  expect_error("a.txt", "\xff\xfe\x00\xde", 4, LODE_E_UTF8, 2, "utf-16le");
  expect_error("a.txt", "a\0b", 3, LODE_E_UNSUPPORTED, -1, "binary");
  expect_error("x.md", "\x89PNG\r\n\x1a\n\0\0", 10, LODE_E_UNSUPPORTED, -1, "binary");
}

static void replacing(void **state) {
  (void)state;
  static const char data[] =
      "a\xe9"
      "b\xe2\x82"
      "c\xf0\x9f\x98\x80\xff";
  const lode_document_options options = {.name = "a.txt", .utf8 = LODE_UTF8_REPLACE};
  lode_document d;
  assert_int_equal(lode_document_read(&options, data, sizeof data - 1, &d, NULL), LODE_OK);
  check_document(&d, sizeof data - 1);
  assert_int_equal(d.size, strlen("a�b�c😀�"));
  assert_memory_equal(d.text, "a�b�c😀�", d.size);
  size_t begin;
  size_t end;
  lode_document_source(&d, 5, 8, &begin, &end); /* the second one */
  assert_true(begin == 3 && end == 5);
  lode_document_free(&d);
}

/* A long text of two and four bytes in UTF-16: every character's place in the file. */
static void places_in_utf16(void **state) {
  (void)state;
  enum { PAIRS = 20000 };
  const size_t size = 2 + PAIRS * 6;
  unsigned char *data = malloc(size);
  assert_non_null(data);
  memcpy(data, "\xff\xfe", 2);
  for (size_t i = 0; i < PAIRS; i++) memcpy(data + 2 + 6 * i, "\xe9\0\x3d\xd8\x00\xde", 6);
  lode_document d;
  assert_int_equal(lode_document_read(NULL, data, size, &d, NULL), LODE_OK);
  memset(data, 0, size); /* borrowed during the call only */
  assert_int_equal(d.size, 6 * PAIRS);
  for (size_t i = 0; i < PAIRS; i++) {
    size_t begin;
    size_t end;
    lode_document_source(&d, 6 * i + 2, 6 * i + 6, &begin, &end);
    assert_true(begin == 2 + 6 * i + 2 && end == 2 + 6 * i + 6);
  }
  lode_document_free(&d);
  free(data);
}

/* ---------------------------------------------------------------- formats */

static void formats(void **state) {
  (void)state;
  static const struct {
    const char *name;
    const char *data;
    lode_format format;
  } cases[] = {
      {"a.md", "", LODE_FORMAT_MARKDOWN},
      {"A.MARKDOWN", "", LODE_FORMAT_MARKDOWN},
      {"dir.html/a.rst", "", LODE_FORMAT_RST},
      {"a.tar.htm", "", LODE_FORMAT_HTML},
      {"x.c", "", LODE_FORMAT_CODE},
      {"Makefile", "", LODE_FORMAT_CODE},
      {"CMakeLists.txt", "", LODE_FORMAT_CODE},
      {"notes.txt", "<html>", LODE_FORMAT_TEXT},
      {"README", "text", LODE_FORMAT_TEXT},
      {"index", " \n<!DOCTYPE HTML>", LODE_FORMAT_HTML},
      {"index", "\xef\xbb\xbf<html lang=x>", LODE_FORMAT_HTML},
      {"script", "#!/bin/sh\n", LODE_FORMAT_CODE},
      {NULL, "", LODE_FORMAT_TEXT},
      {"a.", "x", LODE_FORMAT_TEXT},
      {"a.averyveryverylongextension", "x", LODE_FORMAT_TEXT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(lode_format_guess(cases[i].name, cases[i].data, strlen(cases[i].data)),
                     cases[i].format);
  }
  for (int f = LODE_FORMAT_TEXT; f <= LODE_FORMAT_CODE; f++) {
    assert_int_equal(lode_format_of_name(lode_format_name((lode_format)f)), f);
  }
  assert_int_equal(lode_format_of_name("pdf"), LODE_FORMAT_AUTO);
}

static void expect(const char *name, const char *data, const char *blocks) {
  lode_document d;
  char *found = read_and_render(name, data, strlen(data), false, &d);
  assert_string_equal(found, blocks);
  free(found);
  lode_document_free(&d);
}

static void plain_text_and_code(void **state) {
  (void)state;
  expect("a.txt", "", "");
  expect("a.txt", "\n \n\t\n", "");
  expect("a.txt", "one\ntwo\n\n\n  three\r\n\r\nfour", "p one\\two\np   three\np four\n");
  expect("a.txt",
         "some words a\x01"
         "b\x1b[0m\x7f.",
         "p some words a b [0m .\n");
  expect("a.c", "#include <x>\n\nint a;\n\nint f(void) {\n  x;\n\n  y;\n}\n\n}\nend",
         "code #include <x>\ncode int a;\ncode int f(void) {\\  x;\\\\  y;\\}\\\\}\\end\n");
}

/* ---------------------------------------------------------------- slugs */

static void slugs(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"Try it", "try-it"},
      {"What's new in 2.0?", "whats-new-in-20"},
      {"C++ & C#", "c--c"},
      {"snake_case", "snake_case"},
      {"Über Größe", "über-größe"},
      {"日本語 見出し", "日本語-見出し"},
      {"Try it", "try-it-1"},
      {"try it!", "try-it-2"},
      {"Try it 1", "try-it-1-1"},
      {"🚀 Launch", "-launch"},
      {"a - b", "a---b"},
      {"", ""},
      {"", "-1"},
  };
  lode_slugs s = {0};
  lode_arena arena = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_string_equal(lode_slug(&s, &arena, cases[i][0], strlen(cases[i][0])), cases[i][1]);
  }
  for (int i = 0; i < 100000; i++) assert_non_null(lode_slug(&s, &arena, "same", 4));
  assert_string_equal(lode_slug(&s, &arena, "same", 4), "same-100000");
  lode_slugs_free(&s);
  lode_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(encodings), cmocka_unit_test(refusals),
      cmocka_unit_test(replacing), cmocka_unit_test(places_in_utf16),
      cmocka_unit_test(formats),   cmocka_unit_test(plain_text_and_code),
      cmocka_unit_test(slugs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
