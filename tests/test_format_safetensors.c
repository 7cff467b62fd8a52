/* safetensors: what a good file gives, and a table of files that were made to do harm, each
 * with the error that it must give. */
#include "format/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- making files */

enum { MAX_FILE = 4096 };

typedef struct made_file {
  uint8_t *bytes; /* exactly `size` of them, for the sanitizers */
  size_t size;
} made_file;

/* The header as written, its length before it, `data` bytes after it: 0, 1, 2, ... */
static made_file make_file(const char *header, size_t data) {
  const size_t length = strlen(header);
  made_file file = {.size = 8 + length + data};
  file.bytes = malloc(file.size);
  assert_non_null(file.bytes);
  for (size_t i = 0; i < 8; i++) file.bytes[i] = (uint8_t)((uint64_t)length >> (8 * i));
  memcpy(file.bytes + 8, header, length);
  for (size_t i = 0; i < data; i++) file.bytes[8 + length + i] = (uint8_t)i;
  return file;
}

/* Spaces after the object, so that the data begins at a multiple of 8. */
static made_file make_aligned_file(const char *header, size_t data) {
  char padded[MAX_FILE];
  size_t length = strlen(header);
  assert_true(length + 8 < sizeof padded);
  memcpy(padded, header, length);
  while (length % 8 != 0) padded[length++] = ' ';
  padded[length] = '\0';
  return make_file(padded, data);
}

static lode_status read_bytes(const uint8_t *bytes, size_t size, lode_tensor_set *set,
                              lode_file *file, lode_error *err) {
  *file = (lode_file){.data = bytes, .size = size};
  lode_status status = lode_safetensors_read("model.safetensors", file, set, err);
  if (status == LODE_OK) status = lode_tensor_set_finish(set, err);
  return status;
}

/* ---------------------------------------------------------------- good files */

static void reads_tensors(void **state) {
  (void)state;
  const made_file made = make_aligned_file(
      "{\"__metadata__\":{\"format\":\"pt\"},"
      "\"b.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[48,60]},"
      "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},"
      "\"ids\":{\"dtype\":\"I64\",\"shape\":[1,3],\"data_offsets\":[24,48]},"
      "\"half\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[60,64]},"
      "\"brain\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[64,66]},"
      "\"none\":{\"dtype\":\"F64\",\"shape\":[4,0],\"data_offsets\":[66,66]}}",
      66);
  lode_tensor_set set = {0};
  lode_file file;
  lode_error err;
  if (read_bytes(made.bytes, made.size, &set, &file, &err) != LODE_OK) fail_msg("%s", err.text);
  assert_int_equal(set.count, 6);
  const lode_tensor *a = lode_tensor_set_find(&set, "a.weight");
  assert_non_null(a);
  assert_int_equal(a->dtype, LODE_DTYPE_F32);
  assert_int_equal(a->rank, 2);
  assert_int_equal(a->shape[0], 3);
  assert_int_equal(a->shape[1], 2);
  assert_int_equal(a->size, 24);
  assert_int_equal(a->data[0], 0);
  assert_ptr_equal(a->file, &file);
  const lode_tensor *b = lode_tensor_set_find(&set, "b.bias");
  assert_int_equal(b->data[0], 48);
  assert_int_equal(lode_tensor_set_find(&set, "ids")->dtype, LODE_DTYPE_I64);
  assert_int_equal(lode_tensor_set_find(&set, "brain")->rank, 0);
  assert_int_equal(lode_tensor_set_find(&set, "none")->size, 0);
  assert_null(lode_tensor_set_find(&set, "a.weigh"));
  assert_null(lode_tensor_set_find(&set, "__metadata__"));
  lode_tensor_set_free(&set);
  free(made.bytes);
}

