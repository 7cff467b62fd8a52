#include "hub_pull.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "hub_fetch.h"
#include "hub_list.h"

enum { TEXT_MAX = 64 << 20 }; /* bytes of a list of files, or of an index */

/* A text from the network or from the cache. */
typedef struct text {
  char *data; /* NULL: none */
  size_t size;
  size_t capacity;
  bool too_long;
  bool no_memory;
} text;

/* ------------------------------------------------------------------ the list of files */

static bool take_text(void *user, const cli_http_head *head, const char *data, size_t size) {
  text *t = user;
  (void)head;
  t->too_long = size > TEXT_MAX - t->size;
  if (t->too_long) return false;
  if (t->size + size > t->capacity) {
    size_t capacity = 2 * (t->size + size);
    char *longer = realloc(t->data, capacity);
    t->no_memory = longer == NULL;
    if (longer == NULL) return false;
    t->data = longer;
    t->capacity = capacity;
  }
  memcpy(t->data + t->size, data, size);
  t->size += size;
  return true;
}

/* Until the exchange is done. */
static cli_status talk(cli_exchange *x, const cli_wire *wire, text *t, cli_error *err) {
  while (x->state != CLI_EXCHANGE_DONE) {
    cli_status status = CLI_OK;
    if (x->state == CLI_EXCHANGE_WAITING && cli_now() >= x->not_before) {
      t->size = 0;
      status = cli_exchange_begin(x, wire, err);
    }
    cli_http_call *ended = NULL;
    bool stopped = false;
    if (status == CLI_OK) status = cli_http_wait(wire->http, 100, &ended, err);
    if (status == CLI_OK && ended != NULL) status = cli_exchange_ended(x, wire, &stopped, err);
    if (stopped && t->no_memory) status = cli_fail_memory(err);
    if (stopped && t->too_long) {
      status = cli_exchange_fail(x, err, CLI_E_MODEL, "the hub's list of files is too long");
    }
    if (status != CLI_OK) return status;
  }
  return CLI_OK;
}

static cli_status read_list(const cli_exchange *x, const text *t, cli_hub_listing *out,
                            cli_error *err) {
  bool html = cli_http_head_is_html(&x->head) || (t->size > 0 && t->data[0] == '<');
  if (html) {
    return cli_exchange_fail(x, err, CLI_E_MODEL,
                             "the answer is an HTML page, not a model hub's; is HF_ENDPOINT "
                             "right, or does the network want a login?");
  }
  cli_error cause;
  cli_status status = cli_hub_listing_read(t->data != NULL ? t->data : "", t->size, out, &cause);
  return status == CLI_OK ? CLI_OK : cli_exchange_fail(x, err, status, "%s", cause.text);
}

static cli_status get_list(const cli_wire *wire, const char *repo, const char *revision,
                           cli_hub_listing *out, cli_error *err) {
  text t = {0};
  char *url = cli_hub_api_url(wire->hub->endpoint, repo, revision);
  if (url == NULL) return cli_fail_memory(err);
  cli_exchange x = {.repo = repo, .revision = revision, .url = url, .body = take_text, .user = &t};
  cli_status status = talk(&x, wire, &t, err);
  if (status == CLI_OK) status = read_list(&x, &t, out, err);
  cli_exchange_clear(&x, wire);
  free(t.data);
  free(url);
  return status;
}

/* ------------------------------------------------------------------ files */

/* A pull on its way. */
typedef struct puller {
  cli_hub_fetch fetch;
  const cli_hub_listing *listing;
  cli_names early; /* files that came while it was being found out what is needed */
  cli_hub_pulled *out;
  cli_error *err;
} puller;

static cli_status fail(const puller *p, cli_status status) {
  const cli_error cause = *p->err;
  return cli_fail(p->err, status, "%s: %s", p->fetch.repo, cause.text);
}

