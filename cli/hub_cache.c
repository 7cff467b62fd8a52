#include "hub_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "hub_list.h"
#include "interrupt.h"
#include "text.h"

enum { SETTINGS_MAX = 64 << 20 }; /* bytes of a JSON file that is read here */

cli_status cli_hub_cache_open(const char *cache, const char *repo, cli_hub_cache *out,
                              cli_error *err) {
  int owner = (int)strcspn(repo, "/");
  const char *name = repo + owner + 1;
  *out = (cli_hub_cache){
      .root = strdup(cache),
      .repo = cli_text_format("%s/models--%.*s--%s", cache, owner, repo, name),
      .locks = cli_text_format("%s/.locks/models--%.*s--%s", cache, owner, repo, name),
  };
  return out->root && out->repo && out->locks ? CLI_OK : cli_fail_memory(err);
}

void cli_hub_cache_close(cli_hub_cache *cache) {
  free(cache->root);
  free(cache->repo);
  free(cache->locks);
  *cache = (cli_hub_cache){0};
}

char *cli_hub_blob_path(const cli_hub_cache *cache, const char *etag) {
  return cli_text_format("%s/blobs/%s", cache->repo, etag);
}

char *cli_hub_snapshot_path(const cli_hub_cache *cache, const char *commit, const char *file) {
  return cli_text_format("%s/snapshots/%s%s%s", cache->repo, commit, *file != '\0' ? "/" : "",
                         file);
}

/* ------------------------------------------------------------------ reading */

bool cli_hub_cache_commit(const cli_hub_cache *cache, const char *revision,
                          char commit[CLI_HUB_COMMIT + 1]) {
  if (cli_hub_commit_ok(revision)) {
    memcpy(commit, revision, CLI_HUB_COMMIT + 1);
    return true;
  }
  char *path = cli_text_format("%s/refs/%s", cache->repo, revision);
  char *text = NULL;
  size_t size = 0;
  cli_error ignored;
  bool found =
      path != NULL && cli_file_read(path, 1024, &text, &size, &ignored) == CLI_OK && text != NULL;
  if (found) {
    text[strcspn(text, " \t\r\n")] = '\0';
    found = cli_hub_commit_ok(text);
  }
  if (found) memcpy(commit, text, CLI_HUB_COMMIT + 1);
  free(text);
  free(path);
  return found;
}

/* A snapshot being looked through; `missing` is "" as long as nothing is. */
typedef struct search {
  const char *folder;
  const char *absent; /* of names that the repository does not have */
  char *missing;      /* [256] */
  cli_error *err;
} search;

static bool in_folder(const search *s, const char *path, const char *name) {
  char *full = cli_text_format("%s/%s%s%s", s->folder, path, *path != '\0' ? "/" : "", name);
  bool found = full != NULL && cli_file_exists(full);
  free(full);
  return found;
}

static void miss(const search *s, const char *path, const char *name) {
  if (s->missing[0] != '\0') return;
  snprintf(s->missing, 256, "%s%s%s", path, *path != '\0' ? "/" : "", name);
}

static void need(const search *s, const char *path, const char *name) {
  if (!in_folder(s, path, name)) miss(s, path, name);
}

static cli_status read_settings(const search *s, const char *path, const char *name, char **text,
                                size_t *size) {
  char *full = cli_text_format("%s/%s%s%s", s->folder, path, *path != '\0' ? "/" : "", name);
  if (full == NULL) return cli_fail_memory(s->err);
  cli_status status = cli_file_read(full, SETTINGS_MAX, text, size, s->err);
  free(full);
  return status;
}

static cli_status need_weights(const search *s, const char *path) {
  if (in_folder(s, path, "model.safetensors")) return CLI_OK;
  char *text = NULL;
  size_t size = 0;
  cli_status status = read_settings(s, path, "model.safetensors.index.json", &text, &size);
  if (status != CLI_OK) return status;
  if (text == NULL) {
    miss(s, path, "model.safetensors");
    return CLI_OK;
  }
  cli_names shards = {0};
  status = cli_hub_shards_read(text, size, path, &shards, s->err);
  for (size_t i = 0; i < shards.count && status == CLI_OK; i++) need(s, "", shards.items[i]);
  cli_names_free(&shards);
  free(text);
  return status;
}

/* A table's config.json, unless it is known that there is none: what is in it makes other vectors
 * of the same table. */
static void need_table(const search *s, const char *path) {
  char *full = cli_text_format("%s/config.json", s->absent);
  const bool absent = full != NULL && cli_file_exists(full);
  free(full);
  if (*path == '\0' && !absent) need(s, path, "config.json");
  need(s, path, "tokenizer.json");
}

