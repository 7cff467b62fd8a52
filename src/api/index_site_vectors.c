/* Sealed indexes, read by meaning too. */
#include <string.h>

#include "api/index_site.h"
#include "base/cpu.h"
#include "base/error.h"

void lode_site_use_vector(lode_site *site) {
  if (!site->vectors) {
    bool known; /* an unknown $LODE_ISA is no cap here: opening a model is what complains */
    lode_search_add_vectors(site->search, lode_cpu_features(NULL, &known), NULL);
    site->vectors = site->near ? lode_sealed_near : lode_sealed_vectors;
  }
  site->has_vector = true;
}

lode_status lode_site_set_near(lode_site *site, int32_t near, lode_error *err) {
  lode_error_clear(err);
  if (!site) return lode_error_set(err, LODE_E_ARG, -1, -1, "site is NULL");
  site->near = near != 0;
  if (site->vectors) site->vectors = site->near ? lode_sealed_near : lode_sealed_vectors;
  return LODE_OK;
}

lode_status lode_site_set_vector(lode_site *site, const float *vector, size_t dim,
                                 lode_error *err) {
  lode_error_clear(err);
  if (!site || !vector || !site->asked) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "site or vector is NULL, or lode_site_ask was not called");
  }
  const size_t own = lode_sealed_boot_of(site->sealed)->dim;
  if (own == 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "there are no vectors to search by meaning");
  }
  if (dim != own) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "a vector of %zu dimensions: those of this index have %zu", dim, own);
  }
  if (!lode_buffer_reserve(&site->vector, dim, sizeof *vector, 0)) return lode_error_nomem(err);
  memcpy(site->vector.data, vector, dim * sizeof *vector);
  lode_site_use_vector(site);
  return LODE_OK;
}
