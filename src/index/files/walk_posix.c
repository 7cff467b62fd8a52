#include "index/files/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "index/chunk/document.h"
#include "index/files/ignore.h"

enum {
  HEAD_BYTES = 8192,         /* of a file, to tell whether it is text */
  MAX_IGNORE_FILE = 1 << 20, /* a larger one is not read: it is no list that people wrote */
};
#define DEFAULT_MAX_SIZE ((uint64_t)64 << 20)

const char *lode_skip_text(lode_skip reason) {
  static const char *const texts[] = {
#define TEXT(name, text) text,
      LODE_SKIP_LIST(TEXT)
#undef TEXT
  };
  return reason < LODE_SKIP_COUNT ? texts[reason] : "?";
}

/* A folder whose entries are being visited, or one above the root that has an ignore file. */
typedef struct level {
  lode_arena arena;
  char **names; /* sorted */
  size_t count;
  size_t next;
  size_t path_size; /* of walk.path, up to this folder */
  size_t logical;   /* where paths below this folder begin in walk.path */
  dev_t dev;
  ino_t ino;
  lode_ignore ignore;
} level;

typedef struct identity {
  dev_t dev;
  ino_t ino;
  bool used;
} identity;

typedef struct walk {
  const lode_walk_options *options;
  const lode_walk_visitor *visitor;
  uint64_t max_size;
  /* "<place of the root in its repository>/<name>" in `where`, "<root>/<name>" in `path`. */
  lode_buffer path;
  size_t path_size;
  size_t root_size;  /* of `path`: the root with its slash */
  lode_buffer above; /* the root's place below the top of its repository, with a slash; or "" */
  size_t above_size;
  lode_buffer logical; /* scratch: `above` and the name */
  lode_buffer levels;
  size_t depth;
  size_t first;     /* the level of the root; those before it are above it */
  lode_buffer seen; /* folders that were visited, when links are followed */
  size_t seen_count;
  size_t seen_capacity;
} walk;

static level *levels_of(const walk *w) {
  return w->levels.data;
}

static const char *path_of(const walk *w) {
  return w->path.data;
}

static void skip(const walk *w, lode_skip reason, int error) {
  if (w->visitor->skipped != NULL) {
    w->visitor->skipped(w->visitor->user, path_of(w), reason, error);
  }
}

/* ---------------------------------------------------------------- paths */

static bool set_text(lode_buffer *buffer, size_t at, const char *s, size_t n) {
  if (!lode_buffer_reserve(buffer, at + n + 1, 1, at)) return false;
  memcpy((char *)buffer->data + at, s, n);
  ((char *)buffer->data)[at + n] = '\0';
  return true;
}

static bool append_path(walk *w, const char *s) {
  const size_t n = strlen(s);
  if (!set_text(&w->path, w->path_size, s, n)) return false;
  w->path_size += n;
  return true;
}

static void cut_path(walk *w, size_t size) {
  w->path_size = size;
  ((char *)w->path.data)[size] = '\0';
}

/* ---------------------------------------------------------------- ignore files */

/* A file that is absent, no regular file or unreadable has no patterns. */
static lode_status add_ignore_file(lode_ignore *ignore, const char *folder, const char *name,
                                   lode_error *err) {
  lode_buffer path = {0};
  const size_t n = strlen(folder);
  const bool slash = n > 0 && folder[n - 1] != '/';
  lode_status status = LODE_OK;
  if (!set_text(&path, 0, folder, n) || (slash && !set_text(&path, n, "/", 1)) ||
      !set_text(&path, n + slash, name, strlen(name))) {
    status = lode_error_nomem(err);
  }
  lode_file file = {0};
  if (status == LODE_OK) {
    const lode_status mapped = lode_file_map(path.data, &file, NULL);
    if (mapped == LODE_E_NOMEM) status = lode_error_nomem(err);
    if (mapped == LODE_OK && file.size <= MAX_IGNORE_FILE) {
      status = lode_ignore_add(ignore, (const char *)file.data, file.size, err);
    }
    lode_file_close(&file);
  }
  lode_buffer_free(&path);
  return status;
}

static lode_status read_ignore_files(lode_ignore *ignore, const char *folder, lode_error *err) {
  const lode_status status = add_ignore_file(ignore, folder, ".gitignore", err);
  return status == LODE_OK ? add_ignore_file(ignore, folder, ".lodeignore", err) : status;
}

