/* The files that have been given, and those that are needed. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"

lode_status lode_sealed_damaged(lode_error *err, const lode_sealed_entry *entry, const char *what) {
  char file[LODE_SEALED_FILE];
  lode_sealed_file(entry->name, file);
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: %s", file, what);
}

static lode_sealed_held *held_at(const lode_sealed *s, size_t i) {
  return (lode_sealed_held *)s->held.data + i;
}

static void drop(lode_sealed *s, size_t i) {
  lode_sealed_held *held = held_at(s, i);
  s->held_bytes -= held->size;
  free(held->data);
  lode_arena_free(&held->arena);
  *held = *held_at(s, --s->held_count);
}

/* ---------------------------------------------------------------- opening */

lode_status lode_sealed_open(const void *data, size_t size, lode_sealed **out, lode_error *err) {
  lode_sealed *s = calloc(1, sizeof *s);
  if (s == NULL) return lode_error_nomem(err);
  const lode_status status = lode_sealed_boot_read(data, size, &s->arena, &s->boot, err);
  if (status != LODE_OK) {
    lode_sealed_free(s);
    return status;
  }
  *out = s;
  return LODE_OK;
}

void lode_sealed_free(lode_sealed *s) {
  if (s == NULL) return;
  while (s->held_count > 0) drop(s, s->held_count - 1);
  lode_buffer_free(&s->held);
  lode_buffer_free(&s->needed);
  lode_arena_free(&s->all.arena);
  lode_arena_free(&s->near_rows.arena);
  lode_arena_free(&s->places_arena);
  lode_arena_free(&s->centres_arena);
  lode_arena_free(&s->arena);
  free(s);
}

const lode_sealed_boot *lode_sealed_boot_of(const lode_sealed *s) {
  return &s->boot;
}

/* All vectors point into files, which therefore stay. */
void lode_sealed_begin(lode_sealed *s) {
  s->needed_count = 0;
  s->question++;
  s->rows = NULL;
  while (s->held_bytes > LODE_SEALED_KEPT && !s->all_there) {
    size_t oldest = 0;
    for (size_t i = 1; i < s->held_count; i++) {
      if (held_at(s, i)->used < held_at(s, oldest)->used) oldest = i;
    }
    drop(s, oldest);
  }
}

/* ---------------------------------------------------------------- finding */

static lode_sealed_held *find(const lode_sealed *s, const uint8_t *name) {
  for (size_t i = 0; i < s->held_count; i++) {
    lode_sealed_held *held = held_at(s, i);
    if (memcmp(held->name, name, LODE_SEALED_NAME) == 0) return held;
  }
  return NULL;
}

static lode_status need(lode_sealed *s, const lode_sealed_entry *entry, lode_error *err) {
  lode_sealed_entry *list = s->needed.data;
  for (size_t i = 0; i < s->needed_count; i++) {
    if (memcmp(list[i].name, entry->name, LODE_SEALED_NAME) == 0) return LODE_E_BUSY;
  }
  const size_t used = s->needed_count * sizeof *entry;
  if (!lode_buffer_reserve(&s->needed, s->needed_count + 1, sizeof *entry, used)) {
    return lode_error_nomem(err);
  }
  ((lode_sealed_entry *)s->needed.data)[s->needed_count++] = *entry;
  return LODE_E_BUSY;
}

lode_status lode_sealed_ask(lode_sealed *s, const lode_sealed_entry *entry, bool *missing,
                            lode_error *err) {
  lode_sealed_held *held = find(s, entry->name);
  if (held != NULL) {
    held->used = s->question;
    return LODE_OK;
  }
  const lode_status status = need(s, entry, err);
  if (status != LODE_E_BUSY) return status;
  *missing = true;
  return LODE_OK;
}

