/* Names that a model hub uses, checked before they become part of a path or an address: those
 * that a person gives, and those that a server gives, who may be hostile. */
#ifndef LODE_CLI_HUB_NAME_H
#define LODE_CLI_HUB_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
  CLI_HUB_COMMIT = 40,    /* digits of a commit's hash */
  CLI_HUB_ETAG_MAX = 128, /* bytes of an ETag that names a file */
};

/* OWNER/NAME: letters, digits, '-', '_' and '.', up to 96 each, beginning and ending with a
 * letter or digit (or '_'); no "--", no "..", no ".git" at the end: the hub's own rules. */
bool cli_hub_repo_ok(const char *repo);
/* A branch, tag or commit: relative path components, as cli_hub_file_ok, and up to 200 bytes. */
bool cli_hub_revision_ok(const char *revision);
/* 40 lower-case hexadecimal digits. */
bool cli_hub_commit_ok(const char *commit);
/* A file of a repository: relative, no empty, "." or ".." component, no backslash, no colon in
 * front, no control character, no component longer than 255 bytes, up to 1,000 bytes in all. */
bool cli_hub_file_ok(const char *name, size_t size);
/* An ETag without its quotes that may name a file in blobs/: letters, digits, '-', '_', '+', '='
 * and dots inside, up to CLI_HUB_ETAG_MAX bytes. */
bool cli_hub_etag_ok(const char *etag);

/* Addresses, to be freed; NULL: out of memory. `endpoint` has no slash at its end; `revision`
 * and `file` are percent-encoded. */
char *cli_hub_api_url(const char *endpoint, const char *repo, const char *revision);
char *cli_hub_file_url(const char *endpoint, const char *repo, const char *revision,
                       const char *file);

#endif