/* The nearest ignore file that names the entry decides. */
static bool is_ignored(walk *w, bool directory, bool *failed) {
  const size_t name_size = w->path_size - w->root_size;
  if (!set_text(&w->logical, 0, w->above.data != NULL ? w->above.data : "", w->above_size) ||
      !set_text(&w->logical, w->above_size, path_of(w) + w->root_size, name_size)) {
    *failed = true;
    return false;
  }
  const char *logical = w->logical.data;
  const size_t size = w->above_size + name_size;
  for (size_t i = w->depth; i > 0; i--) {
    const level *l = &levels_of(w)[i - 1];
    const lode_ignore_answer answer =
        lode_ignore_match(&l->ignore, logical + l->logical, size - l->logical, directory);
    if (answer != LODE_IGNORE_UNDECIDED) return answer == LODE_IGNORE_SKIP;
  }
  return false;
}

/* ---------------------------------------------------------------- folders */

static void free_level(level *l) {
  lode_arena_free(&l->arena);
  lode_ignore_free(&l->ignore);
}

static level *push_level(walk *w) {
  if (!lode_buffer_reserve(&w->levels, w->depth + 1, sizeof(level), w->depth * sizeof(level))) {
    return NULL;
  }
  level *l = &levels_of(w)[w->depth++];
  *l = (level){0};
  return l;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* False: out of memory, or errno from reading in *error. */
static bool read_names(level *l, DIR *directory, int *error) {
  size_t capacity = 0;
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(directory);
    if (entry == NULL) {
      *error = errno;
      break;
    }
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (l->count == capacity) {
      const size_t larger = capacity == 0 ? 64 : 2 * capacity;
      char **names = lode_arena_array(&l->arena, larger, sizeof *names);
      if (names == NULL) return false;
      if (l->count > 0) memcpy(names, l->names, l->count * sizeof *names);
      l->names = names;
      capacity = larger;
    }
    l->names[l->count] = lode_arena_string(&l->arena, name, strlen(name));
    if (l->names[l->count] == NULL) return false;
    l->count++;
  }
  if (l->count > 1) qsort(l->names, l->count, sizeof *l->names, compare_names);
  return true;
}

static size_t slot_of(const walk *w, dev_t dev, ino_t ino) {
  const identity *seen = w->seen.data;
  size_t i = ((size_t)ino * 0x9e3779b1u ^ (size_t)dev) & (w->seen_capacity - 1);
  while (seen[i].used && (seen[i].dev != dev || seen[i].ino != ino)) {
    i = (i + 1) & (w->seen_capacity - 1);
  }
  return i;
}

/* Has the folder been visited? From now on it has. */
static bool was_seen(walk *w, const struct stat *st, bool *failed) {
  if (!w->options->follow) return false;
  if ((w->seen_count + 1) * 2 > w->seen_capacity) {
    walk larger = {.seen_capacity = w->seen_capacity == 0 ? 256 : 2 * w->seen_capacity};
    if (!lode_buffer_reserve(&larger.seen, larger.seen_capacity, sizeof(identity), 0)) {
      *failed = true;
      return false;
    }
    memset(larger.seen.data, 0, larger.seen_capacity * sizeof(identity));
    const identity *old = w->seen.data;
    for (size_t i = 0; i < w->seen_capacity; i++) {
      if (!old[i].used) continue;
      ((identity *)larger.seen.data)[slot_of(&larger, old[i].dev, old[i].ino)] = old[i];
    }
    lode_buffer_free(&w->seen);
    w->seen = larger.seen;
    w->seen_capacity = larger.seen_capacity;
  }
  identity *slot = (identity *)w->seen.data + slot_of(w, st->st_dev, st->st_ino);
  if (slot->used) return true;
  *slot = (identity){st->st_dev, st->st_ino, true};
  w->seen_count++;
  return false;
}

