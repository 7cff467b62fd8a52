#include "hub_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

enum {
  ASKING_MAX = 8,  /* requests for sizes at once */
  GETTING_MAX = 4, /* files at once */
  WAIT_MS = 100,   /* at most between two looks at locks and at progress */
};
static const double lock_poll = 0.1, lock_remark = 2; /* seconds */

void cli_hub_file_begin(cli_hub_file *file, const char *name) {
  *file = (cli_hub_file){.name = name, .size = -1};
  cli_hub_blob_init(&file->blob, NULL, -1);
}

void cli_hub_file_close(cli_hub_file *file) {
  if (file->fetch != NULL) cli_exchange_clear(&file->exchange, file->fetch->wire);
  cli_hub_blob_close(&file->blob);
  free(file->url);
  file->url = NULL;
}

static cli_status fail(const cli_hub_file *file, cli_status status, const char *what,
                       cli_error *err) {
  return cli_fail(err, status, "%s: %s: %s", file->fetch->repo, file->name, what);
}

/* Put repository and file in front of what failed below. */
static cli_status named(const cli_hub_file *file, cli_status status, cli_error *err) {
  if (status == CLI_OK) return status;
  const cli_error cause = *err;
  return fail(file, status, cause.text, err);
}

/* ------------------------------------------------------------------ asking */

static bool take_body(void *user, const cli_http_head *head, const char *data, size_t size);

static cli_exchange exchange_for(cli_hub_file *file, bool head_only) {
  return (cli_exchange){
      .repo = file->fetch->repo,
      .revision = file->fetch->revision,
      .file = file->name,
      .url = file->url,
      .head_only = head_only,
      .body = take_body,
      .user = file,
  };
}

/* The hub's answer about a file: which one is it, and how long? */
static cli_status learn(cli_hub_file *file, cli_error *err) {
  const cli_http_head *head = &file->exchange.head;
  const char *etag = head->linked_etag[0] != '\0' ? head->linked_etag : head->etag;
  if (head->commit[0] == '\0') {
    bool html = cli_http_head_is_html(head);
    return fail(
        file, CLI_E_MODEL,
        html ? "the answer is an HTML page, not a model hub's; is HF_ENDPOINT right, or "
               "does the network want a login?"
             : "the answer has no X-Repo-Commit, as a model hub's has; is HF_ENDPOINT right?",
        err);
  }
  if (strcmp(head->commit, file->fetch->commit) != 0) {
    return fail(file, CLI_E_RUN, "the hub answers with another commit than was asked for", err);
  }
  if (!cli_hub_etag_ok(etag)) {
    return fail(file, CLI_E_RUN, "the hub gives it no ETag, or none that can be a file's name",
                err);
  }
  memcpy(file->etag, etag, strlen(etag) + 1);
  bool elsewhere = head->status >= 300; /* then the length is that of the redirection */
  file->size = head->linked_size >= 0 || elsewhere ? head->linked_size : head->content_length;
  file->stage = CLI_HUB_KNOWN;
  cli_exchange_clear(&file->exchange, file->fetch->wire);
  return CLI_OK;
}

/* ------------------------------------------------------------------ in the cache already? */

static bool is_whole(const cli_hub_file *file, const char *path) {
  int64_t size = cli_file_size(path);
  return size >= 0 && (file->size < 0 || size == file->size);
}

static cli_status look(cli_hub_file *file, const char *blob, const char *place, bool *there,
                       cli_error *err) {
  const cli_hub_fetch *fetch = file->fetch;
  bool has_blob = is_whole(file, blob);
  *there = has_blob || is_whole(file, place);
  if (!*there) return CLI_OK;
  if (file->size < 0) file->size = cli_file_size(has_blob ? blob : place);
  if (!has_blob) return CLI_OK;
  return cli_hub_cache_link(fetch->cache, fetch->commit, file->name, file->etag, err);
}

/* In the snapshot, or among the blobs: then it becomes part of the snapshot. */
static cli_status look_in_cache(cli_hub_file *file, bool *there, cli_error *err) {
  const cli_hub_fetch *fetch = file->fetch;
  char *blob = cli_hub_blob_path(fetch->cache, file->etag);
  char *place = cli_hub_snapshot_path(fetch->cache, fetch->commit, file->name);
  bool complete = blob != NULL && place != NULL;
  cli_status status = complete ? look(file, blob, place, there, err) : cli_fail_memory(err);
  free(place);
  free(blob);
  if (status == CLI_OK && *there) {
    file->cached = true;
    file->stage = CLI_HUB_THERE;
  }
  return named(file, status, err);
}

/* ------------------------------------------------------------------ getting */

