/* Reads documents for scripts, for people, and for measuring it.
 *
 *   index_document_driver show NAME [MAX_TOKENS OVERLAP]   stdin as the document NAME: what it
 *                                                          says of itself, blocks, chunks
 *   index_document_driver text NAME                        its blocks' text, one block a line
 *   index_document_driver unescape                         texts that end with NUL, their character
 *                                                          references decoded, with NUL
 *   index_document_driver time NAME [REPEAT]               MB/s */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "index/chunk/html_entity.h"
#include "index_chunks.h"

static int fail(const char *reason) {
  fprintf(stderr, "index_document_driver: %s\n", reason);
  return EXIT_FAILURE;
}

static bool read_all(lode_buffer *buffer, size_t *size) {
  *size = 0;
  for (;;) {
    if (!lode_buffer_reserve(buffer, *size + 65536, 1, *size)) return false;
    const size_t n = fread((char *)buffer->data + *size, 1, 65536, stdin);
    *size += n;
    if (n == 0) return ferror(stdin) == 0;
  }
}

static int unescape(const char *text, size_t size) {
  const char *end = text + size;
  while (text < end) {
    const size_t n = strnlen(text, (size_t)(end - text));
    char *out = malloc(2 * n + 1);
    if (out == NULL) return fail("out of memory");
    size_t used = 0;
    for (size_t at = 0; at < n;) {
      char value[LODE_HTML_ENTITY_MAX];
      size_t bytes = 0;
      size_t length = 0;
      if (text[at] == '&') length = lode_html_entity(text + at, n - at, false, value, &bytes);
      if (length == 0) {
        out[used++] = text[at++];
        continue;
      }
      memcpy(out + used, value, bytes);
      used += bytes;
      at += length;
    }
    (void)fwrite(out, 1, used, stdout);
    putchar('\0');
    free(out);
    text += n + 1;
  }
  return EXIT_SUCCESS;
}

static void print_line(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) putchar(s[i] == '\n' ? '\\' : s[i]);
  putchar('\n');
}

static void show(const lode_document *d) {
  static const char *const kinds[] = {"paragraph", "heading", "item", "quote", "code", "row"};
  printf("format %s, encoding %s\n", lode_format_name(d->format), d->encoding);
  if (d->title != NULL) printf("title %s\n", d->title);
  if (d->description != NULL) printf("description %s\n", d->description);
  if (d->language != NULL) printf("language %s\n", d->language);
  if (d->canonical != NULL) printf("canonical %s\n", d->canonical);
  for (size_t i = 0; i < d->meta_count; i++)
    printf("meta %s=%s\n", d->meta[i].key, d->meta[i].value);
  for (size_t i = 0; i < d->block_count; i++) {
    const lode_block *b = &d->blocks[i];
    char path[256];
    (void)lode_document_heading_path(d, b->heading, path, sizeof path);
    printf("%s%.0d [%u,%u] #%s (%s) ", kinds[b->kind], b->level, b->source_begin, b->source_end,
           b->anchor != NULL ? b->anchor : "", path);
    print_line(d->text + b->begin, b->end - b->begin);
  }
}

static int show_chunks(const lode_document *d, uint32_t max_tokens, uint32_t overlap) {
  const lode_chunk_options options = {max_tokens, overlap, 0};
  simple_tokens tokens = {0};
  const lode_token_counter counter = simple_counter(&tokens);
  lode_chunks chunks = {0};
  lode_error err;
  if (lode_chunks_make(d, &options, &counter, &chunks, &err) != LODE_OK) return fail(err.text);
  for (size_t i = 0; i < chunks.count; i++) {
    const lode_chunk *c = &chunks.list[i];
    char path[256];
    (void)lode_document_heading_path(d, c->heading, path, sizeof path);
    printf("chunk %u tokens [%u,%u] #%s (%s) ", c->tokens, c->source_begin, c->source_end,
           c->anchor != NULL ? c->anchor : "", path);
    print_line(d->text + c->begin, c->end - c->begin);
  }
  lode_chunks_free(&chunks);
  simple_tokens_free(&tokens);
  return EXIT_SUCCESS;
}

static int measure(const char *name, const void *data, size_t size, int repeat) {
  struct timespec begin;
  struct timespec end;
  const lode_document_options options = {.name = name};
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  size_t text = 0;
  size_t blocks = 0;
  for (int i = 0; i < repeat; i++) {
    lode_document d;
    lode_error err;
    if (lode_document_read(&options, data, size, &d, &err) != LODE_OK) return fail(err.text);
    text = d.size;
    blocks = d.block_count;
    lode_document_free(&d);
  }
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  const double seconds =
      (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
  printf("%.2f MB, %.2f MB of text in %zu blocks: %.1f MB/s\n", (double)size * 1e-6,
         (double)text * 1e-6, blocks, (double)size * repeat / seconds * 1e-6);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  lode_buffer buffer = {0};
  size_t size = 0;
  if (argc < 2 || !read_all(&buffer, &size)) return fail("bad arguments");
  const char *mode = argv[1];
  const char *name = argc > 2 ? argv[2] : "";
  int result = EXIT_FAILURE;
  if (strcmp(mode, "unescape") == 0) {
    result = unescape(buffer.data, size);
  } else if (strcmp(mode, "time") == 0) {
    const int repeat = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    result = measure(name, buffer.data, size, repeat > 0 ? repeat : 1);
  } else {
    lode_document d;
    lode_error err;
    const lode_document_options options = {.name = name};
    if (lode_document_read(&options, buffer.data, size, &d, &err) != LODE_OK) return fail(err.text);
    result = EXIT_SUCCESS;
    if (strcmp(mode, "text") == 0) {
      for (size_t i = 0; i < d.block_count; i++) {
        print_line(d.text + d.blocks[i].begin, d.blocks[i].end - d.blocks[i].begin);
      }
    } else {
      show(&d);
      if (argc > 4) {
        result = show_chunks(&d, (uint32_t)strtoul(argv[3], NULL, 10),
                             (uint32_t)strtoul(argv[4], NULL, 10));
      }
    }
    lode_document_free(&d);
  }
  lode_buffer_free(&buffer);
  return result;
}