/* Begin to visit the folder walk.path. What cannot be read is skipped. */
static lode_status enter(walk *w, const struct stat *st, lode_error *err) {
  bool failed = false;
  if (was_seen(w, st, &failed)) {
    skip(w, LODE_SKIP_LOOP, 0);
    return LODE_OK;
  }
  if (failed) return lode_error_nomem(err);
  DIR *directory = opendir(path_of(w));
  if (directory == NULL) {
    if (errno == ENOMEM) return lode_error_nomem(err);
    skip(w, LODE_SKIP_UNREADABLE, errno);
    return LODE_OK;
  }
  level *l = push_level(w);
  int error = 0;
  const bool ok = l != NULL && read_names(l, directory, &error);
  (void)closedir(directory);
  if (!ok) return lode_error_nomem(err);
  if (error != 0) skip(w, LODE_SKIP_UNREADABLE, error); /* and what was read is visited */
  l->dev = st->st_dev;
  l->ino = st->st_ino;
  lode_status status = LODE_OK;
  if (!w->options->no_ignore) status = read_ignore_files(&l->ignore, path_of(w), err);
  if (path_of(w)[w->path_size - 1] != '/' && !append_path(w, "/")) return lode_error_nomem(err);
  l = &levels_of(w)[w->depth - 1];
  l->path_size = w->path_size;
  if (w->depth - 1 == w->first) w->root_size = w->path_size;
  l->logical = w->above_size + (w->path_size - w->root_size);
  return status;
}

/* ---------------------------------------------------------------- files */

/* -1: cannot be read, see errno; else whether it is binary. */
static int look_into(const char *path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -1;
  unsigned char head[HEAD_BYTES];
  size_t size = 0;
  while (size < sizeof head) {
    const ssize_t n = read(fd, head + size, sizeof head - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      (void)close(fd);
      errno = error;
      return -1;
    }
    if (n == 0) break;
    size += (size_t)n;
  }
  (void)close(fd);
  return lode_is_binary(head, size) ? 1 : 0;
}

static lode_status visit_file(walk *w, const struct stat *st, const char *name, lode_error *err) {
  if (w->visitor->wanted != NULL && !w->visitor->wanted(path_of(w))) return LODE_OK;
  if ((uint64_t)st->st_size > w->max_size) {
    skip(w, LODE_SKIP_TOO_LARGE, 0);
    return LODE_OK;
  }
  const int binary = look_into(path_of(w));
  if (binary != 0) {
    skip(w, binary < 0 ? LODE_SKIP_UNREADABLE : LODE_SKIP_BINARY, binary < 0 ? errno : 0);
    return LODE_OK;
  }
  const lode_walk_file file = {
      .path = path_of(w),
      .name = name,
      .size = (uint64_t)st->st_size,
      .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
  };
  return w->visitor->file(w->visitor->user, &file, err);
}

/* The entry walk.path, whose own name is `name`. */
static lode_status visit(walk *w, const char *name, lode_error *err) {
  struct stat st;
  const bool git = strcmp(name, ".git") == 0;
  if (name[0] == '.' && (!w->options->hidden || git)) {
    skip(w, LODE_SKIP_HIDDEN, 0);
    return LODE_OK;
  }
  if (lode_utf8_valid(name, strlen(name)) != strlen(name)) {
    skip(w, LODE_SKIP_NAME, 0);
    return LODE_OK;
  }
  if (lstat(path_of(w), &st) != 0) {
    skip(w, LODE_SKIP_UNREADABLE, errno);
    return LODE_OK;
  }
  /* To git a link is no folder, wherever it leads. */
  bool failed = false;
  const bool ignored = is_ignored(w, S_ISDIR(st.st_mode), &failed);
  if (failed) return lode_error_nomem(err);
  if (ignored) {
    skip(w, LODE_SKIP_IGNORED, 0);
    return LODE_OK;
  }
  if (S_ISLNK(st.st_mode)) {
    if (!w->options->follow) {
      skip(w, LODE_SKIP_LINK, 0);
      return LODE_OK;
    }
    if (stat(path_of(w), &st) != 0) {
      skip(w, LODE_SKIP_BROKEN_LINK, errno);
      return LODE_OK;
    }
  }
  if (S_ISDIR(st.st_mode)) return enter(w, &st, err);
  if (S_ISREG(st.st_mode)) return visit_file(w, &st, path_of(w) + w->root_size, err);
  skip(w, LODE_SKIP_SPECIAL, 0);
  return LODE_OK;
}

