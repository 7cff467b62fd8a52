/* A bundle (.lode-model): a whole model in one file, which is an ordinary safetensors file.
 *
 *   tensor                 type, shape      what
 *   sha256                 U8 [tensors, 32] digests: row i is that of the bytes of the file's
 *                                           i-th tensor; this tensor's own row is that of the
 *                                           header (its 8 bytes of length included); a row of
 *                                           zeros makes their number even
 *   file:config.json …     U8 [bytes]       the small files of the model's directory, as they
 *                                           were: what they say is what happens
 *   file:selftest.json     U8 [bytes]       JSON array of texts
 *   selftest.vectors       F32 [texts, dim] their vectors, computed in f32, of unit length, uncut
 *   pad.N                  U8 [bytes]       zeros: every tensor begins at a multiple of 64
 *   NAME                   F32, F16, BF16   a weight under its own name
 *                          or I8
 *                          U8 [rows, dim/2] a static model's table in 4 bits: two values in a
 *                                           byte, each + 8, that of the even column in the low
 *                                           half
 *   NAME_scale             F32 [rows]       of an I8 or U8 weight: its value is NAME * NAME_scale;
 *                                           Model2Vec's own I8 has none
 *   mapping, weights       I32, F32 or      of a static model, as Model2Vec has them
 *                          halves [ids]
 *   NAME_smooth            F32 [cols]       of an I8 weight of a linear layer: its input is
 *                                           multiplied by this before it is quantized
 *
 * `__metadata__` has "format": "lode-model", "version": "1", "dtype" and "lode" (the version
 * that wrote it). Weights stand in the order in which they are used, after everything else, so
 * that a model can be streamed. A flipped bit anywhere is found by its digest. */
#ifndef LODE_FORMAT_BUNDLE_H
#define LODE_FORMAT_BUNDLE_H

#include <stdbool.h>

#include "base/file.h"
#include "base/sha256.h"
#include "format/tensor.h"

#define LODE_BUNDLE_SUFFIX ".lode-model"

/* ---- reading */

typedef struct lode_bundle {
  const char *name;    /* as given: what errors call it */
  lode_file file;      /* as given */
  lode_folder folder;  /* the model directory that it stands for, in memory */
  const char **texts;  /* self-test, [text_count] */
  const void *vectors; /* F32 [text_count, dim]; may not be aligned */
  size_t text_count, dim;
  lode_arena arena;
} lode_bundle;

/* Takes over *file, also on failure. `name` is for errors. */
lode_status lode_bundle_open(const char *name, lode_file *file, lode_bundle *out, lode_error *err);
void lode_bundle_close(lode_bundle *bundle);
/* Compare every byte with the digests; LODE_E_FORMAT names the tensor at fault. */
lode_status lode_bundle_verify(const lode_bundle *bundle, lode_error *err);

/* ---- reading what is still arriving */

/* A bundle of which the first `have` bytes are there; zero-initialise it but for name, file and
 * verify. */
typedef struct lode_bundle_arrival {
  const char *name;      /* for errors */
  const lode_file *file; /* of its whole size; bytes beyond `have` are not looked at */
  bool verify;           /* compare the digests */
  size_t have;
  size_t head;             /* bytes up to the weights, all else is in them; 0: not known yet */
  lode_tensor_set tensors; /* in the order of the file */
  size_t own;              /* the tensor of the digests */
  size_t compared;         /* tensors whose digests are right */
  size_t hashed;           /* bytes of the next one that are in `sha` */
  lode_sha256 sha;
} lode_bundle_arrival;

/* Now `have` bytes are there, no fewer than before. LODE_E_FORMAT names the tensor at fault. */
lode_status lode_bundle_arrived(lode_bundle_arrival *arrival, size_t have, lode_error *err);
void lode_bundle_arrival_free(lode_bundle_arrival *arrival);

/* ---- writing */

typedef struct lode_bundle_writer {
  lode_tensor *items;
  size_t count, capacity;
  size_t pads;
  size_t size; /* bytes of tensors so far */
  lode_arena arena;
} lode_bundle_writer;

/* Where the bytes go. Anything but LODE_OK ends the writing. */
typedef lode_status lode_bundle_sink(void *context, const void *data, size_t size, lode_error *err);

/* Append a tensor (a copy of the description; its bytes must live until the end). A name that
 * was added before is passed over. LODE_E_NOMEM. */
lode_status lode_bundle_add(lode_bundle_writer *writer, const lode_tensor *tensor, lode_error *err);
/* Append the files of `folder` that a model directory consists of, but not its weights. */
lode_status lode_bundle_add_files(lode_bundle_writer *writer, const lode_folder *folder,
                                  lode_error *err);
/* The whole file into the sink. */
lode_status lode_bundle_write(lode_bundle_writer *writer, const char *dtype, lode_bundle_sink *sink,
                              void *context, lode_error *err);
void lode_bundle_writer_free(lode_bundle_writer *writer);

#endif
