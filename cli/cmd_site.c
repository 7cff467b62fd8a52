/* lode site: a built site's pages as an index that any static host can serve. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "collection.h"
#include "command.h"
#include "files.h"
#include "index_work.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "site_assets.h"
#include "site_report.h"

enum { SAMPLES = 50, MODEL_WARN = 25 << 20 };

/* One run, or one round of --watch. */
typedef struct site_work {
  cli_options options; /* as given, with what a site wants */
  char *root;          /* the folder, absolute */
  char *collection_path;
  cli_collection collection;
  char *assets; /* or NULL */
  int64_t asset_bytes;
  char *model_name; /* in the output; NULL: none */
  int64_t model_bytes;
  lode_index_report read;
  lode_site_report wrote;
  double seconds;
} site_work;

/* ------------------------------------------------------------------ where things are */

static uint64_t add_hash(uint64_t hash, const char *text) {
  for (const char *s = text; *s != '\0'; s++) {
    hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
  }
  return (hash ^ 0xff) * UINT64_C(1099511628211);
}

/* In the user's cache, not in the output, which is for everybody: one for each folder, output and
 * model. */
static cli_status default_collection(site_work *w, cli_error *err) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  const bool xdg = cache != NULL && *cache == '/';
  if (!xdg && (home == NULL || *home == '\0')) {
    return cli_fail(err, CLI_E_USAGE,
                    "there is no home folder for a cache: give --collection FILE");
  }
  const cli_status made = cli_folder_make(w->options.output, err);
  if (made != CLI_OK) return made;
  char *real = realpath(w->options.output, NULL);
  uint64_t hash = add_hash(UINT64_C(14695981039346656037), w->root);
  hash = add_hash(hash, real != NULL ? real : w->options.output);
  hash = add_hash(hash, w->options.model != NULL ? w->options.model : "");
  free(real);
  const size_t n = strlen(xdg ? cache : home) + 64;
  w->collection_path = malloc(n);
  if (w->collection_path == NULL) return cli_fail_memory(err);
  (void)snprintf(w->collection_path, n, "%s%s/lode/site/%08lx%08lx.lode", xdg ? cache : home,
                 xdg ? "" : "/.cache", (unsigned long)(hash >> 32),
                 (unsigned long)(hash & 0xffffffff));
  return cli_folder_make_above(w->collection_path, err);
}