static void reads_files_without_tensors(void **state) {
  (void)state;
  static const char *const headers[] = {"{}", "{}      ", "{\"__metadata__\":{}}"};
  for (size_t i = 0; i < 3; i++) {
    const made_file made = make_file(headers[i], 0);
    lode_tensor_set set = {0};
    lode_file file;
    lode_error err;
    assert_int_equal(read_bytes(made.bytes, made.size, &set, &file, &err), LODE_OK);
    assert_int_equal(set.count, 0);
    assert_null(lode_tensor_set_find(&set, "a"));
    lode_tensor_set_free(&set);
    free(made.bytes);
  }
}

/* Element types that nothing here computes with are read over. */
static void keeps_other_types(void **state) {
  (void)state;
  const made_file made = make_aligned_file(
      "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F4\",\"shape\":[8],\"data_offsets\":[4,8]}}",
      8);
  lode_tensor_set set = {0};
  lode_file file;
  lode_error err;
  assert_int_equal(read_bytes(made.bytes, made.size, &set, &file, &err), LODE_OK);
  assert_int_equal(lode_tensor_set_find(&set, "b")->dtype, LODE_DTYPE_OTHER);
  assert_string_equal(lode_dtype_name(LODE_DTYPE_OTHER), "?");
  lode_tensor_set_free(&set);
  free(made.bytes);
}

