#include "index/sealed/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/sealed/folder.h"
#include "index/sealed/sealed.h"
#include "index/sealed/write_parts.h"
#include "index/sealed/write_texts.h"

/* Bytes of a file, about. Smaller ones are fetched with less that is not wanted, and each costs its
 * name in the boot file. */
enum {
  TERMS_TARGET = 10 << 10,
  POSITIONS_TARGET = 32 << 10,
  WORDS_TARGET = 16 << 10,
  COMPOUNDS_TARGET = 12 << 10,
  COMMON_DOCUMENTS = 1000 /* in smaller collections no word is too common to be looked up */
};

typedef struct writer {
  lode_store *store;
  const lode_sealed_options *options;
  lode_site_report *report;
  lode_sealed_folder folder;
  lode_sealed_sink sink;
  lode_gather gather;
  lode_sealed_keys keys;
  lode_sealed_texts texts;
  lode_store_vectors *vectors; /* NULL: none are written */
  lode_store_model model;      /* of the vectors */
  lode_cut terms;
  lode_cut positions;
  lode_cut lexicon;
  lode_cut suffixes;
  lode_cut compounds;
  lode_sealed_entry facets;
  bool has_facets;
  lode_sealed_listed_files lists; /* where texts.lists */
  lode_arena arena;
  int64_t documents;
  int64_t total;
} writer;

/* ---------------------------------------------------------------- documents */

/* A title that is the question is looked up by its words. */
static lode_status add_title(writer *w, lode_text title, uint32_t number, lode_error *err) {
  lode_buffer folded = {0};
  size_t size;
  char key[9] = {LODE_SEALED_TITLE};
  lode_status status = LODE_OK;
  if (!lode_question_fold(w->gather.words, title, &folded, &size)) {
    status = lode_error_nomem(err);
  } else if (size > 0) {
    lode_sealed_number_key(lode_sealed_hash(folded.data, size), key + 1);
    if (!lode_sealed_keys_add(&w->keys, &w->arena, (lode_text){key, sizeof key}, number)) {
      status = lode_error_nomem(err);
    }
  }
  lode_buffer_free(&folded);
  return status;
}

static lode_status add_document(writer *w, const lode_store_document *d, lode_arena *scratch,
                                lode_error *err) {
  const uint32_t number = (uint32_t)d->id;
  lode_text columns[3] = {d->title};
  uint32_t words = 0;
  lode_status status = lode_store_headings(w->store, d->id, scratch, &columns[1], err);
  if (status == LODE_OK) {
    status = lode_store_body(w->store, d->id, 0, SIZE_MAX, scratch, &columns[2], err);
  }
  if (status == LODE_OK) {
    status = lode_gather_add(&w->gather, number, d->language, columns, &words, err);
  }
  if (status == LODE_OK) status = add_title(w, d->title, number, err);
  if (status == LODE_OK) {
    status = lode_sealed_facets_add(&w->keys, &w->arena, d->metadata, number, err);
  }
  lode_store_chunk *chunks = NULL;
  size_t count = 0;
  if (status == LODE_OK) status = lode_store_chunks(w->store, d->id, scratch, &chunks, &count, err);
  if (status == LODE_OK) {
    const lode_sealed_text text = {.document = d,
                                   .body = columns[2],
                                   .chunks = chunks,
                                   .chunk_count = count,
                                   .words = words,
                                   .vectors = w->vectors};
    status = lode_sealed_texts_add(&w->texts, &text, err);
  }
  return status;
}

typedef struct id_list {
  lode_buffer ids;
  size_t count;
} id_list;

static lode_status note_id(void *user, const lode_store_document *document, lode_error *err) {
  id_list *list = user;
  if (document->id >= UINT32_MAX - LODE_SEALED_TABLE) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "a document's number is too large: make the collection anew");
  }
  const size_t used = list->count * sizeof(int64_t);
  if (!lode_buffer_reserve(&list->ids, list->count + 1, sizeof(int64_t), used)) {
    return lode_error_nomem(err);
  }
  ((int64_t *)list->ids.data)[list->count++] = document->id;
  return LODE_OK;
}

static lode_status add_documents(writer *w, lode_error *err) {
  id_list list = {0};
  lode_status status = lode_store_documents(w->store, 0, note_id, &list, err);
  w->total = (int64_t)list.count;
  for (size_t i = 0; i < list.count && status == LODE_OK; i++) {
    lode_arena scratch = {0};
    lode_store_document document;
    status = lode_store_document_get(w->store, ((const int64_t *)list.ids.data)[i], &scratch,
                                     &document, err);
    if (status == LODE_OK) status = add_document(w, &document, &scratch, err);
    lode_arena_free(&scratch);
    w->documents++;
    if (status == LODE_OK && w->options->progress != NULL &&
        w->options->progress(w->options->user, w->documents, w->total) != 0) {
      status = lode_error_set(err, LODE_E_CANCELLED, -1, -1, "interrupted");
    }
  }
  lode_buffer_free(&list.ids);
  return status;
}