static bool is_folder(const char *path) {
  struct stat st;
  return path != NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static cli_status prepare(const cli_options *options, site_work *w, cli_error *err) {
  *w = (site_work){.options = *options};
  if (options->arg_count != 1 || options->output == NULL) {
    return cli_fail(err, CLI_E_USAGE, "give a folder and an output: lode site FOLDER -o OUT");
  }
  if (options->keyword_only && options->model != NULL) {
    return cli_fail(err, CLI_E_USAGE, "--keyword-only and --model exclude each other");
  }
  if (!is_folder(options->args[0])) {
    return cli_fail(err, CLI_E_USAGE, "%s: no such folder", options->args[0]);
  }
  w->root = realpath(options->args[0], NULL);
  if (w->root == NULL) return cli_fail_errno(err, errno, options->args[0]);
  w->options.no_ignore = 1; /* what is built is ignored by those who write it */
  w->options.site = options->marked ? 2 : 1;
  if (options->keyword_only) w->options.model = "none";
  /* Visitors get the model: a quarter of its size, where nothing else is said. */
  if (options->dtype == NULL && is_folder(options->model)) w->options.dtype = "int8";
  cli_status status = cli_site_assets_find(&w->assets, err);
  if (status == CLI_OK && options->collection == NULL) {
    status = default_collection(w, err);
  } else if (status == CLI_OK) {
    w->collection_path = strdup(options->collection);
    if (w->collection_path == NULL) status = cli_fail_memory(err);
  }
  return status;
}

static void finish(site_work *w) {
  cli_collection_close(&w->collection);
  free(w->root);
  free(w->collection_path);
  free(w->assets);
  free(w->model_name);
}

/* ------------------------------------------------------------------ the work */

static int on_progress(void *user, const lode_index_progress *p) {
  cli_progress_share(user, "writing", p->documents, p->total_documents);
  return cli_interrupt_noted() != 0;
}

/* How many folders the output is below the root: pages are then found from it, wherever the site
 * is. 0: it is not. */
static size_t depth_below_root(const site_work *w) {
  char *real = realpath(w->options.output, NULL);
  const size_t n = strcmp(w->root, "/") == 0 ? 0 : strlen(w->root);
  size_t depth = 0;
  if (real != NULL && strncmp(real, w->root, n) == 0 && real[n] == '/' && real[n + 1] != '\0') {
    for (const char *s = real + n; *s != '\0'; s++) depth += *s == '/';
  }
  free(real);
  return depth;
}

/* "./" is the folder above the output, "../" the one above that. NULL: out of memory. */
static char *base_from_below(size_t depth) {
  if (depth <= 1) return strdup(depth == 1 ? "./" : "/");
  char *out = malloc(3 * depth);
  for (size_t i = 0; out != NULL && i + 1 < depth; i++) memcpy(out + 3 * i, "../", 4);
  return out;
}

/* Of the pages' URLs. "/docs" is "/docs/". NULL: out of memory. */
static char *base_of(const site_work *w) {
  const char *base = w->options.base;
  if (base == NULL) return base_from_below(depth_below_root(w));
  const size_t n = strlen(base);
  char *out = malloc(n + 2);
  if (out == NULL) return NULL;
  memcpy(out, base, n + 1);
  if (n > 0 && out[n - 1] != '/') memcpy(out + n, "/", 2);
  return out;
}

static lode_status write_site(site_work *w, lode_error *cause) {
  char *base = base_of(w);
  if (base == NULL) {
    *cause = (lode_error){.code = LODE_E_NOMEM, .text = "out of memory"};
    return LODE_E_NOMEM;
  }
  cli_progress progress;
  cli_progress_start(&progress, w->options.quiet != 0);
  lode_site_options how = LODE_SITE_OPTIONS_INIT;
  how.root = w->root;
  how.base = base;
  how.model = w->model_name;
  const lode_index_watcher watcher = {.user = &progress, .progress = on_progress};
  const lode_status status =
      lode_site_write(w->collection.index, w->options.output, &how, &watcher, &w->wrote, cause);
  cli_progress_clear(&progress);
  free(base);
  return status;
}

/* The scripts and the model come before the index that needs them. */
static cli_status copy_assets(site_work *w, cli_error *err) {
  cli_status status = cli_folder_make(w->options.output, err);
  w->asset_bytes = 0;
  if (status == CLI_OK && w->assets != NULL) {
    status = cli_site_assets_copy(w->assets, w->options.output, &w->asset_bytes, err);
  }
  if (status == CLI_OK && w->collection.model != NULL && w->model_name == NULL) {
    status = cli_site_model_copy(&w->collection, w->options.output, &w->model_name, &w->model_bytes,
                                 err);
  }
  return status;
}

/* Generators that empty their output take the index with it. */
static bool is_there(const site_work *w) {
  static const char boot[] = "/boot.lode-site.txt";
  const size_t n = strlen(w->options.output);
  char *path = malloc(n + sizeof boot);
  if (path == NULL) return true;
  memcpy(path, w->options.output, n);
  memcpy(path + n, boot, sizeof boot);
  const bool there = cli_file_exists(path);
  free(path);
  return there;
}

/* Pages into the collection, and the collection into the output. Interrupted, the output is as it
 * was, and the collection keeps what is done. */
static cli_status build(site_work *w, bool always, bool *written, cli_error *err) {
  const double start = cli_now();
  cli_index_work work = {.options = &w->options};
  const char *const paths[] = {w->root};
  lode_error cause;
  *written = false;
  w->read = (lode_index_report){0};
  cli_progress_start(&work.progress, w->options.quiet != 0);
  lode_status status = cli_index_paths(&work, w->collection.index, paths, 1, &w->read, &cause);
  cli_progress_clear(&work.progress);
  const bool changed = w->read.added + w->read.updated + w->read.removed > 0;
  if (status == LODE_OK && (changed || always || !is_there(w))) {
    const cli_status copied = copy_assets(w, err);
    if (copied != CLI_OK) return copied;
    status = write_site(w, &cause);
    *written = status == LODE_OK;
  }
  w->seconds = cli_now() - start;
  if (always) cli_index_work_remarks(&work);
  if (status == LODE_E_CANCELLED && cli_interrupt_noted()) return CLI_OK;
  return status == LODE_OK ? CLI_OK : cli_fail_lode(err, &cause);
}

/* ------------------------------------------------------------------ what was done */

static void print_line(const site_work *w, cli_output *out) {
  char a[32], b[32];
  cli_output_plain(out, w->options.output, strlen(w->options.output));
  cli_output_format(out, ": %s pages, %s files", cli_grouped(a, w->wrote.documents),
                    cli_grouped(b, w->wrote.files));
  cli_output_format(out, " (%s written); %s pages read", cli_grouped(a, w->wrote.written),
                    cli_grouped(b, w->read.added + w->read.updated));
  cli_output_format(out, ", %s gone", cli_grouped(a, w->read.removed));
  if (w->read.skipped > 0) cli_output_format(out, ", %s left out", cli_grouped(a, w->read.skipped));
  cli_output_format(out, ", %s passages embedded; %.1f s\n", cli_grouped(b, w->read.embedded),
                    w->seconds);
}

static void print_json(const site_work *w, const cli_site_sample *s, const cli_site_visit *visit,
                       cli_output *out) {
  const lode_site_report *r = &w->wrote;
  const struct {
    const char *key;
    int64_t value;
  } numbers[] = {{"pages", r->documents},
                 {"added", w->read.added},
                 {"updated", w->read.updated},
                 {"removed", w->read.removed},
                 {"unchanged", w->read.unchanged},
                 {"skipped", w->read.skipped},
                 {"embedded", w->read.embedded},
                 {"files", r->files},
                 {"files_written", r->written},
                 {"files_removed", r->removed},
                 {"boot_bytes", r->boot_bytes},
                 {"table_bytes", r->table_bytes},
                 {"term_bytes", r->term_bytes},
                 {"position_bytes", r->position_bytes},
                 {"lexicon_bytes", r->lexicon_bytes},
                 {"text_bytes", r->text_bytes},
                 {"vector_bytes", r->vector_bytes},
                 {"script_bytes", w->asset_bytes},
                 {"model_bytes", w->model_bytes}};
  cli_output_text(out, "{\"output\":");
  cli_output_json_string(out, w->options.output, strlen(w->options.output));
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    cli_output_format(out, ",\"%s\":%lld", numbers[i].key, (long long)numbers[i].value);
  }
  if (s != NULL) {
    cli_output_format(out,
                      ",\"report\":{\"questions\":%lld,\"rounds\":%.2f,\"files\":%.2f,"
                      "\"bytes\":%.0f",
                      (long long)s->questions, s->rounds, s->files, s->bytes);
    cli_output_format(out, ",\"page_bytes\":%lld,\"open_bytes\":%lld", (long long)visit->page.bytes,
                      (long long)visit->open.bytes);
    if (visit->boot.zipped >= 0) {
      cli_output_format(out,
                        ",\"gzip_bytes\":%.0f,\"boot_gzip_bytes\":%lld,"
                        "\"page_gzip_bytes\":%lld,\"open_gzip_bytes\":%lld",
                        s->zipped, (long long)visit->boot.zipped, (long long)visit->page.zipped,
                        (long long)visit->open.zipped);
    }
    cli_output_format(out, ",\"most_bytes\":%.0f}", s->worst);
  }
  cli_output_format(out, ",\"interrupted\":%s,\"seconds\":%.6f}\n",
                    cli_interrupt_noted() ? "true" : "false", w->seconds);
}

