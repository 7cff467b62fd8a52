#include <string.h>
#include <strings.h>

#include "index/chunk/document.h"

static const struct {
  lode_format format;
  const char *name;
} names[] = {
    {LODE_FORMAT_TEXT, "text"}, {LODE_FORMAT_MARKDOWN, "markdown"}, {LODE_FORMAT_HTML, "html"},
    {LODE_FORMAT_RST, "rst"},   {LODE_FORMAT_CODE, "code"},
};

const char *lode_format_name(lode_format format) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i].format == format) return names[i].name;
  }
  return "auto";
}

lode_format lode_format_of_name(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i].name, name) == 0) return names[i].format;
  }
  return LODE_FORMAT_AUTO;
}

/* Extensions, each with a space before and behind it. */
static const struct {
  lode_format format;
  const char *extensions;
} extensions[] = {
    {LODE_FORMAT_MARKDOWN, " md markdown mdown mkd mkdn mdwn mdx qmd rmd "},
    {LODE_FORMAT_HTML, " html htm xhtml xht shtml "},
    {LODE_FORMAT_RST, " rst rest "},
    {LODE_FORMAT_TEXT, " txt text log adoc asciidoc org tex textile wiki pod rtf srt vtt csv tsv "},
    {LODE_FORMAT_CODE,
     " c h cc cpp cxx hh hpp hxx inc m mm cu cl glsl hlsl wgsl metal rs go zig d nim v swift kt "
     "kts "
     "java scala groovy clj cljs erl ex exs hs ml mli fs fsx lisp el scm rkt py pyi pyx rb pl pm t "
     "php lua tcl r jl sh bash zsh fish ps1 bat cmd awk sed js mjs cjs jsx ts mts cts tsx vue "
     "svelte "
     "astro css scss sass less json jsonc json5 jsonl yaml yml toml ini cfg conf xml xsd xsl svg "
     "sql graphql proto thrift cmake mk ninja bazel bzl gradle dockerfile asm s ld dart cs vb pas "
     "f "
     "f90 f95 ada adb ads vhd vhdl sv diff patch "},
};

static lode_format by_extension(const char *name) {
  const char *slash = strrchr(name, '/');
  const char *base = slash != NULL ? slash + 1 : name;
  if (strcasecmp(base, "makefile") == 0 || strcasecmp(base, "dockerfile") == 0 ||
      strcasecmp(base, "cmakelists.txt") == 0) {
    return LODE_FORMAT_CODE;
  }
  const char *dot = strrchr(base, '.');
  if (dot == NULL || dot[1] == '\0') return LODE_FORMAT_AUTO;
  char wanted[16] = " ";
  const size_t n = strlen(dot + 1);
  if (n + 3 > sizeof wanted) return LODE_FORMAT_AUTO;
  for (size_t i = 0; i < n; i++) {
    const char c = dot[1 + i];
    wanted[1 + i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  wanted[1 + n] = ' ';
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    if (strstr(extensions[i].extensions, wanted) != NULL) return extensions[i].format;
  }
  return LODE_FORMAT_AUTO;
}

static bool begins_with(const char *s, size_t n, const char *prefix) {
  const size_t length = strlen(prefix);
  return n >= length && strncasecmp(s, prefix, length) == 0;
}

lode_format lode_format_guess(const char *name, const void *data, size_t size) {
  const lode_format named = name != NULL ? by_extension(name) : LODE_FORMAT_AUTO;
  if (named != LODE_FORMAT_AUTO) return named;
  const char *s = data;
  if (begins_with(s, size, "\xef\xbb\xbf")) {
    s += 3;
    size -= 3;
  }
  if (begins_with(s, size, "#!")) return LODE_FORMAT_CODE;
  while (size > 0 && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')) {
    s++;
    size--;
  }
  if (begins_with(s, size, "<!doctype html") || begins_with(s, size, "<html") ||
      begins_with(s, size, "<head") || begins_with(s, size, "<body")) {
    return LODE_FORMAT_HTML;
  }
  return LODE_FORMAT_TEXT;
}

bool lode_is_binary(const void *data, size_t size) {
  const unsigned char *s = data;
  enum { LOOK = 8192 };
  if (size >= 2 && ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff))) {
    return false; /* UTF-16 */
  }
  if (size > LOOK) size = LOOK;
  size_t control = 0;
  for (size_t i = 0; i < size; i++) {
    if (s[i] == 0) return true;
    const bool usual = s[i] == '\t' || s[i] == '\n' || s[i] == '\r' || s[i] == '\f' || s[i] == 27;
    control += s[i] < 0x20 && !usual;
  }
  return control * 10 > size; /* PDF streams and the like that have no NUL at first */
}