/* ---------------------------------------------------------------- lists of vectors */

/* The file of centres of the index that is there, if it is of the same model: in folder.scratch.
 * *size 0: there is none. */
static lode_status find_centres(writer *w, size_t *size, lode_error *err) {
  lode_sealed_boot old;
  lode_arena arena = {0};
  *size = 0;
  size_t bytes;
  lode_status status = lode_sealed_folder_get(&w->folder, LODE_SEALED_BOOT, &bytes, NULL);
  if (status == LODE_OK) {
    status = lode_sealed_boot_read(w->folder.scratch.data, bytes, &arena, &old, NULL);
  }
  const char *name = w->model.name;
  if (status == LODE_OK && old.lists[LODE_SEALED_CENTRES].count > 0 && old.dim == w->vectors->dim &&
      old.model.size == strlen(name) && memcmp(old.model.data, name, old.model.size) == 0) {
    const lode_sealed_entry *entry = &old.lists[LODE_SEALED_CENTRES].list[0];
    uint8_t is[LODE_SEALED_NAME];
    char file[LODE_SEALED_FILE];
    lode_sealed_file(entry->name, file);
    status = lode_sealed_folder_get(&w->folder, file, &bytes, NULL);
    if (status == LODE_OK) lode_sealed_name(w->folder.scratch.data, bytes, is);
    if (status == LODE_OK && memcmp(is, entry->name, sizeof is) == 0) *size = bytes;
  }
  lode_arena_free(&arena);
  return status == LODE_E_NOMEM ? lode_error_nomem(err) : LODE_OK;
}

static int interrupted(void *user) {
  const writer *w = user;
  if (w->options->progress == NULL) return 0;
  return w->options->progress(w->options->user, w->documents, w->total);
}

static lode_status write_lists(writer *w, lode_error *err) {
  if (!w->texts.lists || w->texts.owner_count == 0) return LODE_OK;
  size_t size;
  lode_status status = find_centres(w, &size, err);
  if (status != LODE_OK) return status;
  lode_bytes old = {0};
  if (size > 0) lode_bytes_add(&old, w->folder.scratch.data, size);
  lode_sealed_listing in = lode_sealed_texts_gathered(&w->texts);
  in.sink = &w->sink;
  in.dim = w->vectors->dim;
  in.old = size > 0 ? lode_bytes_data(&old) : NULL;
  in.old_size = size;
  in.interrupted = interrupted;
  in.user = w;
  status = old.failed ? lode_error_nomem(err) : lode_sealed_lists_write(&in, &w->lists, err);
  lode_bytes_free(&old);
  return status;
}

/* ---------------------------------------------------------------- files */

static lode_status write_files(writer *w, lode_error *err) {
  lode_store_stats stats;
  lode_status status = lode_store_stats_get(w->store, &stats, err);
  if (status == LODE_OK) status = lode_sealed_texts_end(&w->texts, err);
  if (status == LODE_OK) status = write_lists(w, err);
  if (status == LODE_OK) status = lode_gather_finish(&w->gather, err);
  if (status != LODE_OK) return status;
  lode_sealed_keys_order(&w->keys);
  status = lode_sealed_facets_write(&w->keys, &w->sink, &w->facets, &w->has_facets, err);
  if (status == LODE_OK) {
    status = lode_sealed_terms_write(&w->gather, &w->keys, w->documents, &w->terms, err);
  }
  if (status == LODE_OK) status = lode_sealed_positions_write(&w->gather, &w->positions, err);
  if (status == LODE_OK) {
    status = lode_sealed_compounds_write(&w->gather, stats.languages, &w->compounds, err);
  }
  if (status == LODE_OK) status = lode_sealed_lexicon_write(&w->gather, &w->lexicon, err);
  if (status == LODE_OK) status = lode_sealed_suffixes_write(&w->gather, &w->suffixes, err);
  return status;
}

static lode_status list_common(writer *w, lode_sealed_boot *boot, lode_error *err) {
  const lode_gather *g = &w->gather;
  if (w->documents <= COMMON_DOCUMENTS) return LODE_OK;
  boot->common = lode_arena_array(&w->arena, g->term_count, sizeof *boot->common);
  if (boot->common == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < g->term_count; i++) {
    const lode_gathered_term *term = &lode_gather_terms(g)[g->order[i]];
    if (term->documents <= w->documents / 2) continue;
    boot->common[boot->common_count++] = (lode_sealed_common){term->text, term->documents};
  }
  return LODE_OK;
}