static cli_status keep_result(puller *p, const cli_hub_file *file, cli_hub_pulled_file *out) {
  *out = (cli_hub_pulled_file){
      .name = strdup(file->name),
      .size = file->size,
      .cached = file->cached && !cli_names_has(&p->early, file->name),
  };
  return out->name != NULL ? CLI_OK : cli_fail_memory(p->err);
}

static cli_status keep_results(puller *p, const cli_hub_file *files, size_t count) {
  p->out->files = calloc(count, sizeof *p->out->files);
  if (p->out->files == NULL) return cli_fail_memory(p->err);
  for (size_t i = 0; i < count; i++) {
    cli_status status = keep_result(p, &files[i], &p->out->files[i]);
    if (status != CLI_OK) return status;
    p->out->count++;
  }
  return CLI_OK;
}

static cli_status note_early(puller *p, const cli_hub_file *files, size_t count) {
  cli_status status = CLI_OK;
  for (size_t i = 0; i < count && status == CLI_OK; i++) {
    if (files[i].cached) continue;
    status = cli_names_add(&p->early, files[i].name, strlen(files[i].name), p->err);
  }
  return status;
}

/* Get `names`. The last time, when `final`, they are the model. */
static cli_status get_files(puller *p, const cli_names *names, bool final) {
  if (names->count == 0) return CLI_OK;
  cli_hub_file *files = calloc(names->count, sizeof *files);
  if (files == NULL) return cli_fail_memory(p->err);
  for (size_t i = 0; i < names->count; i++) cli_hub_file_begin(&files[i], names->items[i]);
  cli_status status = cli_hub_fetch_files(&p->fetch, files, names->count, p->err);
  if (status == CLI_OK) {
    status = final ? keep_results(p, files, names->count) : note_early(p, files, names->count);
  }
  for (size_t i = 0; i < names->count; i++) cli_hub_file_close(&files[i]);
  free(files);
  return status;
}

/* A file of the snapshot, all of it. */
static cli_status read_file(const puller *p, const char *name, text *out) {
  char *path = cli_hub_snapshot_path(p->fetch.cache, p->fetch.commit, name);
  if (path == NULL) return cli_fail_memory(p->err);
  cli_status status = cli_file_read(path, TEXT_MAX, &out->data, &out->size, p->err);
  if (status == CLI_OK && out->data == NULL) {
    status = cli_fail(p->err, CLI_E_RUN, "%s is gone: another process has removed it", path);
  }
  free(path);
  return status;
}

static cli_status get_modules(puller *p, cli_hub_modules *out) {
  if (!cli_names_has(&p->listing->files, "modules.json")) {
    return cli_hub_modules_plain(out, p->err);
  }
  cli_names names = {0};
  text t = {0};
  cli_status status = cli_names_add(&names, "modules.json", strlen("modules.json"), p->err);
  if (status == CLI_OK) status = get_files(p, &names, false);
  if (status == CLI_OK) status = read_file(p, "modules.json", &t);
  if (status == CLI_OK) {
    status = cli_hub_modules_read(t.data, t.size, out, p->err);
    if (status != CLI_OK) fail(p, status);
  }
  free(t.data);
  cli_names_free(&names);
  return status;
}

/* "sub/model.safetensors.index.json" is in "sub". */
static char *folder_of(const char *name) {
  const char *slash = strrchr(name, '/');
  return strndup(name, slash != NULL ? (size_t)(slash - name) : 0);
}

static cli_status add_shards(puller *p, const char *index, cli_names *out) {
  text t = {0};
  char *folder = folder_of(index);
  cli_status status = folder != NULL ? read_file(p, index, &t) : cli_fail_memory(p->err);
  if (status == CLI_OK) {
    status = cli_hub_shards_read(t.data, t.size, folder, out, p->err);
    if (status != CLI_OK) fail(p, status);
  }
  free(folder);
  free(t.data);
  return status;
}

