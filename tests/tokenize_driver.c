/* Runs the tokenizer for scripts that compare it with another one.
 *
 *   tokenize_driver FILE.json              records on stdin, results on stdout
 *   tokenize_driver FILE.txt OPTIONS       the same with a vocab.txt; OPTIONS are three
 *                                          characters: lowercase 0 1, strip accents - 0 1,
 *                                          Chinese characters 0 1
 *   tokenize_driver --files FOLDER TYPE LIMIT
 *                                          the same with the files of a model of that
 *                                          model_type, whose word table has LIMIT rows
 *   tokenize_driver --unicode              the properties of every code point
 *
 * All numbers are 32-bit and in this machine's byte order.
 *   record  flags (1: pair, 2: no_special), max_tokens, size, size of the pair, both texts
 *   result  status, count, left_out, then per token: id, type, special, sequence, begin, end
 *   unicode per code point: flags, ccc, lower (2), nfd (4), 0 for what is not there */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

static int fail(const char *reason) {
  fprintf(stderr, "tokenize_driver: %s\n", reason);
  return EXIT_FAILURE;
}

static int dump_unicode(void) {
  for (uint32_t c = 0; c < 0x110000; c++) {
    uint32_t row[8] = {0};
    const lode_unicode_class k = lode_unicode_class_of(c);
    row[0] = k.flags;
    row[1] = k.ccc;
    (void)lode_unicode_lower(c, row + 2);
    uint32_t parts[LODE_UNICODE_NFD_MAX];
    const size_t n = lode_unicode_nfd(c, parts);
    memcpy(row + 4, parts, n * sizeof *parts);
    if (fwrite(row, sizeof row, 1, stdout) != 1) return fail("cannot write");
  }
  return EXIT_SUCCESS;
}

static bool write_result(lode_status status, const lode_encoding *e) {
  const size_t count = status == LODE_OK ? e->count : 0;
  const uint32_t head[3] = {(uint32_t)status, (uint32_t)count, (uint32_t)e->left_out};
  if (fwrite(head, sizeof head, 1, stdout) != 1) return false;
  for (size_t i = 0; i < count; i++) {
    const uint32_t row[6] = {(uint32_t)e->ids[i], (uint32_t)e->type_ids[i], e->special[i],
                             e->sequence[i],      e->spans[i].begin,        e->spans[i].end};
    if (fwrite(row, sizeof row, 1, stdout) != 1) return false;
  }
  return fflush(stdout) == 0;
}

static int run(const lode_tokenizer *tokenizer) {
  lode_encoding encoding = {0};
  lode_buffer buffer = {0};
  uint32_t head[4];
  int result = EXIT_SUCCESS;
  while (result == EXIT_SUCCESS && fread(head, sizeof head, 1, stdin) == 1) {
    const size_t size = (size_t)head[2] + head[3];
    if (!lode_buffer_reserve(&buffer, size + 1, 1, 0)) {
      result = fail("out of memory");
    } else if (fread(buffer.data, 1, size, stdin) != size) {
      result = fail("truncated record");
    } else {
      const lode_text text = {buffer.data, head[2]};
      const lode_text pair = {(const char *)buffer.data + head[2], head[3]};
      const lode_encode_options options = {
          .max_tokens = head[1], .no_special = (head[0] & 2) != 0, .spans = true};
      const lode_status status = lode_tokenizer_encode(
          tokenizer, text, (head[0] & 1) != 0 ? &pair : NULL, &options, &encoding, NULL);
      if (!write_result(status, &encoding)) result = fail("cannot write");
    }
  }
  lode_buffer_free(&buffer);
  lode_encoding_free(&encoding);
  return result;
}

static lode_text open_in(const lode_folder *folder, const char *name, lode_file *file) {
  if (lode_folder_open(folder, name, file, NULL) != LODE_OK) return (lode_text){NULL, 0};
  return (lode_text){(const char *)file->data, file->size};
}

static int run_files(const char *path, const char *model_type, const char *limit) {
  const lode_folder folder = {.path = path};
  lode_file file[5] = {{0}};
  const lode_tokenizer_files files = {
      .tokenizer_json = open_in(&folder, "tokenizer.json", &file[0]),
      .vocab_txt = open_in(&folder, "vocab.txt", &file[1]),
      .tokenizer_config = open_in(&folder, "tokenizer_config.json", &file[2]),
      .special_tokens_map = open_in(&folder, "special_tokens_map.json", &file[3]),
      .added_tokens = open_in(&folder, "added_tokens.json", &file[4]),
      .model_type = model_type,
      .id_limit = strtoll(limit, NULL, 10),
  };
  lode_error err;
  lode_tokenizer *tokenizer = NULL;
  const lode_status status = lode_tokenizer_from_files(&files, &tokenizer, &err);
  for (size_t i = 0; i < 5; i++) lode_file_close(&file[i]);
  if (status != LODE_OK) return fail(err.text);
  const int result = run(tokenizer);
  lode_tokenizer_free(tokenizer);
  return result;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "--files") == 0) return run_files(argv[2], argv[3], argv[4]);
  if (argc == 2 && strcmp(argv[1], "--unicode") == 0) return dump_unicode();
  if (argc < 2 || argc > 3 || (argc == 3 && strlen(argv[2]) != 3)) return fail("bad arguments");
  lode_error err;
  lode_file file = {0};
  if (lode_file_map(argv[1], &file, &err) != LODE_OK) return fail(err.text);
  lode_tokenizer *tokenizer = NULL;
  lode_status status;
  if (argc == 2) {
    status = lode_tokenizer_from_json((const char *)file.data, file.size, &tokenizer, &err);
  } else {
    const char *o = argv[2];
    const lode_vocab_options options = {.lowercase = o[0] == '1',
                                        .strip_accents = o[1] == '-' ? -1 : o[1] == '1',
                                        .handle_chinese_chars = o[2] == '1'};
    status =
        lode_tokenizer_from_vocab((const char *)file.data, file.size, &options, &tokenizer, &err);
  }
  lode_file_close(&file);
  if (status != LODE_OK) return fail(err.text);
  const int result = run(tokenizer);
  lode_tokenizer_free(tokenizer);
  return result;
}