static void finds_among_many(void **state) {
  (void)state;
  enum { COUNT = 500 };
  char header[COUNT * 80];
  size_t size = 0;
  for (int i = 0; i < COUNT; i++) {
    const int name = i * 331 % COUNT; /* neither sorted by name nor by place */
    size += (size_t)snprintf(header + size, sizeof header - size,
                             "%c\"t%d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                             i > 0 ? ',' : '{', name, name, name + 1);
  }
  header[size++] = '}';
  header[size] = '\0';
  const made_file made = make_file(header, COUNT);
  lode_tensor_set set = {0};
  lode_file file;
  lode_error err;
  if (read_bytes(made.bytes, made.size, &set, &file, &err) != LODE_OK) fail_msg("%s", err.text);
  for (int i = 0; i < COUNT; i++) {
    char name[16];
    snprintf(name, sizeof name, "t%d", i);
    const lode_tensor *tensor = lode_tensor_set_find(&set, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->data[0], i % 256);
  }
  lode_tensor_set_free(&set);
  free(made.bytes);
}

/* ---------------------------------------------------------------- bad headers */

/* One tensor "a" whose description is `fields`. */
#define ONE(fields) "{\"a\":{" fields "}}"
#define F32(shape, offsets) "\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets

static const struct {
  const char *header;
  size_t data;
  const char *text; /* in the error */
} hostile[] = {
    /* not JSON, or not the JSON that belongs there */
    {"", 0, "no JSON object"},
    {"[]", 0, "no JSON object"},
    {" {}", 0, "no JSON object"},
    {"null", 0, "no JSON object"},
    {"{", 0, "malformed JSON"},
    {"{\"a\"}", 0, "malformed JSON"},
    {"{}{}", 0, "malformed JSON"},
    {"{\"\xff\":1}", 0, "invalid UTF-8"},
    {"{\"a\":1}", 0, "tensor \"a\": is described by no object"},
    {"{\"a\":null}", 0, "tensor \"a\": is described by no object"},
    {"{\"a\":{}}", 0, "dtype is missing"},
    {"{\"__metadata__\":[]}", 0, "__metadata__"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__"},
    {"{\"a\\u0000b\":{}}", 0, "NUL"},
    {"{\"\\ud800\":{}}", 0, "surrogate"},
    /* dtype */
    {ONE("\"dtype\":1"), 0, "dtype is missing or unknown"},
    {ONE("\"dtype\":\"f32\""), 0, "dtype is missing or unknown"},
    {ONE("\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]"), 4, "dtype is missing"},
    /* shape */
    {ONE("\"dtype\":\"F32\",\"data_offsets\":[0,4]"), 4, "shape is missing"},
    {ONE(F32("4", "[0,4]")), 4, "shape is missing or no array"},
    {ONE(F32("[-1]", "[0,4]")), 4, "no size"},
    {ONE(F32("[1.5]", "[0,4]")), 4, "no size"},
    {ONE(F32("[\"1\"]", "[0,4]")), 4, "no size"},
    {ONE(F32("[null]", "[0,4]")), 4, "no size"},
    {ONE(F32("[1e30]", "[0,4]")), 4, "no size"},
    {ONE(F32("[18446744073709551616]", "[0,4]")), 4, "no size"},
    {ONE(F32("[1,1,1,1,1,1,1,1,1]", "[0,4]")), 4, "more than 8 dimensions"},
    {ONE(F32("[4294967296,4294967296]", "[0,4]")), 4, "too large a product"},
    {ONE(F32("[4611686018427387904,4]", "[0,4]")), 4, "too large a product"},
    {ONE(F32("[4611686018427387904]", "[0,0]")), 0, "too large a product"},
    {ONE(F32("[9223372036854775807,2,2]", "[0,4]")), 4, "too large a product"},
    {ONE(F32("[1]", "[0,8]")), 8, "needs 4 bytes of F32, data_offsets spans 8"},
    {ONE(F32("[3]", "[0,4]")), 4, "needs 12 bytes of F32, data_offsets spans 4"},
    {ONE(F32("[]", "[0,0]")), 0, "needs 4 bytes"},
    {ONE(F32("[0]", "[0,4]")), 4, "needs 0 bytes"},
    /* data_offsets */
    {ONE("\"dtype\":\"F32\",\"shape\":[1]"), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "[0]")), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "[0,2,4]")), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "[\"0\",4]")), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "[0,4.5]")), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "{\"0\":4}")), 4, "data_offsets is not a pair"},
    {ONE(F32("[1]", "[4,0]")), 4, "ends before it begins"},
    {ONE(F32("[1]", "[-4,0]")), 4, "ends before it begins"},
    {ONE(F32("[1]", "[0,8]")), 4, "truncated: tensor \"a\" ends at byte"},
    {ONE(F32("[1]", "[4,8]")), 4, "truncated"},
    {ONE(F32("[1]", "[9223372036854775803,9223372036854775807]")), 4, "truncated"},
    {ONE(F32("[2305843009213693951]", "[0,9223372036854775804]")), 4, "truncated"},
    /* cover */
    {ONE(F32("[1]", "[4,8]")), 8, "bytes before it belong to no tensor"},
    {ONE(F32("[1]", "[0,4]")), 9, "5 bytes at its end belong to no tensor"},
    {"{}", 1, "1 bytes at its end"},
    {"{\"a\":{" F32("[2]", "[0,8]") "},\"b\":{" F32("[1]", "[4,8]") "}}", 8, "overlaps"},
    {"{\"a\":{" F32("[1]", "[0,4]") "},\"b\":{" F32("[1]", "[0,4]") "}}", 4, "overlaps"},
    {"{\"a\":{" F32("[1]", "[0,4]") "},\"b\":{" F32("[1]", "[8,12]") "}}", 12, "belong to no"},
    {"{\"a\":{" F32("[0]", "[0,0]") "},\"a\":{" F32("[1]", "[0,4]") "}}", 4, "occurs twice"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{" F32("[1]",
                                                                                  "[1,5]") "}}",
     5, "misaligned: F32 data at byte"},
};

static void refuses_hostile_headers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
    const made_file made = hostile[i].header[0] == '{' && hostile[i].data > 0
                               ? make_aligned_file(hostile[i].header, hostile[i].data)
                               : make_file(hostile[i].header, hostile[i].data);
    lode_tensor_set set = {0};
    lode_file file;
    lode_error err = {0};
    const lode_status status = read_bytes(made.bytes, made.size, &set, &file, &err);
    if (status != LODE_E_FORMAT || strstr(err.text, hostile[i].text) == NULL) {
      fail_msg("%s: %d %s", hostile[i].header, status, err.text);
    }
    const bool twice = strstr(err.text, "occurs twice") != NULL; /* by _finish: no file's name */
    if (!twice) assert_ptr_equal(strstr(err.text, "model.safetensors: "), err.text);
    if (!twice) assert_int_equal(set.count, 0);
    lode_tensor_set_free(&set);
    free(made.bytes);
  }
}

