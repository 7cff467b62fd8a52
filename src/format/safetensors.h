/* safetensors: u64 header length, JSON header, tensor bytes.
 *
 *   offset  size  meaning
 *   0       8     N, header length, little-endian
 *   8       N     JSON object: name -> {dtype, shape, data_offsets [begin, end)}, and
 *                 optionally "__metadata__" -> {string: string}
 *   8 + N         tensor bytes; offsets count from here
 *
 * Checked as the reference reader does: N at most 100 MB, every range inside the file, no
 * overlap and no hole, size = product of shape x dtype size; plus alignment to the element
 * size, and no name twice. */
#ifndef LODE_FORMAT_SAFETENSORS_H
#define LODE_FORMAT_SAFETENSORS_H

#include "base/file.h"
#include "format/tensor.h"

/* Read one file into the set (may be called for several: shards; lode_tensor_set_finish
 * then ends it). `file_name` is for errors; *file and its bytes must outlive the set.
 * LODE_E_FORMAT names the tensor and the reason; the set then is as it was. */
lode_status lode_safetensors_read(const char *file_name, const lode_file *file,
                                  lode_tensor_set *set, lode_error *err);

/* The string under `key` of __metadata__, NUL-terminated; "" where there is none, or one longer
 * than `size` - 1. LODE_E_FORMAT for a header that cannot be read. */
lode_status lode_safetensors_metadata(const lode_file *file, const char *key, char *out,
                                      size_t size, lode_error *err);

/* All weights of a model folder, or of a folder in it ("" or "2_Dense"): model.safetensors,
 * else the shards that model.safetensors.index.json names. The set owns the files and is
 * finished; on failure it is freed. Weights that are there as pytorch_model.bin alone are
 * LODE_E_UNSUPPORTED. */
lode_status lode_safetensors_open(const lode_folder *folder, const char *sub_folder,
                                  lode_tensor_set *set, lode_error *err);

#endif