static lode_status visit_all(walk *w, lode_error *err) {
  while (w->depth > w->first) {
    level *l = &levels_of(w)[w->depth - 1];
    if (l->next == l->count) {
      free_level(l);
      w->depth--;
      continue;
    }
    const char *name = l->names[l->next++];
    cut_path(w, l->path_size);
    if (!append_path(w, name)) return lode_error_nomem(err);
    const lode_status status = visit(w, name, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- above the root */

static bool has_git(const char *folder, size_t size) {
  char path[PATH_MAX];
  struct stat st;
  const int n = snprintf(path, sizeof path, "%.*s/.git", (int)size, folder);
  return n > 0 && (size_t)n < sizeof path && lstat(path, &st) == 0;
}

/* Within a git repository, the ignore files of the folders above the root hold as well. */
static lode_status read_above(walk *w, const char *root, lode_error *err) {
  char real[PATH_MAX];
  if (realpath(root, real) == NULL) return LODE_OK;
  size_t top = strlen(real);
  while (top > 0 && !has_git(real, top)) { /* up to the folder that has .git */
    do top--;
    while (top > 0 && real[top] != '/');
  }
  if (!has_git(real, top)) return LODE_OK;
  const size_t size = strlen(real);
  const char *below = real + top + (top < size);
  w->above_size = strlen(below) + (*below != '\0');
  if (!set_text(&w->above, 0, below, strlen(below)) ||
      (*below != '\0' && !set_text(&w->above, strlen(below), "/", 1))) {
    return lode_error_nomem(err);
  }
  level *l = push_level(w);
  if (l == NULL) return lode_error_nomem(err);
  char folder[PATH_MAX];
  (void)snprintf(folder, sizeof folder, "%.*s/", (int)top, real);
  lode_status status = add_ignore_file(&l->ignore, folder, ".git/info/exclude", err);
  for (size_t end = top; end < size && status == LODE_OK;) { /* folders above the root itself */
    l = push_level(w);
    if (l == NULL) return lode_error_nomem(err);
    (void)snprintf(folder, sizeof folder, "%.*s/", (int)end, real);
    l->logical = end > top ? end - top : 0;
    status = read_ignore_files(&l->ignore, folder, err);
    end++;
    while (end < size && real[end] != '/') end++;
  }
  return status;
}

static lode_status walk_root(walk *w, const char *root, lode_error *err) {
  struct stat st;
  if (stat(root, &st) != 0) {
    char reason[128];
    if (errno == ENOENT || errno == ENOTDIR) {
      return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: no such file or folder", root);
    }
    if (strerror_r(errno, reason, sizeof reason) != 0) reason[0] = '\0';
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: %s", root, reason);
  }
  if (!append_path(w, root)) return lode_error_nomem(err);
  if (S_ISREG(st.st_mode)) {
    const char *slash = strrchr(path_of(w), '/');
    return visit_file(w, &st, slash != NULL ? slash + 1 : path_of(w), err);
  }
  if (!S_ISDIR(st.st_mode)) {
    skip(w, LODE_SKIP_SPECIAL, 0);
    return LODE_OK;
  }
  if (!w->options->no_ignore) {
    const lode_status status = read_above(w, root, err);
    if (status != LODE_OK) return status;
  }
  w->first = w->depth;
  const lode_status status = enter(w, &st, err);
  if (status != LODE_OK) return status;
  if (w->depth == w->first) {
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: the folder cannot be read", root);
  }
  return visit_all(w, err);
}

lode_status lode_walk(const char *root, const lode_walk_options *options,
                      const lode_walk_visitor *visitor, lode_error *err) {
  static const lode_walk_options defaults = {0};
  walk w = {.options = options != NULL ? options : &defaults, .visitor = visitor};
  w.max_size = w.options->max_size != 0 ? w.options->max_size : DEFAULT_MAX_SIZE;
  if (*root == '\0') return lode_error_set(err, LODE_E_ARG, -1, -1, "an empty path");
  const lode_status status = walk_root(&w, root, err);
  for (size_t i = 0; i < w.depth; i++) free_level(&levels_of(&w)[i]);
  lode_buffer_free(&w.path);
  lode_buffer_free(&w.above);
  lode_buffer_free(&w.logical);
  lode_buffer_free(&w.levels);
  lode_buffer_free(&w.seen);
  return status;
}
