/* Sealed indexes, asked with the model that they were made with. */
#include <stdlib.h>

#include "api/index_embedder.h"
#include "api/index_site.h"
#include "api/text_batch.h"
#include "base/error.h"

struct lode_site_model {
  lode_index_embedder embedder;
};

static void close_model(lode_site *site) {
  if (!site->model) return;
  lode_index_embedder_close(&site->model->embedder);
  free(site->model);
  site->model = NULL;
  site->embed = NULL;
}

static lode_status embed(lode_site *site, lode_error *err) {
  lode_index_embedder *embedder = &site->model->embedder;
  if (!lode_buffer_reserve(&site->vector, embedder->dim, sizeof(float), 0)) {
    return lode_error_nomem(err);
  }
  lode_status status =
      lode_index_embed_query(embedder, site->question.embed, site->vector.data, err);
  bool done = false;
  if (status == LODE_OK) status = lode_index_embed_poll(embedder, true, &done, NULL, err);
  if (status == LODE_OK && !done) status = lode_cannot_wait(embedder->ctx->backend, err);
  if (status == LODE_OK) lode_site_use_vector(site);
  return status;
}

/* By what the model makes of the probes. */
static lode_status compare(const lode_sealed_boot *boot, const lode_index_embedder *embedder,
                           lode_error *err) {
  const bool same = embedder->dim == boot->dim && boot->probe_count == LODE_PROBES &&
                    lode_index_probe_compare(lode_index_embedder_probes(embedder), boot->probes,
                                             boot->dim) >= LODE_PROBE_LEAST_COSINE;
  if (same) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "the index's vectors are of the model \"%.120s\", which this is not",
                        boot->model.data);
}

static lode_status open_embedder(const lode_model *model, lode_index_embedder *out,
                                 lode_error *err) {
  lode_status status = lode_index_embedder_open_begin(model, 1, out, err);
  bool done = false;
  if (status == LODE_OK) status = lode_index_embedder_open_poll(out, true, &done, err);
  if (status == LODE_OK && !done) status = lode_cannot_wait(out->ctx->backend, err);
  return status;
}

lode_status lode_site_set_model(lode_site *site, const lode_model *model, lode_error *err) {
  lode_error_clear(err);
  if (!site) return lode_error_set(err, LODE_E_ARG, -1, -1, "site is NULL");
  const lode_sealed_boot *boot = lode_sealed_boot_of(site->sealed);
  if (model && boot->dim == 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "there are no vectors to search by meaning");
  }
  struct lode_site_model *own = NULL;
  if (model) {
    own = calloc(1, sizeof *own);
    if (!own) return lode_error_nomem(err);
    lode_status status = open_embedder(model, &own->embedder, err);
    if (status == LODE_OK) status = compare(boot, &own->embedder, err);
    if (status != LODE_OK) {
      lode_index_embedder_close(&own->embedder);
      free(own);
      return status;
    }
  }
  close_model(site);
  site->model = own;
  if (own) {
    site->embed = embed;
    site->close_model = close_model;
  }
  return LODE_OK;
}
