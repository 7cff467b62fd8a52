/* The words of the bundle's format; bundle.h has the table. */
#ifndef LODE_FORMAT_BUNDLE_NAMES_H
#define LODE_FORMAT_BUNDLE_NAMES_H

#define LODE_BUNDLE_FORMAT "lode-model"
#define LODE_BUNDLE_VERSION "1"
#define LODE_BUNDLE_DIGESTS "sha256"
#define LODE_BUNDLE_FILE "file:"
#define LODE_BUNDLE_TEXTS "file:selftest.json"
#define LODE_BUNDLE_VECTORS "selftest.vectors"

#endif