/* Everything that a model of single files consists of. */
static cli_status choose_files(puller *p, cli_names *out) {
  cli_hub_modules modules = {0};
  cli_names indexes = {0};
  const cli_names *files = &p->listing->files;
  cli_status status = get_modules(p, &modules);
  if (status == CLI_OK) {
    status = cli_hub_choose(files, &modules, out, p->err);
    if (status != CLI_OK) fail(p, status);
  }
  if (status == CLI_OK) status = cli_hub_choose_indexes(files, &modules, &indexes, p->err);
  if (status == CLI_OK) status = get_files(p, &indexes, false);
  for (size_t i = 0; i < indexes.count && status == CLI_OK; i++) {
    status = add_shards(p, indexes.items[i], out);
  }
  cli_names_free(&indexes);
  cli_hub_modules_free(&modules);
  return status;
}

static cli_status get_model(puller *p) {
  const char *bundle;
  cli_names names = {0};
  cli_status status = cli_hub_choose_bundle(&p->listing->files, &bundle, p->err);
  if (status != CLI_OK) return fail(p, status);
  if (bundle != NULL) {
    status = cli_names_add(&names, bundle, strlen(bundle), p->err);
  } else {
    status = choose_files(p, &names);
  }
  if (status == CLI_OK) status = get_files(p, &names, true);
  cli_names_free(&names);
  return status;
}

/* ------------------------------------------------------------------ all of it */

/* What readers look for and this commit does not have: they need not ask the hub about it. */
static cli_status remember_absent(const puller *p) {
  cli_status status = CLI_OK;
  for (const char *const *name = cli_hub_optional_files; *name != NULL && status == CLI_OK;
       name++) {
    if (cli_names_has(&p->listing->files, *name)) continue;
    status = cli_hub_cache_set_absent(p->fetch.cache, p->fetch.commit, *name, p->err);
  }
  return status;
}

static cli_status finish(const puller *p) {
  const cli_hub_fetch *f = &p->fetch;
  char missing[256];
  bool unsure;
  cli_status status = remember_absent(p);
  if (status == CLI_OK) {
    status = cli_hub_cache_find(f->cache, f->commit, &p->out->path, missing, &unsure, p->err);
  }
  if (status == CLI_OK && p->out->path == NULL) {
    status = cli_fail(p->err, CLI_E_RUN, "%s: %s is gone: another process has removed it", f->repo,
                      missing);
  }
  if (status == CLI_OK && !cli_hub_commit_ok(f->revision)) {
    status = cli_hub_cache_set_ref(f->cache, f->revision, f->commit, p->err);
  }
  return status;
}

static cli_status pull(const cli_wire *wire, const char *repo, const char *revision,
                       cli_hub_pulled *out, cli_error *err) {
  cli_hub_listing listing = {0};
  cli_hub_cache cache = {0};
  cli_status status = get_list(wire, repo, revision, &listing, err);
  if (status == CLI_OK) status = cli_hub_cache_open(wire->hub->cache, repo, &cache, err);
  if (status == CLI_OK) status = cli_hub_cache_make(&cache, err);
  puller p = {
      .fetch = {.wire = wire,
                .cache = &cache,
                .repo = repo,
                .revision = revision,
                .commit = listing.commit},
      .listing = &listing,
      .out = out,
      .err = err,
  };
  memcpy(out->commit, listing.commit, sizeof out->commit);
  if (status == CLI_OK) status = get_model(&p);
  if (status == CLI_OK) status = finish(&p);
  cli_names_free(&p.early);
  cli_hub_cache_close(&cache);
  cli_hub_listing_free(&listing);
  return status;
}

cli_status cli_hub_pull(const cli_hub *hub, const char *repo, const char *revision, bool quiet,
                        cli_hub_pulled *out, cli_error *err) {
  cli_progress progress;
  cli_wire wire = {.hub = hub, .progress = &progress, .quiet = quiet};
  cli_status status = cli_http_open(hub->stall_seconds, &wire.http, err);
  if (status != CLI_OK) return status;
  cli_progress_start(&progress, quiet);
  status = pull(&wire, repo, revision, out, err);
  cli_progress_clear(&progress);
  cli_http_close(wire.http);
  if (status != CLI_OK) cli_hub_pulled_free(out);
  return status;
}
