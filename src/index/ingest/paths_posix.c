#include "index/ingest/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "index/files/walk.h"
#include "index/ingest/source_options.h"

/* A file that was written less than this long ago may be written again without its time changing:
 * its bytes are compared next time. */
#define FRESH_NS (INT64_C(2) * 1000 * 1000 * 1000)

typedef struct pass {
  lode_store *store;
  lode_ingest *ingest;
  lode_index_progress *progress;
  int64_t source;
  lode_buffer key;   /* char: of the file at hand */
  lode_buffer bytes; /* of the file at hand */
  lode_buffer seen;  /* int64_t [seen_count]: documents whose files are as they were */
  size_t seen_count;
  lode_buffer blind; /* char: keys that could not be looked below, each with its NUL */
  size_t blind_size;
} pass;

size_t lode_ingest_key(const char *path, char *out) {
  size_t n = 0;
  while (path[0] == '.' && (path[1] == '/' || path[1] == '\0')) {
    path += 1 + (path[1] == '/');
    while (*path == '/') path++;
  }
  for (; *path != '\0'; path++) {
    if (*path == '/' && n > 0 && out[n - 1] == '/') continue;
    out[n++] = *path;
  }
  while (n > 1 && out[n - 1] == '/') n--;
  out[n] = '\0';
  return n;
}

static lode_status set_key(pass *p, const char *path, lode_error *err) {
  if (!lode_buffer_reserve(&p->key, strlen(path) + 1, 1, 0)) return lode_error_nomem(err);
  lode_ingest_key(path, p->key.data);
  return LODE_OK;
}

/* ---- a file */

/* Its bytes in p->bytes, read rather than mapped: a file that another program cuts short
 * meanwhile ends a process that has it mapped. *reason: why not, or NULL. */
static lode_status read_file(pass *p, const char *path, uint64_t limit, struct stat *st,
                             size_t *size, const char **reason, lode_error *err) {
  *reason = NULL;
  *size = 0;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, st) != 0) {
    *reason = errno == ENOENT ? "is gone" : "cannot be read";
    if (fd >= 0) close(fd);
    return LODE_OK;
  }
  lode_status status = LODE_OK;
  for (;;) {
    size_t room = st->st_size > 0 ? (size_t)st->st_size + 1 : 4096;
    if (room <= *size) room = *size + *size / 2;
    if (!lode_buffer_reserve(&p->bytes, room, 1, *size)) {
      status = lode_error_nomem(err);
      break;
    }
    const ssize_t n = read(fd, (char *)p->bytes.data + *size, room - *size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) *reason = "cannot be read";
    if (n <= 0) break;
    *size += (size_t)n;
    if (*size > limit) {
      *reason = "grew while it was read";
      break;
    }
  }
  close(fd);
  return status;
}

static int64_t time_of(const struct stat *st) {
  struct timespec now;
  const int64_t ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - ns;
  return age < FRESH_NS ? 0 : ns;
}

static lode_status note_seen(pass *p, int64_t id, lode_error *err) {
  if (!lode_buffer_reserve(&p->seen, p->seen_count + 1, sizeof id, p->seen_count * sizeof id)) {
    return lode_error_nomem(err);
  }
  ((int64_t *)p->seen.data)[p->seen_count++] = id;
  return LODE_OK;
}

/* The document of this file, by its key; *id 0: there is none. *same: neither size nor time have
 * changed. */
static lode_status look_up(pass *p, const lode_walk_file *file, int64_t *id, bool *same,
                           lode_error *err) {
  lode_arena arena = {0};
  lode_store_document document;
  const char *key = p->key.data;
  lode_status status =
      lode_store_find(p->store, (lode_text){key, strlen(key)}, &arena, &document, err);
  *id = 0;
  *same = false;
  if (status == LODE_OK) {
    *id = document.id;
    *same = document.mtime_ns != 0 && document.mtime_ns == file->mtime_ns &&
            document.size == (int64_t)file->size;
  } else if (status == LODE_E_NOT_FOUND) {
    status = LODE_OK;
  }
  lode_arena_free(&arena);
  return status;
}

static bool is_page(const char *path) {
  static const char *const endings[] = {".html", ".htm", ".xhtml"};
  const size_t n = strlen(path);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    const size_t end = strlen(endings[i]);
    if (n > end && strcasecmp(path + n - end, endings[i]) == 0) return true;
  }
  return false;
}

static lode_status take_file(void *user, const lode_walk_file *file, lode_error *err) {
  pass *p = user;
  int64_t id;
  bool same;
  lode_status status = set_key(p, file->path, err);
  if (status == LODE_OK) status = look_up(p, file, &id, &same, err);
  if (status == LODE_OK && id != 0) status = note_seen(p, id, err);
  if (status != LODE_OK) return status;
  if (same) {
    lode_ingest_unchanged(p->ingest);
    p->progress->documents++;
    p->progress->bytes += (int64_t)file->size;
    return lode_ingest_progress(p->ingest, err);
  }
  struct stat st;
  size_t size;
  const char *reason;
  /* Twice what the walk allows: a file may grow a little between looking and reading. */
  status = read_file(p, file->path, 2 * file->size + (1 << 20), &st, &size, &reason, err);
  if (status != LODE_OK) return status;
  if (reason) {
    lode_ingest_skip(p->ingest, p->key.data, reason, true);
    return LODE_OK;
  }
  const lode_index_document document = {
      .id = {p->key.data, strlen(p->key.data)},
      .content = {p->bytes.data ? p->bytes.data : "", size},
  };
  const lode_ingest_file state = {.source = p->source, .mtime_ns = time_of(&st)};
  return lode_ingest_document(p->ingest, &document, &state, err);
}