static cli_status need_modules(const search *s, const cli_hub_modules *modules) {
  cli_status status = CLI_OK;
  for (size_t i = 0; i < modules->paths.count && status == CLI_OK; i++) {
    const char *path = modules->paths.items[i];
    if (modules->needs[i] == CLI_HUB_NEED_NONE) continue;
    if (modules->needs[i] == CLI_HUB_NEED_TABLE) {
      need_table(s, path);
      status = need_weights(s, path);
      continue;
    }
    need(s, path, "config.json");
    if (i == 0 && !in_folder(s, path, "vocab.txt")) need(s, path, "tokenizer.json");
    if (modules->needs[i] == CLI_HUB_NEED_WEIGHTS) status = need_weights(s, path);
  }
  return status;
}

/* The files in the snapshot itself. */
static cli_status list_folder(const search *s, cli_names *out) {
  DIR *dir = opendir(s->folder);
  if (dir == NULL) {
    miss(s, "", "every file");
    return CLI_OK;
  }
  cli_status status = CLI_OK;
  for (const struct dirent *e = readdir(dir); e != NULL && status == CLI_OK; e = readdir(dir)) {
    if (e->d_name[0] == '.') continue;
    status = cli_names_append(out, e->d_name, strlen(e->d_name), s->err);
  }
  closedir(dir);
  return status;
}

/* With the folder's list: *bundle, or what a model of single files needs. */
static cli_status search_files(const search *s, const cli_names *files, const char **bundle,
                               bool *plain) {
  cli_status status = cli_hub_choose_bundle(files, bundle, s->err);
  if (status != CLI_OK || *bundle != NULL) return status;
  char *text = NULL;
  size_t size = 0;
  status = read_settings(s, "", "modules.json", &text, &size);
  if (status != CLI_OK) return status;
  cli_hub_modules modules = {0};
  *plain = text == NULL;
  status = *plain ? cli_hub_modules_plain(&modules, s->err)
                  : cli_hub_modules_read(text, size, &modules, s->err);
  if (status == CLI_OK) status = need_modules(s, &modules);
  cli_hub_modules_free(&modules);
  free(text);
  return status;
}

cli_status cli_hub_cache_find(const cli_hub_cache *cache, const char *commit, char **path,
                              char missing[256], bool *unsure, cli_error *err) {
  *path = NULL;
  *unsure = false;
  missing[0] = '\0';
  char *folder = cli_hub_snapshot_path(cache, commit, "");
  char *absent = cli_text_format("%s/.no_exist/%s", cache->repo, commit);
  if (folder == NULL || absent == NULL) {
    free(folder);
    free(absent);
    return cli_fail_memory(err);
  }
  const search s = {folder, absent, missing, err};
  cli_names files = {0};
  const char *bundle = NULL;
  bool plain = false;
  cli_status status = list_folder(&s, &files);
  if (status == CLI_OK && missing[0] == '\0') status = search_files(&s, &files, &bundle, &plain);
  char *no_modules = cli_text_format("%s/modules.json", absent);
  if (no_modules == NULL) status = cli_fail_memory(err);
  *unsure = plain && no_modules != NULL && !cli_file_exists(no_modules);
  free(no_modules);
  if (status == CLI_OK && missing[0] == '\0') {
    *path = cli_hub_snapshot_path(cache, commit, bundle != NULL ? bundle : "");
    if (*path == NULL) status = cli_fail_memory(err);
  }
  cli_names_free(&files);
  free(absent);
  free(folder);
  return status;
}

/* ------------------------------------------------------------------ writing */

static const char cachedir_tag[] =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache, made by programs that get models from a hub. About such files:\n"
    "# https://bford.info/cachedir/\n";

/* A hint for others: that it cannot be written is no failure. */
static void write_tag(const char *root) {
  char *path = cli_text_format("%s/CACHEDIR.TAG", root);
  int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
  free(path);
  if (fd < 0) return;
  ssize_t written = write(fd, cachedir_tag, sizeof cachedir_tag - 1);
  (void)written;
  close(fd);
}

cli_status cli_hub_cache_make(const cli_hub_cache *cache, cli_error *err) {
  char *blobs = cli_hub_blob_path(cache, "");
  if (blobs == NULL) return cli_fail_memory(err);
  cli_status status = cli_folder_make(blobs, err);
  free(blobs);
  if (status == CLI_OK) status = cli_folder_make(cache->locks, err);
  if (status == CLI_OK) write_tag(cache->root);
  return status;
}

/* Is the file that we opened still the one of that name? One that was removed in between locks
 * nothing. */
static bool is_same_file(int fd, const char *path) {
  struct stat ours, theirs;
  return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
         ours.st_ino == theirs.st_ino;
}

static cli_status lock_path(const char *path, int *fd, cli_error *err) {
  /* Writable by the group, as huggingface_hub has it: users of one cache wait for each other. */
  *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664);
  if (*fd < 0) return cli_fail_errno(err, errno, path);
  if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && is_same_file(*fd, path)) return CLI_OK;
  int number = errno;
  /* Network file systems without locks: renaming alone keeps the cache whole. */
  if (number == ENOSYS || number == EOPNOTSUPP || number == ENOLCK) return CLI_OK;
  close(*fd);
  *fd = -1;
  if (number == EWOULDBLOCK || number == EINTR || number == EACCES || number == 0) return CLI_OK;
  return cli_fail_errno(err, number, path);
}

