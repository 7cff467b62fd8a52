/* Strings in memory of their own. */
#ifndef LODE_CLI_TEXT_H
#define LODE_CLI_TEXT_H

/* The text of a printf, to be freed; NULL: out of memory. */
char *cli_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