/* Does the answer begin at the byte that was asked for? One with the whole file begins anew. */
static const char *check_start(cli_hub_file *file, const cli_http_head *head) {
  cli_hub_blob *blob = &file->blob;
  if (cli_http_head_is_html(head)) return "the answer is an HTML page, not the file";
  if (head->status == 200) {
    cli_hub_blob_rewind(blob);
    file->exchange.from = 0;
    return NULL;
  }
  bool right = head->status == 206 && head->range_start == blob->have &&
               (head->range_total < 0 || blob->size < 0 || head->range_total == blob->size);
  return right ? NULL : "the server sends another part than was asked for";
}

static bool take_body(void *user, const cli_http_head *head, const char *data, size_t size) {
  cli_hub_file *file = user;
  cli_hub_blob *blob = &file->blob;
  if (!file->began) {
    file->began = true;
    const char *wrong = check_start(file, head);
    if (wrong != NULL) {
      fail(file, CLI_E_MODEL, wrong, &file->error);
      return false;
    }
  }
  if (blob->size >= 0 && (int64_t)size > blob->size - blob->have) {
    fail(file, CLI_E_MODEL, "the server sends more bytes than the file has", &file->error);
    return false;
  }
  cli_status status = cli_hub_blob_write(blob, data, size, &file->error);
  file->exchange.from = blob->have;
  file->fetch->came += (int64_t)size;
  return named(file, status, &file->error) == CLI_OK;
}

static cli_status begin_getting(cli_hub_file *file, cli_error *err) {
  const cli_hub_fetch *fetch = file->fetch;
  cli_status status = named(file, cli_hub_blob_open(&file->blob, fetch->cache, err), err);
  if (status != CLI_OK) return status;
  file->exchange = exchange_for(file, false);
  file->exchange.from = file->blob.have;
  /* Complete, but for the look at its hash: the last one stopped just there. */
  bool whole = file->blob.have > 0 && file->blob.have == file->blob.size;
  file->stage = whole ? CLI_HUB_CHECKING : CLI_HUB_GETTING;
  return CLI_OK;
}

static void remark_waiting(cli_hub_file *file, double since) {
  const cli_wire *wire = file->fetch->wire;
  if (file->waited || wire->quiet || cli_now() - since < lock_remark) return;
  file->waited = true;
  cli_progress_clear(wire->progress);
  fprintf(stderr, "lode: %s: %s: another process is getting it; waiting for that\n",
          file->fetch->repo, file->name);
}

/* Take the lock, if it is time and nobody has it; and look whether whoever had it has done the
 * work. */
static cli_status try_to_get(cli_hub_file *file, cli_error *err) {
  const cli_hub_fetch *fetch = file->fetch;
  double now = cli_now();
  bool there = false;
  if (now < file->lock_retry) return CLI_OK;
  if (file->lock_since == 0) file->lock_since = now;
  cli_status status = look_in_cache(file, &there, err);
  if (status != CLI_OK || there) return status;
  cli_hub_blob_init(&file->blob, file->etag, file->size);
  status = named(file, cli_hub_blob_lock(&file->blob, fetch->cache, err), err);
  if (status != CLI_OK) return status;
  if (file->blob.lock < 0) {
    file->lock_retry = now + lock_poll;
    remark_waiting(file, file->lock_since);
    return CLI_OK;
  }
  status = look_in_cache(file, &there, err);
  if (status == CLI_OK && !there) return begin_getting(file, err);
  cli_hub_blob_close(&file->blob);
  return status;
}

/* A download's call has ended well: is it all? */
static cli_status body_ended(cli_hub_file *file, cli_error *err) {
  cli_exchange *x = &file->exchange;
  cli_hub_blob *blob = &file->blob;
  if (x->head.status == 416) { /* what is there is no beginning of the file */
    cli_hub_blob_rewind(blob);
    x->from = 0;
    return cli_exchange_again(x, file->fetch->wire, "the server has no such part of it", err);
  }
  if (blob->size >= 0 && blob->have < blob->size) {
    char why[96];
    snprintf(why, sizeof why, "the answer ends after %lld of %lld bytes", (long long)blob->have,
             (long long)blob->size);
    return cli_exchange_again(x, file->fetch->wire, why, err);
  }
  cli_exchange_clear(x, file->fetch->wire);
  file->stage = CLI_HUB_CHECKING;
  return CLI_OK;
}

static cli_status check(cli_hub_file *file, cli_error *err) {
  bool done, wrong;
  const cli_hub_fetch *fetch = file->fetch;
  cli_status status = cli_hub_blob_check(&file->blob, &done, &wrong, err);
  if (wrong && file->blob.continued && !file->anew) { /* the older part may be to blame */
    file->anew = true;
    file->stage = CLI_HUB_KNOWN;
    cli_hub_blob_close(&file->blob);
    return CLI_OK;
  }
  if (status == CLI_OK && !done) return CLI_OK;
  if (status == CLI_OK) {
    file->size = file->blob.size;
    file->stage = CLI_HUB_THERE;
    status = cli_hub_cache_link(fetch->cache, fetch->commit, file->name, file->etag, err);
  }
  cli_hub_blob_close(&file->blob);
  return named(file, status, err);
}