static void print_row(cli_output *out, const char *what, double bytes, double zipped) {
  cli_output_format(out, "  %-46s %9.1f kB", what, bytes * 1e-3);
  if (zipped >= 0) cli_output_format(out, " %9.1f kB", zipped * 1e-3);
  cli_output_text(out, "\n");
}

static void print_size(cli_output *out, const char *what, const cli_site_size *size) {
  print_row(out, what, (double)size->bytes, (double)size->zipped);
}

static void print_report(const site_work *w, const cli_site_sample *s, const cli_site_visit *visit,
                         cli_output *out) {
  const lode_site_report *r = &w->wrote;
  cli_output_format(out, "\nWhat a visitor gets%s\n",
                    visit->boot.zipped >= 0 ? ", as it is and as hosts compress it (gzip)" : "");
  if (w->assets != NULL) print_size(out, "a script, with every page", &visit->page);
  print_size(out, "scripts and boot file, when it is opened", &visit->open);
  print_row(out, "a first question by words, with its results", s->bytes, s->zipped);
  if (w->model_name != NULL) {
    if (w->assets != NULL) print_size(out, "by meaning: a script, once", &visit->meaning);
    print_row(out, w->assets != NULL ? "  the model, once" : "by meaning: the model, once",
              (double)w->model_bytes, -1);
    print_row(out, "  and all vectors, once", (double)r->vector_bytes, -1);
  }
  cli_output_format(out,
                    "Questions: %lld titles, each of a new visitor; %.1f rounds of %.1f files; the "
                    "dearest %.1f kB\n",
                    (long long)s->questions, s->rounds, s->rounds > 0 ? s->files / s->rounds : 0,
                    s->worst * 1e-3);
  cli_output_format(out,
                    "On the host: %.1f MB: texts %.1f, words %.1f, positions %.1f, for slips of "
                    "typing %.1f, vectors %.1f\n",
                    (double)(r->boot_bytes + r->table_bytes + r->text_bytes + r->term_bytes +
                             r->position_bytes + r->lexicon_bytes + r->vector_bytes) *
                        1e-6,
                    (double)r->text_bytes * 1e-6, (double)r->term_bytes * 1e-6,
                    (double)r->position_bytes * 1e-6, (double)r->lexicon_bytes * 1e-6,
                    (double)r->vector_bytes * 1e-6);
}