/* ---- what is left out */

static void skip_file(void *user, const char *path, lode_skip reason, int error) {
  (void)error;
  pass *p = user;
  const bool counts = reason != LODE_SKIP_HIDDEN && reason != LODE_SKIP_IGNORED;
  if (set_key(p, path, NULL) != LODE_OK) return;
  const char *key = p->key.data;
  lode_ingest_skip(p->ingest, key, lode_skip_text(reason), counts);
  if (reason != LODE_SKIP_UNREADABLE) return;
  /* What is there, or below it, is not gone because it cannot be read now. */
  const size_t n = strlen(key) + 1;
  if (!lode_buffer_reserve(&p->blind, p->blind_size + n, 1, p->blind_size)) return;
  memcpy((char *)p->blind.data + p->blind_size, key, n);
  p->blind_size += n;
}

static bool is_below_blind(const pass *p, lode_text key) {
  for (const char *b = p->blind.data, *end = b + p->blind_size; b < end; b += strlen(b) + 1) {
    const size_t n = strlen(b);
    if (key.size >= n && memcmp(key.data, b, n) == 0 && (key.size == n || key.data[n] == '/')) {
      return true;
    }
  }
  return false;
}

/* ---- what is gone */

static int by_value(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

typedef struct gone_list {
  const pass *pass;
  lode_buffer ids; /* int64_t [count] */
  size_t count;
} gone_list;

static lode_status check_document(void *user, const lode_store_document *document,
                                  lode_error *err) {
  gone_list *gone = user;
  const pass *p = gone->pass;
  if (bsearch(&document->id, p->seen.data, p->seen_count, sizeof(int64_t), by_value) ||
      is_below_blind(p, document->key)) {
    return LODE_OK;
  }
  if (!lode_buffer_reserve(&gone->ids, gone->count + 1, sizeof(int64_t),
                           gone->count * sizeof(int64_t))) {
    return lode_error_nomem(err);
  }
  ((int64_t *)gone->ids.data)[gone->count++] = document->id;
  return LODE_OK;
}

/* After a walk that came to its end, and everything was written. */
static lode_status remove_gone(pass *p, lode_error *err) {
  size_t written_count;
  const int64_t *written = lode_ingest_written(p->ingest, &written_count);
  lode_status status = LODE_OK;
  for (size_t i = 0; i < written_count && status == LODE_OK; i++) {
    status = note_seen(p, written[i], err);
  }
  if (status != LODE_OK) return status;
  if (p->seen_count > 0) qsort(p->seen.data, p->seen_count, sizeof(int64_t), by_value);
  gone_list gone = {.pass = p};
  status = lode_store_documents(p->store, p->source, check_document, &gone, err);
  const int64_t *ids = gone.ids.data;
  for (size_t i = 0; i < gone.count && status == LODE_OK; i++) {
    status = lode_ingest_remove(p->ingest, ids[i], err);
  }
  lode_buffer_free(&gone.ids);
  return status == LODE_OK ? lode_ingest_finish(p->ingest, err) : status;
}

/* ---- a root */

static lode_walk_options walk_options(const lode_index_paths_options *options) {
  return (lode_walk_options){.hidden = options->hidden != 0,
                             .no_ignore = options->no_ignore != 0,
                             .follow = options->follow != 0,
                             .max_size = (uint64_t)options->max_bytes};
}

static lode_status walk_root(lode_store *store, const lode_ingest_options *options, int64_t source,
                             const char *root, const lode_index_paths_options *how,
                             lode_error *err) {
  pass p = {.store = store, .progress = options->progress, .source = source};
  lode_ingest_options filled = *options;
  filled.site = how->site;
  lode_status status = lode_ingest_new(store, &filled, &p.ingest, err);
  if (status != LODE_OK) return status;
  const lode_walk_options walk = walk_options(how);
  const lode_walk_visitor visitor = {.user = &p,
                                     .file = take_file,
                                     .wanted = how->site != 0 ? is_page : NULL,
                                     .skipped = skip_file};
  status = lode_walk(root, &walk, &visitor, err);
  if (status == LODE_OK) status = lode_ingest_finish(p.ingest, err);
  if (status == LODE_OK) status = remove_gone(&p, err);
  lode_ingest_free(p.ingest);
  lode_buffer_free(&p.key);
  lode_buffer_free(&p.bytes);
  lode_buffer_free(&p.seen);
  lode_buffer_free(&p.blind);
  return status;
}

/* ---- counting beforehand, for the one who watches */

static lode_status count_file(void *user, const lode_walk_file *file, lode_error *err) {
  (void)err;
  lode_index_progress *progress = user;
  progress->total_documents++;
  progress->total_bytes += (int64_t)file->size;
  return LODE_OK;
}

static lode_status count_root(const char *root, const lode_index_paths_options *how,
                              const lode_ingest_options *options, lode_error *err) {
  if (!options->watcher || !options->watcher->progress) return LODE_OK;
  const lode_walk_options walk = walk_options(how);
  const lode_walk_visitor visitor = {
      .user = options->progress, .file = count_file, .wanted = how->site != 0 ? is_page : NULL};
  return lode_walk(root, &walk, &visitor, err);
}

/* ---- all roots */

typedef struct root {
  const char *path;
  const char *at; /* where it is: absolute */
  lode_index_paths_options how;
} root;

static lode_status locate(const char *path, lode_arena *arena, const char **at, lode_error *err) {
  char *real = realpath(path, NULL);
  if (!real && errno == ENOMEM) return lode_error_nomem(err);
  if (!real) {
    return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: no such file or folder", path);
  }
  *at = lode_arena_string(arena, real, strlen(real));
  free(real);
  return *at ? LODE_OK : lode_error_nomem(err);
}

/* Those of earlier calls. */
static lode_status stored_roots(lode_store *store, lode_arena *arena, root **out, size_t *count,
                                lode_error *err) {
  *count = 0;
  lode_store_source *sources;
  size_t n;
  lode_status status = lode_store_sources(store, arena, &sources, &n, err);
  if (status != LODE_OK) return status;
  root *roots = lode_arena_array(arena, n, sizeof *roots);
  if (!roots) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    if (sources[i].root[0] == '\0') continue; /* documents that were given one by one */
    root *r = &roots[*count];
    const char *was;
    r->path = sources[i].root;
    status = lode_source_options_read(sources[i].options, arena, &r->how, &was, err);
    if (status == LODE_OK) status = locate(r->path, arena, &r->at, err);
    if (status != LODE_OK) return status;
    if (strcmp(r->at, was) != 0) {
      return lode_error_set(err, LODE_E_ARG, -1, -1,
                            "%s: was %s when it was indexed, and is %s from here; name it to index "
                            "this one instead",
                            r->path, was, r->at);
    }
    (*count)++;
  }
  if (*count == 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "no path was given, now or earlier");
  }
  *out = roots;
  return LODE_OK;
}