static void describe_model(const writer *w, lode_sealed_boot *boot) {
  if (w->vectors == NULL || w->vectors->dim == 0) return;
  boot->dim = w->vectors->dim;
  boot->model = (lode_text){w->model.name, strlen(w->model.name)};
  boot->weight = w->options->weight > 0 ? w->options->weight : LODE_SEARCH_WEIGHT;
  boot->unrelated = w->options->unrelated;
  boot->probe_count = w->model.probe_count;
  boot->probes = w->model.probes;
}

static lode_status make_boot(writer *w, lode_bytes *out, lode_error *err) {
  lode_store_stats stats;
  lode_sealed_boot boot = {.documents = w->documents, .words = (int64_t)w->gather.total};
  lode_status status = lode_store_stats_get(w->store, &stats, err);
  if (status == LODE_OK) status = list_common(w, &boot, err);
  if (status != LODE_OK) return status;
  describe_model(w, &boot);
  boot.chunks = stats.chunks;
  boot.languages = stats.languages;
  if (w->options->base != NULL) {
    boot.base = (lode_text){w->options->base, strlen(w->options->base)};
  }
  boot.lists[LODE_SEALED_TABLES] = lode_sealed_texts_tables(&w->texts);
  boot.lists[LODE_SEALED_ROWS] = lode_sealed_texts_rows(&w->texts);
  boot.lists[LODE_SEALED_TERMS] = lode_cut_entries(&w->terms);
  boot.lists[LODE_SEALED_POSITIONS] = lode_cut_entries(&w->positions);
  boot.lists[LODE_SEALED_LEXICON] = lode_cut_entries(&w->lexicon);
  boot.lists[LODE_SEALED_SUFFIXES] = lode_cut_entries(&w->suffixes);
  boot.lists[LODE_SEALED_COMPOUNDS] = lode_cut_entries(&w->compounds);
  if (w->lists.bytes > 0) {
    boot.lists[LODE_SEALED_CENTRES] = (lode_sealed_entries){&w->lists.centres, 1};
    boot.lists[LODE_SEALED_PLACES] = (lode_sealed_entries){&w->lists.places, 1};
  }
  if (w->has_facets) boot.lists[LODE_SEALED_FACETS] = (lode_sealed_entries){&w->facets, 1};
  lode_sealed_boot_write(&boot, out);
  return out->failed ? lode_error_nomem(err) : LODE_OK;
}

/* ---------------------------------------------------------------- generations */

/* The names of the index that a boot file is of, as far as they are known: none, if it is
 * damaged. */
static lode_status names_of(writer *w, const void *boot, size_t size, lode_bytes *names,
                            lode_error *err) {
  lode_sealed *sealed;
  lode_status status = lode_sealed_open(boot, size, &sealed, NULL);
  if (status == LODE_E_NOMEM) return lode_error_nomem(err);
  if (status != LODE_OK) return LODE_OK;
  const size_t before = names->size;
  for (;;) {
    names->size = before;
    status = lode_sealed_names(sealed, names, NULL);
    if (status != LODE_E_BUSY) break;
    const char *file = lode_sealed_need(sealed, 0, NULL);
    size_t bytes = 0;
    status = lode_sealed_folder_get(&w->folder, file, &bytes, NULL);
    if (status == LODE_OK) {
      status = lode_sealed_give(sealed, file, w->folder.scratch.data, bytes, NULL);
    }
    if (status != LODE_OK) break;
  }
  lode_sealed_free(sealed);
  return status == LODE_E_NOMEM ? lode_error_nomem(err) : LODE_OK;
}

static int by_name(const void *a, const void *b) {
  return memcmp(a, b, LODE_SEALED_NAME);
}

/* How many there are, each counted once; puts them in order. */
static size_t distinct(uint8_t *names, size_t size) {
  const size_t count = size / LODE_SEALED_NAME;
  if (count == 0) return 0;
  qsort(names, count, LODE_SEALED_NAME, by_name);
  size_t n = 1;
  for (size_t i = 1; i < count; i++) {
    n += by_name(names + i * LODE_SEALED_NAME, names + (i - 1) * LODE_SEALED_NAME) != 0;
  }
  return n;
}

