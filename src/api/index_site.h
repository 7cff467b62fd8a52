/* What a site that is read holds. */
#ifndef LODE_API_INDEX_SITE_H
#define LODE_API_INDEX_SITE_H

#include "api/index_request.h"
#include "base/json_write.h"
#include "index/sealed/sealed.h"

struct lode_site {
  lode_sealed *sealed;
  lode_search *search;
  char *languages;
  /* The query: */
  bool asked;
  bool read; /* `question` is of it */
  lode_text query;
  lode_request request;
  lode_question question;
  lode_buffer vector; /* float [dim] */
  bool has_vector;
  bool near; /* lode_site_set_near */
  lode_json_text facets;
  lode_json_text counts;
  /* Of the last results: */
  lode_buffer found; /* int64_t [found_count] */
  size_t found_count;
  bool has_found;
  /* Set with a model, for the same reason as `vectors`. */
  struct lode_site_model *model;
  lode_status (*embed)(lode_site *site, lode_error *err);
  void (*close_model)(lode_site *site);
  /* Set with the first vector, so that a reader of words alone need not be linked with them. */
  lode_status (*vectors)(lode_sealed *sealed, const lode_store_vectors **out, lode_error *err);
};

/* From here on the query has the vector [dim], which site->vector has. */
void lode_site_use_vector(lode_site *site);

#endif
