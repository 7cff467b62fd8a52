/* Files that are not what their name says: the usual accidents of a download. */
#ifndef LODE_FORMAT_SNIFF_H
#define LODE_FORMAT_SNIFF_H

#include "base/file.h"

/* LODE_E_FORMAT, naming what it is, when `file` is a Git LFS pointer or an HTML page. */
lode_status lode_sniff(const char *name, const lode_file *file, lode_error *err);

#endif