/* The boot file, and out with what neither it nor the one before it names. */
static lode_status publish(writer *w, const lode_bytes *boot, lode_error *err) {
  lode_bytes names = {0};
  size_t size = 0;
  lode_status status = lode_sealed_folder_get(&w->folder, LODE_SEALED_BOOT, &size, NULL);
  if (status == LODE_OK) {
    lode_bytes old = {0};
    lode_bytes_add(&old, w->folder.scratch.data, size);
    status = old.failed ? lode_error_nomem(err)
                        : names_of(w, lode_bytes_data(&old), old.size, &names, err);
    lode_bytes_free(&old);
  } else {
    status = LODE_OK;
  }
  bool changed = false;
  if (status == LODE_OK) status = lode_sealed_folder_boot(&w->folder, boot, &changed, err);
  const size_t old_size = names.size;
  if (status == LODE_OK) {
    status = names_of(w, lode_bytes_data(boot), boot->size, &names, err);
  }
  if (status == LODE_OK && names.failed) status = lode_error_nomem(err);
  if (status == LODE_OK) {
    uint8_t *list = names.buffer.data;
    w->report->files = 1 + (int64_t)distinct(list + old_size, names.size - old_size);
    w->report->boot_bytes = (int64_t)boot->size;
    (void)distinct(list, names.size);
    /* The same index again: the one before it is still what readers may have. */
    status = lode_sealed_folder_prune(&w->folder, changed ? &names : NULL, err);
  }
  lode_bytes_free(&names);
  return status;
}

/* ---------------------------------------------------------------- all of it */

static lode_status load_vectors(writer *w, lode_error *err) {
  lode_status status = lode_store_vectors_load(w->store, NULL, &w->vectors, err);
  if (status != LODE_OK || w->vectors->dim == 0) return status;
  status = lode_store_model_get(w->store, &w->arena, &w->model, err);
  if (w->options->model != NULL) w->model.name = w->options->model;
  const size_t from = w->options->lists_from > 0 ? w->options->lists_from : LODE_SEALED_LISTS_FROM;
  if (w->vectors->rows >= from) lode_sealed_texts_gather(&w->texts);
  return status;
}

static lode_status write_all(writer *w, lode_error *err) {
  lode_bytes boot = {0};
  lode_status status = lode_gather_begin(&w->gather, err);
  if (status == LODE_OK && !w->options->words_only) status = load_vectors(w, err);
  if (status == LODE_OK) status = add_documents(w, err);
  if (status == LODE_OK) status = write_files(w, err);
  if (status == LODE_OK) status = make_boot(w, &boot, err);
  if (status == LODE_OK) status = publish(w, &boot, err);
  lode_bytes_free(&boot);
  return status;
}

static void free_writer(writer *w) {
  lode_gather_free(&w->gather);
  lode_buffer_free(&w->keys.list);
  lode_sealed_texts_free(&w->texts);
  lode_store_vectors_free(w->vectors);
  lode_cut_free(&w->terms);
  lode_cut_free(&w->positions);
  lode_cut_free(&w->lexicon);
  lode_cut_free(&w->suffixes);
  lode_cut_free(&w->compounds);
  lode_arena_free(&w->arena);
  lode_sealed_folder_close(&w->folder);
  free(w);
}

lode_status lode_sealed_write(lode_store *store, const char *path,
                              const lode_sealed_options *options, lode_site_report *report,
                              lode_error *err) {
  writer *w = calloc(1, sizeof *w);
  if (w == NULL) return lode_error_nomem(err);
  *report = (lode_site_report){0};
  w->store = store;
  w->options = options;
  w->report = report;
  lode_status status = lode_sealed_folder_open(path, &w->folder, err);
  w->sink = (lode_sealed_sink){lode_sealed_folder_put, &w->folder};
  w->terms = (lode_cut){.sink = &w->sink, .kind = "LSD1", .target = TERMS_TARGET};
  w->positions = (lode_cut){.sink = &w->sink, .kind = "LSP1", .target = POSITIONS_TARGET};
  w->lexicon = (lode_cut){.sink = &w->sink, .kind = "LSL1", .target = WORDS_TARGET};
  w->suffixes = (lode_cut){.sink = &w->sink, .kind = "LSU1", .target = WORDS_TARGET};
  w->compounds = (lode_cut){.sink = &w->sink, .kind = "LSI1", .target = COMPOUNDS_TARGET};
  lode_sealed_texts_begin(&w->texts, &w->sink, options->base, options->root);
  bool reading = false;
  if (status == LODE_OK) {
    status = lode_store_read_begin(store, err);
    reading = status == LODE_OK;
  }
  if (status == LODE_OK) status = write_all(w, err);
  if (reading) lode_store_read_end(store);
  report->documents = w->documents;
  report->written = w->folder.written;
  report->removed = w->folder.removed;
  report->term_bytes = (int64_t)w->terms.bytes;
  report->position_bytes = (int64_t)(w->positions.bytes + w->compounds.bytes);
  report->lexicon_bytes = (int64_t)(w->lexicon.bytes + w->suffixes.bytes);
  lode_sealed_texts_report(&w->texts, report);
  report->vector_bytes += (int64_t)w->lists.bytes;
  report->near_bytes = (int64_t)w->lists.near_bytes;
  free_writer(w);
  return status;
}