cli_status cli_hub_cache_lock(const cli_hub_cache *cache, const char *etag, int *fd,
                              cli_error *err) {
  char *path = cli_text_format("%s/%s.lock", cache->locks, etag);
  if (path == NULL) return cli_fail_memory(err);
  errno = 0;
  cli_status status = lock_path(path, fd, err);
  free(path);
  return status;
}

/* "../../" and one more "../" for each folder that the file is in. */
static char *link_target(const char *file, const char *etag) {
  size_t depth = 2;
  for (const char *c = file; *c != '\0'; c++) depth += *c == '/';
  char *target = malloc(3 * depth + sizeof "blobs/" + strlen(etag));
  if (target == NULL) return NULL;
  for (size_t i = 0; i < depth; i++) memcpy(target + 3 * i, "../", 3);
  snprintf(target + 3 * depth, sizeof "blobs/" + strlen(etag), "blobs/%s", etag);
  return target;
}

static bool is_link_to(const char *path, const char *target) {
  char found[4 * CLI_HUB_ETAG_MAX];
  size_t size = strlen(target);
  ssize_t n = readlink(path, found, sizeof found);
  return n >= 0 && (size_t)n == size && memcmp(found, target, size) == 0;
}

/* A name beside `path` that no other process takes. */
static char *name_beside(const char *path) {
  return cli_text_format("%s.%08lx.tmp", path, (unsigned long)getpid());
}

static cli_status replace_by_link(const char *path, const char *target, cli_error *err) {
  char *temp = name_beside(path);
  if (temp == NULL) return cli_fail_memory(err);
  cli_status status = CLI_OK;
  cli_interrupt_guard(temp);
  unlink(temp);
  if (symlink(target, temp) != 0 || rename(temp, path) != 0) {
    status = cli_fail_errno(err, errno, path);
    unlink(temp);
  }
  cli_interrupt_guard(NULL);
  free(temp);
  return status;
}

static cli_status make_link(const char *path, const char *target, const char *blob,
                            cli_error *err) {
  cli_status status = cli_folder_make_above(path, err);
  if (status != CLI_OK) return status;
  if (symlink(target, path) == 0) return CLI_OK;
  int number = errno;
  if (number == EEXIST) {
    return is_link_to(path, target) ? CLI_OK : replace_by_link(path, target, err);
  }
  /* A file system without links: the file itself, as huggingface_hub does there. */
  bool no_links = number == EPERM || number == EOPNOTSUPP || number == ENOSYS;
  if (no_links && rename(blob, path) == 0) return CLI_OK;
  return cli_fail_errno(err, number, path);
}

cli_status cli_hub_cache_link(const cli_hub_cache *cache, const char *commit, const char *file,
                              const char *etag, cli_error *err) {
  char *path = cli_hub_snapshot_path(cache, commit, file);
  char *target = link_target(file, etag);
  char *blob = cli_hub_blob_path(cache, etag);
  bool complete = path != NULL && target != NULL && blob != NULL;
  cli_status status = complete ? make_link(path, target, blob, err) : cli_fail_memory(err);
  free(blob);
  free(target);
  free(path);
  return status;
}

/* A file of a few bytes that appears whole. */
static cli_status write_whole(const char *path, const char *text, cli_error *err) {
  char *temp = name_beside(path);
  if (temp == NULL) return cli_fail_memory(err);
  cli_interrupt_guard(temp);
  int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  int number = errno;
  if (fd >= 0 && close(fd) != 0 && written) {
    number = errno;
    written = false;
  }
  if (written && rename(temp, path) != 0) {
    number = errno;
    written = false;
  }
  if (!written) unlink(temp);
  cli_interrupt_guard(NULL);
  free(temp);
  return written ? CLI_OK : cli_fail_errno(err, number, path);
}

cli_status cli_hub_cache_set_ref(const cli_hub_cache *cache, const char *revision,
                                 const char *commit, cli_error *err) {
  char known[CLI_HUB_COMMIT + 1];
  if (cli_hub_cache_commit(cache, revision, known) && strcmp(known, commit) == 0) return CLI_OK;
  char *path = cli_text_format("%s/refs/%s", cache->repo, revision);
  if (path == NULL) return cli_fail_memory(err);
  cli_status status = cli_folder_make_above(path, err);
  if (status == CLI_OK) status = write_whole(path, commit, err);
  free(path);
  return status;
}

cli_status cli_hub_cache_set_absent(const cli_hub_cache *cache, const char *commit,
                                    const char *file, cli_error *err) {
  char *path = cli_text_format("%s/.no_exist/%s/%s", cache->repo, commit, file);
  if (path == NULL) return cli_fail_memory(err);
  cli_status status = cli_folder_make_above(path, err);
  int fd = -1;
  if (status == CLI_OK) {
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) status = cli_fail_errno(err, errno, path);
  }
  if (fd >= 0) close(fd);
  free(path);
  return status;
}