/* A header of an odd length puts everything out of place. */
static void refuses_misaligned_data(void **state) {
  (void)state;
  const made_file made = make_file(ONE(F32("[1]", "[0,4]")) "   ", 4);
  assert_int_not_equal(made.size % 4, 0);
  lode_tensor_set set = {0};
  lode_file file;
  lode_error err;
  assert_int_equal(read_bytes(made.bytes, made.size, &set, &file, &err), LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "misaligned"));
  lode_tensor_set_free(&set);
  free(made.bytes);
}

/* ---------------------------------------------------------------- bad files */

#define BYTES(s) s, sizeof(s) - 1

static const struct {
  const char *bytes;
  size_t size;
  const char *text;
} not_safetensors[] = {
    {BYTES(""), "is empty"},
    {BYTES("\2\0\0\0\0\0\0"), "truncated"},
    {BYTES("\2\0\0\0\0\0\0\0"), "truncated: its header is 2 bytes long, the file has 8"},
    {BYTES("\2\0\0\0\0\0\0\0{"), "truncated"},
    {BYTES("\377\377\377\377\377\377\377\377{}"), "header would be over 100 MB"},
    {BYTES("\0\0\0\0\0\0\0\200{}"), "header would be over 100 MB"},
    {BYTES("\1\341\365\5\0\0\0\0{}"), "header would be over 100 MB"}, /* 100,000,001 */
    {BYTES("\0\341\365\5\0\0\0\0{}"), "truncated: its header is 100000000"},
    {BYTES("\0\0\0\0\0\0\0\0{}"), "no JSON object"},
    {BYTES("PK\3\4 some zip archive"), "not a safetensors file"},
    {BYTES("GGUF\3\0\0\0\0\0\0\0"), "not a safetensors file"},
    {BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
     "is a Git LFS pointer"},
    {BYTES("<!DOCTYPE html>\n<html></html>\n"), "is an HTML page"},
    {BYTES("\n  <!doctype HTML>\n<html></html>\n"), "is an HTML page"},
    {BYTES("<html><body>404</body></html>"), "is an HTML page"},
};

static void refuses_other_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof not_safetensors / sizeof not_safetensors[0]; i++) {
    const size_t size = not_safetensors[i].size;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, not_safetensors[i].bytes, size);
    lode_tensor_set set = {0};
    lode_file file;
    lode_error err;
    const lode_status status = read_bytes(copy, size, &set, &file, &err);
    if (status != LODE_E_FORMAT || strstr(err.text, not_safetensors[i].text) == NULL) {
      fail_msg("file %zu: %d %s", i, status, err.text);
    }
    lode_tensor_set_free(&set);
    free(copy);
  }
}

/* A good file cut at every length. */
static void refuses_truncated_files(void **state) {
  (void)state;
  const made_file made = make_aligned_file("{\"a\":{" F32("[1,2]", "[0,8]") "}}", 8);
  for (size_t size = 0; size < made.size; size++) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, made.bytes, size);
    lode_tensor_set set = {0};
    lode_file file;
    lode_error err;
    assert_int_equal(read_bytes(copy, size, &set, &file, &err), LODE_E_FORMAT);
    lode_tensor_set_free(&set);
    free(copy);
  }
  free(made.bytes);
}

static void failure_leaves_the_set_as_it_was(void **state) {
  (void)state;
  const made_file good = make_aligned_file(ONE(F32("[1]", "[0,4]")), 4);
  const made_file bad =
      make_aligned_file("{\"b\":{" F32("[1]", "[0,4]") "},\"c\":{" F32("[1]", "[4,9]") "}}", 9);
  const lode_file files[] = {{.data = good.bytes, .size = good.size},
                             {.data = bad.bytes, .size = bad.size}};
  lode_tensor_set set = {0};
  lode_error err;
  assert_int_equal(lode_safetensors_read("good", &files[0], &set, &err), LODE_OK);
  assert_int_equal(lode_safetensors_read("bad", &files[1], &set, &err), LODE_E_FORMAT);
  assert_int_equal(set.count, 1);
  assert_int_equal(lode_tensor_set_finish(&set, &err), LODE_OK);
  assert_non_null(lode_tensor_set_find(&set, "a"));
  assert_null(lode_tensor_set_find(&set, "b"));
  lode_tensor_set_free(&set);
  free(good.bytes);
  free(bad.bytes);
}

