#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate */
#endif
#include "hub_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

enum { CHECK_STEP = 16 << 20, CHECK_PIECE = 256 << 10 }; /* bytes a call, and a read */

void cli_hub_blob_init(cli_hub_blob *blob, const char *etag, int64_t size) {
  *blob = (cli_hub_blob){.etag = etag, .size = size, .lock = -1, .fd = -1};
}

void cli_hub_blob_close(cli_hub_blob *blob) {
  cli_digest_free(blob->digest);
  if (blob->fd >= 0) close(blob->fd);
  if (blob->lock >= 0) close(blob->lock); /* after the file: it is ours until then */
  free(blob->path);
  free(blob->partial);
  cli_hub_blob_init(blob, NULL, -1);
}

cli_status cli_hub_blob_lock(cli_hub_blob *blob, const cli_hub_cache *cache, cli_error *err) {
  return cli_hub_cache_lock(cache, blob->etag, &blob->lock, err);
}

static cli_status fail_errno(const cli_hub_blob *blob, int number, cli_error *err) {
  return cli_fail_errno(err, number, blob->partial);
}

cli_status cli_hub_blob_open(cli_hub_blob *blob, const cli_hub_cache *cache, cli_error *err) {
  blob->path = cli_hub_blob_path(cache, blob->etag);
  blob->partial = cli_text_format("%s/blobs/%s.incomplete", cache->repo, blob->etag);
  if (blob->path == NULL || blob->partial == NULL) return cli_fail_memory(err);
  blob->fd = open(blob->partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  struct stat st;
  if (blob->fd < 0 || fstat(blob->fd, &st) != 0) return fail_errno(blob, errno, err);
  /* Bytes of an earlier time are of use when the hash will tell whether they were right. */
  bool usable = cli_digest_is(blob->etag) && blob->size >= 0 && st.st_size <= blob->size;
  if (!usable && ftruncate(blob->fd, 0) != 0) return fail_errno(blob, errno, err);
  blob->have = usable ? (int64_t)st.st_size : 0;
  blob->continued = blob->have > 0;
  /* That the disk is too small is better known now. The file's length stays as it is. */
  if (blob->size > blob->have &&
      fallocate(blob->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)blob->size) != 0 && errno == ENOSPC) {
    return fail_errno(blob, ENOSPC, err);
  }
  return CLI_OK;
}

void cli_hub_blob_rewind(cli_hub_blob *blob) {
  /* Not cut to nothing: should another process write it too, where locks do not work, there
   * would be a hole. The same bytes come to the same places. */
  blob->have = 0;
  blob->continued = false;
}

cli_status cli_hub_blob_write(cli_hub_blob *blob, const void *data, size_t size, cli_error *err) {
  const char *bytes = data;
  while (size > 0) {
    ssize_t n = pwrite(blob->fd, bytes, size, (off_t)blob->have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(blob, errno, err);
    bytes += n;
    size -= (size_t)n;
    blob->have += n;
  }
  return CLI_OK;
}

/* Nothing behind the end, where older bytes may stand; and what will be checked. */
static cli_status begin_check(cli_hub_blob *blob, cli_error *err) {
  if (blob->size < 0) blob->size = blob->have;
  if (ftruncate(blob->fd, (off_t)blob->size) != 0) return fail_errno(blob, errno, err);
  blob->checked = 0;
  return cli_digest_open(blob->etag, blob->size, &blob->digest, err);
}

static cli_status read_step(cli_hub_blob *blob, cli_error *err) {
  char *piece = malloc(CHECK_PIECE);
  if (piece == NULL) return cli_fail_memory(err);
  cli_status status = CLI_OK;
  int64_t stop = blob->checked + CHECK_STEP;
  while (status == CLI_OK && blob->checked < stop && blob->checked < blob->size) {
    ssize_t n = pread(blob->fd, piece, CHECK_PIECE, (off_t)blob->checked);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) status = fail_errno(blob, n < 0 ? errno : EIO, err);
    if (n > 0) cli_digest_update(blob->digest, piece, (size_t)n);
    if (n > 0) blob->checked += n;
  }
  free(piece);
  return status;
}

/* Is the file that we wrote still the one of that name? Another process may have removed it,
 * where locks do not work. */
static bool is_ours(const cli_hub_blob *blob) {
  struct stat ours, named;
  return fstat(blob->fd, &ours) == 0 && lstat(blob->partial, &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* On the disk first, then under its name: a name never stands for half a file, not even after
 * the power has failed. */
static cli_status publish(cli_hub_blob *blob, cli_error *err) {
  if (fdatasync(blob->fd) != 0 && errno != EINVAL && errno != EROFS) {
    return fail_errno(blob, errno, err);
  }
  if (!is_ours(blob)) {
    return cli_fail(err, CLI_E_RUN, "%s: another process has replaced it", blob->partial);
  }
  if (rename(blob->partial, blob->path) != 0) return fail_errno(blob, errno, err);
  return CLI_OK;
}

static cli_status compare(cli_hub_blob *blob, bool *wrong, cli_error *err) {
  char hex[CLI_DIGEST_HEX_MAX + 1];
  cli_digest *digest = blob->digest;
  blob->digest = NULL;
  cli_status status = cli_digest_close(digest, hex, err);
  if (status != CLI_OK || strcmp(hex, blob->etag) == 0) return status;
  *wrong = true;
  if (is_ours(blob)) unlink(blob->partial);
  return cli_fail(err, CLI_E_MODEL, "what came has the %s %s, not %s; it was removed",
                  strlen(hex) == 64 ? "SHA-256" : "git hash", hex, blob->etag);
}

cli_status cli_hub_blob_check(cli_hub_blob *blob, bool *done, bool *wrong, cli_error *err) {
  *done = *wrong = false;
  cli_status status = CLI_OK;
  bool begins = blob->digest == NULL;
  if (begins) status = begin_check(blob, err);
  if (status == CLI_OK && blob->digest != NULL) {
    status = read_step(blob, err);
    if (status != CLI_OK || blob->checked < blob->size) return status;
    status = compare(blob, wrong, err);
  }
  if (status == CLI_OK) status = publish(blob, err);
  *done = status == CLI_OK;
  return status;
}