/* ------------------------------------------------------------------ all together */

/* How many files are where. */
typedef struct census {
  size_t unknown, asking, getting, checking, there;
  int64_t total, done; /* bytes; of files whose size is known */
} census;

static census count_stages(const cli_hub_file *files, size_t count) {
  census c = {0};
  for (size_t i = 0; i < count; i++) {
    const cli_hub_file *f = &files[i];
    c.unknown += f->stage == CLI_HUB_ASKING;
    c.asking += f->stage == CLI_HUB_ASKING && f->exchange.state == CLI_EXCHANGE_GOING;
    c.getting += f->stage == CLI_HUB_GETTING;
    c.checking += f->stage == CLI_HUB_CHECKING;
    c.there += f->stage == CLI_HUB_THERE;
    if (f->size < 0 || f->cached) continue;
    c.total += f->size;
    c.done += f->stage == CLI_HUB_THERE ? f->size : f->blob.have;
  }
  return c;
}

static cli_status begin_call(cli_hub_file *file, cli_error *err) {
  if (file->exchange.state != CLI_EXCHANGE_WAITING) return CLI_OK;
  if (cli_now() < file->exchange.not_before) return CLI_OK;
  file->began = false;
  return named(file, cli_exchange_begin(&file->exchange, file->fetch->wire, err), err);
}

/* Whatever can be done for one file without waiting. */
static cli_status advance(cli_hub_file *file, const census *c, cli_error *err) {
  switch (file->stage) {
    case CLI_HUB_ASKING:
      return c->asking < ASKING_MAX ? begin_call(file, err) : CLI_OK;
    case CLI_HUB_KNOWN: /* when all are: then it is known how much there is to get */
      if (c->unknown > 0 || c->getting + c->checking >= GETTING_MAX) return CLI_OK;
      return try_to_get(file, err);
    case CLI_HUB_GETTING:
      return begin_call(file, err);
    case CLI_HUB_CHECKING:
      return check(file, err);
    case CLI_HUB_THERE:
      break;
  }
  return CLI_OK;
}

static cli_status call_ended(cli_http_call *call, cli_error *err) {
  cli_hub_file *file = cli_http_user(call);
  bool stopped;
  cli_status status = cli_exchange_ended(&file->exchange, file->fetch->wire, &stopped, err);
  if (status != CLI_OK) return status;
  if (stopped) {
    *err = file->error;
    return file->error.status;
  }
  if (file->exchange.state != CLI_EXCHANGE_DONE) return CLI_OK;
  return file->stage == CLI_HUB_ASKING ? learn(file, err) : body_ended(file, err);
}

static cli_status run(cli_hub_fetch *fetch, cli_hub_file *files, size_t count, cli_error *err) {
  for (;;) {
    for (size_t i = 0; i < count; i++) {
      const census c = count_stages(files, count);
      cli_status status = advance(&files[i], &c, err);
      if (status != CLI_OK) return status;
    }
    const census c = count_stages(files, count);
    cli_progress_bytes(fetch->wire->progress, c.done, c.total, fetch->came);
    if (c.there == count) return CLI_OK;
    cli_http_call *ended;
    cli_status status = cli_http_wait(fetch->wire->http, c.checking > 0 ? 0 : WAIT_MS, &ended, err);
    if (status == CLI_OK && ended != NULL) status = call_ended(ended, err);
    if (status != CLI_OK) return status;
  }
}

/* What is in the snapshot is what the commit has: commits do not change. */
static cli_status begin_file(cli_hub_fetch *fetch, cli_hub_file *file, cli_error *err) {
  file->fetch = fetch;
  char *place = cli_hub_snapshot_path(fetch->cache, fetch->commit, file->name);
  file->url = cli_hub_file_url(fetch->wire->hub->endpoint, fetch->repo, fetch->commit, file->name);
  int64_t size = place != NULL ? cli_file_size(place) : -1;
  free(place);
  if (place == NULL || file->url == NULL) return cli_fail_memory(err);
  if (size >= 0) {
    file->size = size;
    file->cached = true;
    file->stage = CLI_HUB_THERE;
  }
  file->exchange = exchange_for(file, true);
  return CLI_OK;
}

cli_status cli_hub_fetch_files(cli_hub_fetch *fetch, cli_hub_file *files, size_t count,
                               cli_error *err) {
  cli_status status = CLI_OK;
  for (size_t i = 0; i < count && status == CLI_OK; i++) {
    status = begin_file(fetch, &files[i], err);
  }
  return status == CLI_OK ? run(fetch, files, count, err) : status;
}