static lode_status given_roots(const char *const *paths, size_t n,
                               const lode_index_paths_options *how, lode_arena *arena, root **out,
                               lode_error *err) {
  root *roots = lode_arena_array(arena, n, sizeof *roots);
  if (!roots) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    roots[i].path = paths[i];
    roots[i].how = *how;
    const lode_status status = locate(paths[i], arena, &roots[i].at, err);
    if (status != LODE_OK) return status;
  }
  *out = roots;
  return LODE_OK;
}

/* Looking at files that are as they were writes nothing, nor does this. */
static lode_status keep_source(lode_store *store, const root *r, lode_arena *arena, int64_t *id,
                               lode_error *err) {
  const char *options;
  if (!lode_source_options_write(&r->how, r->at, arena, &options)) return lode_error_nomem(err);
  lode_store_source *list;
  size_t count = 0;
  lode_status status = lode_store_sources(store, arena, &list, &count, err);
  for (size_t i = 0; i < count && status == LODE_OK; i++) {
    if (strcmp(list[i].root, r->path) != 0 || strcmp(list[i].options, options) != 0) continue;
    *id = list[i].id;
    return LODE_OK;
  }
  if (status == LODE_OK) status = lode_store_begin(store, err);
  if (status != LODE_OK) return status;
  status = lode_store_source_put(store, r->path, options, id, err);
  if (status == LODE_OK) return lode_store_commit(store, err);
  lode_store_rollback(store);
  return status;
}

lode_status lode_ingest_paths(lode_store *store, const char *const *roots, size_t count,
                              const lode_index_paths_options *options,
                              const lode_ingest_options *ingest, lode_error *err) {
  const lode_index_paths_options defaults = LODE_INDEX_PATHS_OPTIONS_INIT;
  lode_index_progress progress = {0};
  lode_ingest_options filled = *ingest;
  if (!filled.progress) filled.progress = &progress;
  lode_arena arena = {0};
  root *list = NULL;
  size_t n = count;
  lode_status status =
      count > 0 ? given_roots(roots, n, options ? options : &defaults, &arena, &list, err)
                : stored_roots(store, &arena, &list, &n, err);
  if (status != LODE_OK || !list) n = 0;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    status = count_root(list[i].path, &list[i].how, &filled, err);
  }
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    int64_t source;
    status = keep_source(store, &list[i], &arena, &source, err);
    if (status == LODE_OK) {
      status = walk_root(store, &filled, source, list[i].path, &list[i].how, err);
    }
  }
  lode_arena_free(&arena);
  return status;
}