/* Titles for sample questions: those of results, because pages cannot be listed. */
static cli_status collect_titles(const site_work *w, char **titles, size_t *count, cli_error *err) {
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.mode = LODE_INDEX_KEYWORD;
  options.all = 1;
  options.limit = 1000;
  static const char *const words[] = {"a", "the", "of", "in", "to", "de", "la", "und", "is", "for"};
  *count = 0;
  for (size_t i = 0; i < sizeof words / sizeof words[0] && *count < SAMPLES; i++) {
    lode_results *results;
    lode_error cause;
    const lode_text word = {words[i], strlen(words[i])};
    if (lode_index_search(w->collection.index, word, &options, &results, &cause) != LODE_OK) {
      return cli_fail_lode(err, &cause);
    }
    const size_t step = results->count / SAMPLES + 1;
    for (size_t r = 0; r < results->count && *count < SAMPLES; r += step) {
      if (results->list[r].title[0] == '\0') continue;
      titles[*count] = strdup(results->list[r].title);
      if (titles[*count] == NULL) {
        lode_results_free(results);
        return cli_fail_memory(err);
      }
      (*count)++;
    }
    lode_results_free(results);
  }
  return CLI_OK;
}

static cli_status measure(const site_work *w, cli_site_sample *sample, cli_site_visit *visit,
                          cli_error *err) {
  char *titles[SAMPLES];
  size_t count = 0;
  cli_status status = collect_titles(w, titles, &count, err);
  if (status == CLI_OK) {
    status = cli_site_measure(w->options.output, titles, count, sample, err);
  }
  for (size_t i = 0; i < count; i++) free(titles[i]);
  return status == CLI_OK ? cli_site_weigh(w->options.output, visit, err) : status;
}

static cli_status print(const site_work *w, bool written, cli_output *out, cli_error *err) {
  cli_site_sample sample = {.questions = 0};
  cli_site_visit visit = {.page = {0, 0}};
  const bool report = w->options.report && written;
  cli_status status = report ? measure(w, &sample, &visit, err) : CLI_OK;
  if (status != CLI_OK) return status;
  if (w->options.json) {
    print_json(w, report ? &sample : NULL, &visit, out);
  } else if (cli_interrupt_noted()) {
    cli_output_text(out,
                    "Interrupted: the index is as it was; the same command goes on from "
                    "here.\n");
  } else {
    if (!w->options.quiet) print_line(w, out);
    if (report) print_report(w, &sample, &visit, out);
  }
  return cli_output_flush(out, err);
}