/* ---------------------------------------------------------------- folders */

static lode_status open_files(const lode_file_data *files, size_t count, const char *sub_folder,
                              lode_tensor_set *set, lode_error *err) {
  const lode_folder folder = {.files = files, .count = count};
  *set = (lode_tensor_set){0};
  return lode_safetensors_open(&folder, sub_folder, set, err);
}

static lode_file_data as_file(const char *name, made_file made) {
  return (lode_file_data){name, made.bytes, made.size};
}

static void opens_single_files(void **state) {
  (void)state;
  const made_file made = make_aligned_file(ONE(F32("[1]", "[0,4]")), 4);
  const lode_file_data files[] = {as_file("2_Dense/model.safetensors", made)};
  lode_tensor_set set;
  lode_error err = {0};
  assert_int_equal(open_files(files, 1, "2_Dense", &set, &err), LODE_OK);
  assert_int_equal(set.count, 1);
  lode_tensor_set_free(&set);
  assert_int_equal(open_files(files, 1, "", &set, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "model.safetensors: no such file"));
  free(made.bytes);
}

#define SHARD_1 "model-00001-of-00002.safetensors"
#define SHARD_2 "model-00002-of-00002.safetensors"

static void opens_shards(void **state) {
  (void)state;
  const made_file one = make_aligned_file(ONE(F32("[1]", "[0,4]")), 4);
  const made_file two = make_aligned_file("{\"b\":{" F32("[2]", "[0,8]") "}}", 8);
  static const struct {
    const char *index;
    lode_status status;
    const char *text;
  } cases[] = {
      {"{\"metadata\":{},\"weight_map\":{\"a\":\"" SHARD_1 "\",\"b\":\"" SHARD_2 "\"}}", LODE_OK,
       ""},
      {"{\"weight_map\":{\"b\":\"" SHARD_2 "\"}}", LODE_OK, ""},
      {"{\"weight_map\":{}}", LODE_OK, ""},
      {"{}", LODE_E_FORMAT, "weight_map: is missing"},
      {"[]", LODE_E_FORMAT, "is no JSON object"},
      {"{\"weight_map\":[]}", LODE_E_FORMAT, "weight_map: is missing or no object"},
      {"{\"weight_map\":{\"a\":1}}", LODE_E_FORMAT, "a tensor's file is no string"},
      {"{\"weight_map\":{\"a\":\"" SHARD_2 "\"}}", LODE_E_FORMAT, "\"a\" is not in " SHARD_2},
      {"{\"weight_map\":{\"a\":\"" SHARD_1 "\",\"b\":\"" SHARD_1 "\"}}", LODE_E_FORMAT,
       "tensor \"b\" is not in " SHARD_1},
      {"{\"weight_map\":{\"a\":\"gone.safetensors\"}}", LODE_E_NOT_FOUND,
       "shard gone.safetensors: no such file"},
      {"{\"weight_map\":{\"a\":\"../../etc/passwd\"}}", LODE_E_FORMAT, "not the name of a file"},
      {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", LODE_E_FORMAT, "not the name of a file"},
      {"{\"weight_map\":{\"a\":\"\"}}", LODE_E_FORMAT, "not the name of a file"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const lode_file_data files[] = {
        {"model.safetensors.index.json", cases[i].index, strlen(cases[i].index)},
        as_file(SHARD_1, one),
        as_file(SHARD_2, two),
    };
    lode_tensor_set set;
    lode_error err = {0};
    const lode_status status = open_files(files, 3, "", &set, &err);
    if (status != cases[i].status || strstr(err.text, cases[i].text) == NULL) {
      fail_msg("%s: %d %s", cases[i].index, status, err.text);
    }
    if (status == LODE_OK && i == 0) {
      assert_int_equal(set.count, 2);
      assert_int_equal(lode_tensor_set_find(&set, "b")->size, 8);
    }
    lode_tensor_set_free(&set);
  }
  free(one.bytes);
  free(two.bytes);
}

static void refuses_a_tensor_in_two_shards(void **state) {
  (void)state;
  const made_file made = make_aligned_file(ONE(F32("[1]", "[0,4]")), 4);
  const char index[] = "{\"weight_map\":{\"a\":\"" SHARD_1 "\",\"b\":\"" SHARD_2 "\"}}";
  const lode_file_data files[] = {{"model.safetensors.index.json", index, strlen(index)},
                                  as_file(SHARD_1, made),
                                  as_file(SHARD_2, made)};
  lode_tensor_set set;
  lode_error err;
  assert_int_equal(open_files(files, 3, "", &set, &err), LODE_E_FORMAT);
  assert_string_equal(err.text, "model.safetensors.index.json: tensor \"a\": occurs twice");
  free(made.bytes);
}

static void refuses_too_many_shards(void **state) {
  (void)state;
  enum { SHARDS = LODE_TENSOR_SET_MAX_FILES + 1 };
  const made_file made = make_file("{}", 0);
  char names[SHARDS][32];
  char index[SHARDS * 32] = "{\"weight_map\":";
  size_t size = strlen(index);
  lode_file_data files[SHARDS + 1];
  for (int i = 0; i < SHARDS; i++) {
    snprintf(names[i], sizeof names[i], "shard-%d", i);
    files[i + 1] = as_file(names[i], made);
    size += (size_t)snprintf(index + size, sizeof index - size, "%c\"%d\":\"%s\"",
                             i > 0 ? ',' : '{', i, names[i]);
  }
  size += (size_t)snprintf(index + size, sizeof index - size, "}}");
  files[0] = (lode_file_data){"model.safetensors.index.json", index, size};
  lode_tensor_set set;
  lode_error err;
  assert_int_equal(open_files(files, SHARDS + 1, "", &set, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "more than 64 weight files"));
  free(made.bytes);
}

static void says_what_it_found_instead(void **state) {
  (void)state;
  const lode_file_data files[] = {{"pytorch_model.bin", "PK", 2}};
  lode_tensor_set set;
  lode_error err;
  assert_int_equal(open_files(files, 1, "", &set, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "pytorch_model.bin: pickled PyTorch weights"));
}

/* ---------------------------------------------------------------- a file from the field */

static void refuses_the_truncated_minilm(void **state) {
  (void)state;
  const char *shared = getenv("LODE_SHARED_DATA");
  char path[4096];
  snprintf(path, sizeof path, "%s/broken-models/all-MiniLM-L6-v2-truncated",
           shared != NULL ? shared : "../shared/data");
  const lode_folder folder = {.path = path};
  if (!lode_folder_has(&folder, "model.safetensors")) {
    print_message("%s is not there\n", path);
    skip();
  }
  lode_tensor_set set = {0};
  lode_error err;
  assert_int_equal(lode_safetensors_open(&folder, "", &set, &err), LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "model.safetensors: truncated: tensor \"embeddings."));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_tensors),
      cmocka_unit_test(reads_files_without_tensors),
      cmocka_unit_test(keeps_other_types),
      cmocka_unit_test(finds_among_many),
      cmocka_unit_test(refuses_hostile_headers),
      cmocka_unit_test(refuses_misaligned_data),
      cmocka_unit_test(refuses_other_files),
      cmocka_unit_test(refuses_truncated_files),
      cmocka_unit_test(failure_leaves_the_set_as_it_was),
      cmocka_unit_test(opens_single_files),
      cmocka_unit_test(opens_shards),
      cmocka_unit_test(refuses_a_tensor_in_two_shards),
      cmocka_unit_test(refuses_too_many_shards),
      cmocka_unit_test(says_what_it_found_instead),
      cmocka_unit_test(refuses_the_truncated_minilm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
