/* Options of a search, read. */
#include <string.h>

#include "api/index_request.h"
#include "api/options.h"
#include "base/error.h"

enum { PASSAGES_MAX = 100 };

static lode_status read_filters(lode_request *r, lode_error *err) {
  const lode_index_search_options *o = &r->given;
  lode_text *paths = lode_arena_array(&r->arena, o->path_count, sizeof *paths);
  lode_search_field *fields = lode_arena_array(&r->arena, o->filter_count, sizeof *fields);
  if (!paths || !fields) return lode_error_nomem(err);
  for (size_t i = 0; i < o->path_count; i++) {
    paths[i] = (lode_text){o->paths[i], strlen(o->paths[i])};
  }
  for (size_t i = 0; i < o->filter_count; i++) {
    const char *equals = strchr(o->filters[i], '=');
    if (!equals || equals == o->filters[i]) {
      return lode_error_set(err, LODE_E_ARG, (int64_t)i, -1, "filter \"%.80s\" is not KEY=VALUE",
                            o->filters[i]);
    }
    fields[i].key = (lode_text){o->filters[i], (size_t)(equals - o->filters[i])};
    fields[i].value = (lode_text){equals + 1, strlen(equals + 1)};
  }
  r->filter = (lode_search_filter){.paths = paths,
                                   .path_count = o->path_count,
                                   .fields = fields,
                                   .field_count = o->filter_count};
  return LODE_OK;
}

lode_status lode_request_read(const lode_index_search_options *options, lode_request *r,
                              lode_error *err) {
  const lode_index_search_options defaults = LODE_INDEX_SEARCH_OPTIONS_INIT;
  *r = (lode_request){.given = options ? *options : defaults};
  const lode_index_search_options *o = &r->given;
  lode_status status =
      lode_check_struct("lode_index_search_options", o->struct_size, sizeof *o, err);
  if (status != LODE_OK) return status;
  if ((int)o->mode < LODE_INDEX_HYBRID || (int)o->mode > LODE_INDEX_SEMANTIC || o->limit < 0 ||
      o->limit > LODE_SEARCH_COUNT_MAX || o->offset < 0 || o->offset > LODE_SEARCH_OFFSET_MAX ||
      o->passages < 0 || o->passages > PASSAGES_MAX) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "mode, limit, offset or passages is out of range");
  }
  status = read_filters(r, err);
  if (status != LODE_OK) {
    lode_arena_free(&r->arena);
    return status;
  }
  r->options = (lode_search_options){
      .mode = o->mode == LODE_INDEX_KEYWORD    ? LODE_SEARCH_KEYWORD
              : o->mode == LODE_INDEX_SEMANTIC ? LODE_SEARCH_SEMANTIC
                                               : LODE_SEARCH_HYBRID,
      .group = o->by_chunk ? LODE_SEARCH_PASSAGES : LODE_SEARCH_DOCUMENTS,
      .offset = (size_t)o->offset,
      .count = (size_t)o->limit,
      .passages = (size_t)o->passages,
      .relevant_only = !o->all,
      .filter = &r->filter,
  };
  return LODE_OK;
}