lode_status lode_sealed_ask_range(lode_sealed *s, lode_sealed_list list, lode_text from,
                                  lode_text to, size_t most, bool *missing, lode_error *err) {
  const lode_sealed_entries *entries = &s->boot.lists[list];
  const lode_sealed_entry *entry = lode_sealed_find(entries, from);
  size_t i = entry != NULL ? (size_t)(entry - entries->list) : 0;
  for (size_t n = 0; i < entries->count && n < most; i++, n++) {
    if (entry == NULL || n > 0) {
      if (lode_key_compare(entries->list[i].key, to) >= 0) break;
    }
    const lode_status status = lode_sealed_ask(s, &entries->list[i], missing, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static lode_sealed_held *hold(lode_sealed *s, const lode_sealed_entry *entry) {
  lode_sealed_held *held = find(s, entry->name);
  if (held != NULL) held->used = s->question;
  return held;
}

lode_status lode_sealed_get(lode_sealed *s, const lode_sealed_entry *entry, const char *kind,
                            lode_cursor *out, lode_error *err) {
  const lode_sealed_held *held = hold(s, entry);
  if (held == NULL) return need(s, entry, err);
  if (held->size < LODE_SEALED_KIND || memcmp(held->data, kind, LODE_SEALED_KIND) != 0) {
    return lode_sealed_damaged(err, entry, "not of the kind that the index says");
  }
  *out = lode_cursor_of(held->data + LODE_SEALED_KIND, held->size - LODE_SEALED_KIND);
  return LODE_OK;
}

/* ---------------------------------------------------------------- giving */

size_t lode_sealed_needs(const lode_sealed *s) {
  return s->needed_count;
}

const char *lode_sealed_need(lode_sealed *s, size_t i, size_t *size) {
  if (i >= s->needed_count) return NULL;
  const lode_sealed_entry *entry = (const lode_sealed_entry *)s->needed.data + i;
  lode_sealed_file(entry->name, s->file);
  if (size != NULL) *size = entry->size;
  return s->file;
}

lode_status lode_sealed_give(lode_sealed *s, const char *file, const void *data, size_t size,
                             lode_error *err) {
  uint8_t name[LODE_SEALED_NAME];
  uint8_t is[LODE_SEALED_NAME];
  if (!lode_sealed_name_of(file, name)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "\"%.80s\" is not the name of such a file",
                          file);
  }
  if (size <= LODE_SEALED_FILE_MAX) lode_sealed_name(data, size, is);
  if (size > LODE_SEALED_FILE_MAX || memcmp(name, is, sizeof name) != 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: its bytes are not those it should have",
                          file);
  }
  if (find(s, name) != NULL) return LODE_OK;
  const size_t used = s->held_count * sizeof(lode_sealed_held);
  uint8_t *copy = malloc(size + 1);
  if (copy == NULL ||
      !lode_buffer_reserve(&s->held, s->held_count + 1, sizeof(lode_sealed_held), used)) {
    free(copy);
    return lode_error_nomem(err);
  }
  if (size > 0) memcpy(copy, data, size);
  lode_sealed_held *held = held_at(s, s->held_count++);
  *held = (lode_sealed_held){.data = copy, .size = size, .used = s->question};
  memcpy(held->name, name, sizeof name);
  s->held_bytes += size;
  lode_sealed_entry *list = s->needed.data;
  for (size_t i = 0; i < s->needed_count; i++) {
    if (memcmp(list[i].name, name, sizeof name) == 0) list[i--] = list[--s->needed_count];
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- tables */

/* The names of files begin with the first document in each, or the one that they have a part of. */
static void number_files(const lode_sealed_table *table, lode_sealed_entry *list) {
  size_t file = 0;
  for (size_t i = 0; i < table->count; i++) {
    const size_t end = i + 1 < table->count ? table->files[i + 1] : table->file_count;
    for (; file < table->file_count && (file < end || file == table->files[i]); file++) {
      lode_sealed_text_name(table->numbers[i], list[file].name, list[file].name);
    }
  }
}

static bool parse_table(lode_cursor *c, uint64_t first, lode_arena *arena, lode_sealed_table *out) {
  out->file_count = (size_t)lode_cursor_upto(c, (uint64_t)(c->end - c->at) / LODE_SEALED_TEXT_NAME);
  lode_sealed_entry *list = lode_arena_array(arena, out->file_count, sizeof *list);
  if (list == NULL) return false;
  for (size_t i = 0; i < out->file_count; i++) {
    const uint8_t *name = lode_cursor_bytes(c, LODE_SEALED_TEXT_NAME);
    if (name != NULL) memcpy(list[i].name, name, LODE_SEALED_TEXT_NAME);
  }
  out->list = list;
  out->count = (size_t)lode_cursor_upto(c, LODE_SEALED_TABLE);
  uint32_t *numbers = lode_arena_array(arena, 3 * out->count, sizeof *numbers);
  if (numbers == NULL) return false;
  uint32_t *words = numbers + out->count;
  uint32_t *files = words + out->count;
  uint64_t number = first;
  uint64_t file = 0;
  for (size_t i = 0; i < out->count && !c->bad; i++) {
    const uint64_t more = lode_cursor_upto(c, LODE_SEALED_TABLE);
    number += i == 0 ? more - 1 : more;
    numbers[i] = (uint32_t)number;
    if (more == 0 || number >= first + LODE_SEALED_TABLE) c->bad = true;
  }
  for (size_t i = 0; i < out->count; i++) words[i] = (uint32_t)lode_cursor_upto(c, UINT32_MAX);
  for (size_t i = 0; i < out->count && !c->bad; i++) {
    file += lode_cursor_upto(c, out->file_count);
    files[i] = (uint32_t)file;
    if (file >= out->file_count) c->bad = true;
  }
  out->numbers = numbers;
  out->words = words;
  out->files = files;
  if (!c->bad) number_files(out, list);
  return true;
}

static uint64_t number_of_key(lode_text key) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8 && key.size == 8; i++) number = number << 8 | (uint8_t)key.data[i];
  return number;
}

static lode_status open_table(lode_sealed *s, const lode_sealed_entry *entry,
                              const lode_sealed_table **out, lode_error *err) {
  lode_cursor c = {0};
  const lode_status status = lode_sealed_get(s, entry, "LST1", &c, err);
  if (status != LODE_OK) return status;
  lode_sealed_held *held = find(s, entry->name);
  if (held->table == NULL) {
    const uint64_t first = number_of_key(entry->key);
    lode_sealed_table *table = lode_arena_alloc(&held->arena, sizeof *table);
    if (first > UINT32_MAX - LODE_SEALED_TABLE) c.bad = true;
    if (table == NULL || !parse_table(&c, first, &held->arena, table)) {
      return lode_error_nomem(err);
    }
    if (c.bad || lode_cursor_more(&c)) return lode_sealed_damaged(err, entry, "damaged table");
    held->table = table;
  }
  *out = held->table;
  return LODE_OK;
}

lode_status lode_sealed_table_of(lode_sealed *s, int64_t document, const lode_sealed_table **out,
                                 lode_error *err) {
  char key[8];
  lode_sealed_number_key((uint64_t)document / LODE_SEALED_TABLE * LODE_SEALED_TABLE, key);
  const lode_sealed_entry *entry =
      lode_sealed_find(&s->boot.lists[LODE_SEALED_TABLES], (lode_text){key, sizeof key});
  *out = NULL;
  if (entry == NULL || entry->key.size != sizeof key || memcmp(entry->key.data, key, 8) != 0) {
    return LODE_OK;
  }
  return open_table(s, entry, out, err);
}

lode_status lode_sealed_words_of(lode_sealed *s, lode_sealed_sizes *sizes, int64_t document,
                                 uint32_t *words, lode_error *err) {
  const uint64_t number = (uint64_t)document / LODE_SEALED_TABLE;
  if (sizes->table == NULL || sizes->number != number) {
    const lode_status status = lode_sealed_table_of(s, document, &sizes->table, err);
    if (status != LODE_OK) return status;
    sizes->number = number;
    sizes->at = 0;
  }
  const lode_sealed_table *table = sizes->table;
  while (table != NULL && sizes->at < table->count && table->numbers[sizes->at] < document) {
    sizes->at++;
  }
  if (table == NULL || sizes->at == table->count || table->numbers[sizes->at] != document) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "a word is in document %lld, which is not",
                          (long long)document);
  }
  *words = table->words[sizes->at];
  return LODE_OK;
}

lode_status lode_sealed_names(lode_sealed *s, lode_bytes *names, lode_error *err) {
  for (int list = 0; list < LODE_SEALED_LISTS; list++) {
    const lode_sealed_entries *entries = &s->boot.lists[list];
    for (size_t i = 0; i < entries->count; i++) {
      lode_bytes_add(names, entries->list[i].name, LODE_SEALED_NAME);
      if (list != LODE_SEALED_TABLES) continue;
      const lode_sealed_table *table = NULL;
      const lode_status status = open_table(s, &entries->list[i], &table, err);
      if (status != LODE_OK || table == NULL) return status;
      for (size_t t = 0; t < table->file_count; t++) {
        lode_bytes_add(names, table->list[t].name, LODE_SEALED_NAME);
      }
    }
  }
  if (lode_sealed_has_lists(s)) {
    const lode_sealed_places *places;
    const lode_status status = lode_sealed_read_places(s, &places, err);
    if (status != LODE_OK) return status;
    for (size_t i = 0; i < places->count; i++) {
      lode_bytes_add(names, places->lists[i].name, LODE_SEALED_NAME);
    }
  }
  return names->failed ? lode_error_nomem(err) : LODE_OK;
}
