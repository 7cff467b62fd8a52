/* The YAML or TOML that Markdown files may begin with. Only what search can use is read: scalars
 * and lists of scalars at the top level. */
#ifndef LODE_INDEX_CHUNK_FRONT_MATTER_H
#define LODE_INDEX_CHUNK_FRONT_MATTER_H

#include "index/chunk/builder.h"

/* Title, description, language and the rest go to the document. Returns where the text begins
 * behind it: 0 when there is none. */
size_t lode_read_front_matter(lode_builder *b);

#endif