static void warn(const site_work *w) {
  if (w->options.quiet || cli_interrupt_noted()) return;
  if (w->model_bytes > MODEL_WARN) {
    fprintf(stderr, "lode: site: the model has %.1f MB; some hosts take no file above 25 MiB\n",
            (double)w->model_bytes * 1e-6);
  }
  if (w->assets == NULL) {
    fprintf(stderr,
            "lode: site: the index is there, but not what shows it in a page: `make site` builds "
            "that ($LODE_SITE_ASSETS)\n");
  }
  if (w->wrote.documents == 0) {
    fprintf(stderr, "lode: site: %s: no HTML pages%s\n", w->root,
            w->options.marked ? " with data-lode-body" : "");
  }
}

/* ------------------------------------------------------------------ all of it */

static void pause_for(double seconds) {
  const struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL); /* a signal ends it early, which is what is wanted */
}

/* What a round of --watch fails of, may be over with the next: a generator that empties its output
 * and fills it again, a disk that was full. Said once. */
static void put_off(const site_work *w, const cli_error *err, cli_error *last) {
  const bool told = last->status != CLI_OK && strcmp(last->text, err->text) == 0;
  *last = *err;
  if (!told && !w->options.quiet) fprintf(stderr, "lode: site: %s; trying again\n", err->text);
}

static cli_status work(site_work *w, cli_output *out, cli_error *err) {
  bool first = true;
  cli_error last = {.status = CLI_OK};
  do {
    bool written;
    cli_status status = build(w, first, &written, err);
    if (status != CLI_OK && !first) {
      put_off(w, err, &last);
    } else {
      last.status = CLI_OK;
      if (status == CLI_OK && (written || first)) status = print(w, written, out, err);
      if (status != CLI_OK) return status;
    }
    if (first) warn(w);
    first = false;
    if (w->options.watch && cli_interrupt_noted() == 0) {
      pause_for(written ? 1 : w->seconds * 20 > 1 ? w->seconds * 20 : 1);
    }
  } while (w->options.watch && cli_interrupt_noted() == 0);
  return CLI_OK;
}

static cli_status run(const cli_options *options, cli_error *err) {
  site_work w;
  cli_status status = prepare(options, &w, err);
  if (status == CLI_OK) {
    status = cli_collection_open(&w.options, w.collection_path, LODE_INDEX_CREATE,
                                 CLI_NEED_IF_VECTORS, &w.collection, err);
  }
  cli_output *out;
  if (status == CLI_OK) status = cli_output_open(NULL, &out, err);
  if (status == CLI_OK) {
    status = work(&w, out, err);
    if (status == CLI_OK) {
      status = cli_output_close(out, err);
    } else {
      cli_output_discard(out);
    }
  }
  finish(&w);
  if (status == CLI_OK) cli_interrupt_end();
  return status;
}

const cli_command cli_command_site = {
    .name = "site",
    .bit = CLI_SITE,
    .summary = "make a built site searchable, for any static host",
    .usage = "lode site [OPTION...] FOLDER -o OUT\n",
    .about =
        "Reads the HTML pages below FOLDER and writes an index of them to the folder OUT, which "
        "is\n"
        "served with the site: the page searches it by itself, without a server. Run again, only\n"
        "pages that changed are read, and only files that changed are written; the index before\n"
        "stays whole until the new one is, and its files stay for visitors who have it open.\n"
        "\n"
        "Of a page, what is in data-lode-body, <main> or <article> is read, else all but its\n"
        "frame; data-lode-ignore leaves an element out, data-lode-meta=\"key:value\" adds what\n"
        "can be filtered by, <meta name=robots content=noindex> leaves the page out, as is any\n"
        "404.html. What is marked for Pagefind (data-pagefind-…) counts as well.\n"
        "\n"
        "The model goes to OUT too: the one inside the program, or --model's (a directory in "
        "int8).\n"
        "What was read is kept in a collection, in the user's cache or --collection's file.\n",
    .examples =
        "A site, then a question\n"
        "  lode site public/ -o public/search\n"
        "  lode search public/search \"how do I install it\"\n"
        "By words alone, and what a visitor will download\n"
        "  lode site public/ -o public/search --keyword-only --report\n"
        "The index beside the site, which is below a path of its host\n"
        "  lode site public/ -o search/ --base /docs/\n"
        "While writing\n"
        "  lode site public/ -o public/search --watch\n",
    .run = run,
};
