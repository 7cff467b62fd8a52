#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define COLLECTIONS (CLI_INDEX | CLI_SEARCH | CLI_WATCH | CLI_SITE)
#define FILLING (CLI_INDEX | CLI_WATCH)
#define ALL                                                                                    \
  (CLI_EMBED | CLI_TOKENIZE | CLI_SIMILARITY | CLI_INFO | CLI_EVAL | CLI_CONVERT | CLI_BENCH | \
   COLLECTIONS)
#define TEXTS (CLI_EMBED | CLI_TOKENIZE | CLI_SIMILARITY)
#define VECTORS (CLI_EMBED | CLI_SIMILARITY | CLI_EVAL)

#define FIELD(name) offsetof(cli_options, name)
#define MANY INT64_C(1000000000)

const cli_option cli_option_list[] = {
    /* name, letter, value, help, kind, commands, field, base, max */
    {"model", 'm', "DIR",
     "model directory, .lode-model file, OWNER/NAME at a hub, or \"builtin\" (default: "
     "$LODE_MODEL, "
     "else builtin)",
     CLI_KIND_STRING, ALL, FIELD(model), 0, 0},
    {"revision", 0, "REV", "branch, tag or commit of a model OWNER/NAME (default: main)",
     CLI_KIND_STRING, ALL | CLI_PULL, FIELD(revision), 0, 0},
    {"dtype", 0, "TYPE",
     "compute in f32, bf16, f16 (GPUs), int8, int4 (static models) or auto (default: as the "
     "weights "
     "are stored)",
     CLI_KIND_STRING, ALL & ~CLI_CONVERT, FIELD(dtype), 0, 0},
    {"dtype", 0, "TYPE", "f32, bf16 or int8, of a static model f32, int8 or int4 (default: int8)",
     CLI_KIND_STRING, CLI_CONVERT, FIELD(dtype), 0, 0},
    {"isa", 0, "LEVEL", "use at most ref, avx2, avx512, amx or neon (default: $LODE_ISA, or best)",
     CLI_KIND_STRING, ALL, FIELD(isa), 0, 0},
    {"backend", 0, "NAME",
     "compute on the cpu (default), by webgpu on a GPU, or auto: whichever is faster",
     CLI_KIND_STRING, VECTORS | CLI_INFO | CLI_BENCH | COLLECTIONS, FIELD(backend), 0, 0},
    {"threads", 't', "N", "threads (default: as many as this process may run on)", CLI_KIND_INT,
     VECTORS | CLI_INFO | CLI_BENCH | COLLECTIONS, FIELD(threads), 1, 256},

    {"input", 'i', "FILE", "read texts from FILE, one a line; \"-\" is standard input",
     CLI_KIND_STRING, TEXTS, FIELD(input), 0, 0},
    {"jsonl", 0, "FIELD", "input is JSON Lines: take the string FIELD (\"a.b\": b inside a)",
     CLI_KIND_STRING, TEXTS, FIELD(jsonl), 0, 0},
    {"id", 0, "FIELD", "with --jsonl: copy the string or number FIELD to the output",
     CLI_KIND_STRING, TEXTS, FIELD(id), 0, 0},
    {"utf8", 0, "error|replace", "ill-formed UTF-8: stop (default), or read U+FFFD in its place",
     CLI_KIND_CHOICE, TEXTS | CLI_EVAL, FIELD(utf8), LODE_UTF8_ERROR, 0},
    {"long", 0, "truncate|chunk|error",
     "texts longer than the model takes: cut (default), average over windows, or stop",
     CLI_KIND_CHOICE, VECTORS, FIELD(long_text), LODE_LONG_TRUNCATE, 0},

    {"prompt", 0, "NAME", "put the model's prompt NAME before each text (see lode info)",
     CLI_KIND_STRING, VECTORS, FIELD(prompt), 0, 0},
    {"prompt-text", 0, "TEXT", "put TEXT before each text; \"\": no prompt", CLI_KIND_STRING,
     VECTORS, FIELD(prompt_text), 0, 0},
    {"query-prompt", 0, "NAME", "the prompt of --query (default: the model's \"query\", if any)",
     CLI_KIND_STRING, CLI_SIMILARITY | CLI_EVAL, FIELD(query_prompt), 0, 0},
    {"dims", 0, "N", "keep the first N dimensions (for models trained for it)", CLI_KIND_INT,
     VECTORS, FIELD(dims), 1, MANY},
    {"normalize", 0, NULL, "scale vectors to unit length (default: as the model says)",
     CLI_KIND_FLAG, CLI_EMBED, FIELD(normalize), LODE_NORMALIZE_ON, 0},
    {"no-normalize", 0, NULL, "leave the vectors' lengths as they are", CLI_KIND_FLAG, CLI_EMBED,
     FIELD(normalize), LODE_NORMALIZE_OFF, 0},

    {"output", 'o', "FILE", "write to FILE, which appears only when complete (default: \"-\")",
     CLI_KIND_STRING, CLI_EMBED | CLI_TOKENIZE, FIELD(output), 0, 0},
    {"output", 'o', "FILE", "write to FILE, which appears only when complete", CLI_KIND_STRING,
     CLI_CONVERT, FIELD(output), 0, 0},
    {"output", 'o', "FILE", "the collection: made if it is not there", CLI_KIND_STRING, FILLING,
     FIELD(output), 0, 0},
    {"output", 'o', "OUT", "the folder of the index: made if it is not there", CLI_KIND_STRING,
     CLI_SITE, FIELD(output), 0, 0},
    {"base", 0, "URL",
     "what pages' URLs begin with, such as /docs/ (default: / unless OUT is below "
     "FOLDER, where all is relative and the site may be anywhere)",
     CLI_KIND_STRING, CLI_SITE, FIELD(base), 0, 0},
    {"keyword-only", 0, NULL, "by words alone: no model, no vectors", CLI_KIND_FLAG, CLI_SITE,
     FIELD(keyword_only), 1, 0},
    {"marked", 0, NULL, "only pages that have a data-lode-body", CLI_KIND_FLAG, CLI_SITE,
     FIELD(marked), 1, 0},
    {"collection", 0, "FILE", "keep what was read in FILE (default: in the user's cache)",
     CLI_KIND_STRING, CLI_SITE, FIELD(collection), 0, 0},
    {"report", 0, NULL, "also print what a visitor downloads, and when", CLI_KIND_FLAG, CLI_SITE,
     FIELD(report), 1, 0},
    {"watch", 0, NULL, "go on, and write again whenever pages change", CLI_KIND_FLAG, CLI_SITE,
     FIELD(watch), 1, 0},
    {"format", 'f', "json|jsonl|npy|f32", "default: by the ending of the output's name, else jsonl",
     CLI_KIND_CHOICE, CLI_EMBED, FIELD(format), CLI_FORMAT_JSON, 0},
    {"format", 'f', "text|json|ids", "a table (default), an object a line, or ids alone",
     CLI_KIND_CHOICE, CLI_TOKENIZE, FIELD(format), CLI_FORMAT_TABLE, 0},

    {"query", 0, "TEXT", "rank the texts by their similarity to TEXT", CLI_KIND_STRING,
     CLI_SIMILARITY, FIELD(query), 0, 0},
    {"top", 'k', "K", "with --query: print the best K (default: 10; 0: all)", CLI_KIND_INT,
     CLI_SIMILARITY, FIELD(top), 0, MANY},
    {"line-number", 'n', NULL, "with --query: print each text's place in the input", CLI_KIND_FLAG,
     CLI_SIMILARITY, FIELD(line_numbers), 1, 0},

    {"hidden", 0, NULL, "also read files whose names begin with a dot", CLI_KIND_FLAG,
     FILLING | CLI_SITE, FIELD(hidden), 1, 0},
    {"no-ignore", 0, NULL, "also read what .gitignore and .lodeignore name", CLI_KIND_FLAG, FILLING,
     FIELD(no_ignore), 1, 0},
    {"follow", 0, NULL, "follow symbolic links", CLI_KIND_FLAG, FILLING | CLI_SITE, FIELD(follow),
     1, 0},
    {"max-bytes", 0, "N", "leave out larger files (default: 64 MiB)", CLI_KIND_INT,
     FILLING | CLI_SITE, FIELD(max_bytes), 1, INT64_C(1) << 30},
    {"chunk-tokens", 0, "N", "tokens in a passage, when FILE is made (default: 256, or fewer)",
     CLI_KIND_INT, FILLING | CLI_SITE, FIELD(chunk_tokens), 32, 8192},
    {"vectors", 0, "TYPE", "keep vectors in int8 (default) or f32, when FILE is made",
     CLI_KIND_STRING, FILLING, FIELD(vectors), 0, 0},
    {"remove", 0, NULL, "remove documents by their names in the results", CLI_KIND_FLAG, CLI_INDEX,
     FIELD(remove), 1, 0},
    {"compact", 0, NULL, "give back the space of what was removed", CLI_KIND_FLAG, CLI_INDEX,
     FIELD(compact), 1, 0},
    {"verbose", 'v', NULL, "name every file that is left out, and why", CLI_KIND_FLAG,
     FILLING | CLI_SITE, FIELD(verbose), 1, 0},

    {"mode", 0, "hybrid|keyword|semantic", "by both (default), by words, or by meaning",
     CLI_KIND_CHOICE, CLI_SEARCH, FIELD(mode), LODE_INDEX_HYBRID, 0},
    {"mode", 0, "hybrid|keyword|semantic",
     "beir: rank as lode search does in a collection of the documents", CLI_KIND_CHOICE, CLI_EVAL,
     FIELD(eval_mode), LODE_INDEX_HYBRID + 1, 0},
    {"top", 'k', "K", "print the best K (default: 10)", CLI_KIND_INT, CLI_SEARCH, FIELD(top), 1,
     1000},
    {"offset", 0, "N", "leave out the best N: the next page", CLI_KIND_INT, CLI_SEARCH,
     FIELD(offset), 0, MANY},
    {"group", 0, "document|chunk", "the best passage of each document (default), or every passage",
     CLI_KIND_CHOICE, CLI_SEARCH, FIELD(by_chunk), 0, 0},
    {"path", 0, "PATTERN", "only documents whose names match, as in .gitignore; may be repeated",
     CLI_KIND_LIST, CLI_SEARCH, FIELD(path_list), 0, 0},
    {"filter", 0, "KEY=VALUE", "only documents with this metadata; may be repeated", CLI_KIND_LIST,
     CLI_SEARCH, FIELD(filter_list), 0, 0},
    {"like", 0, "DOCUMENT", "what is most like a document of the collection", CLI_KIND_STRING,
     CLI_SEARCH, FIELD(like), 0, 0},
    {"all", 'a', NULL, "also print what seems not to be about the query", CLI_KIND_FLAG, CLI_SEARCH,
     FIELD(all), 1, 0},

    {"pair", 0, "TEXT", "tokenize each text as the first of a pair with TEXT", CLI_KIND_STRING,
     CLI_TOKENIZE, FIELD(pair), 0, 0},
    {"max-tokens", 0, "N", "cut after N tokens (default: as the model does)", CLI_KIND_INT,
     CLI_TOKENIZE, FIELD(max_tokens), 1, MANY},
    {"no-truncation", 0, NULL, "print all tokens, also those beyond what the model takes",
     CLI_KIND_FLAG, CLI_TOKENIZE, FIELD(no_truncation), 1, 0},
    {"no-special", 0, NULL, "leave out [CLS], [SEP] and the like", CLI_KIND_FLAG, CLI_TOKENIZE,
     FIELD(no_special), 1, 0},

    {"profile", 0, NULL, "also print where one thread spends its time", CLI_KIND_FLAG, CLI_BENCH,
     FIELD(profile), 1, 0},
    {"tokens", 0, "N", "texts of N tokens (default: of 512, of 128 and of 16)", CLI_KIND_INT,
     CLI_BENCH, FIELD(tokens), 1, MANY},
    {"texts", 0, "N", "N texts a call (default: 4,096 tokens a thread)", CLI_KIND_INT, CLI_BENCH,
     FIELD(texts), 1, CLI_BATCH_TEXTS},
    {"seconds", 0, "S", "measure everything for S seconds (default: 1)", CLI_KIND_INT, CLI_BENCH,
     FIELD(seconds), 1, 3600},

    {"json", 0, NULL, "print one JSON object", CLI_KIND_FLAG,
     CLI_SIMILARITY | CLI_INFO | CLI_EVAL | CLI_CONVERT | CLI_PULL | CLI_BENCH | COLLECTIONS,
     FIELD(json), 1, 0},
    {"verify", 0, NULL,
     "check every byte of a .lode-model file and what the model computes, or a whole collection",
     CLI_KIND_FLAG, CLI_INFO, FIELD(verify), 1, 0},
    {"quiet", 'q', NULL, "no progress, no remarks; errors only", CLI_KIND_FLAG, ALL | CLI_PULL,
     FIELD(quiet), 1, 0},
    {"help", 'h', NULL, "print this help", CLI_KIND_FLAG, ALL | CLI_PULL, FIELD(help), 1, 0},
    {NULL, 0, NULL, NULL, CLI_KIND_FLAG, 0, 0, 0, 0},
};

enum { WORD_MAX = 32 }; /* longest name that a suggestion is looked for */

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Optimal string alignment distance: insertions, deletions, changes, and swaps of two
 * neighbours, the four slips of typing. */
static size_t distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  size_t rows[3][WORD_MAX + 1];
  if (n > WORD_MAX || m > WORD_MAX) return SIZE_MAX;
  for (size_t j = 0; j <= m; j++) rows[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t cost = a[i - 1] != b[j - 1];
      row[j] = smaller(smaller(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = smaller(row[j], above2[j - 2] + 1);
      }
    }
  }
  return rows[n % 3][m];
}

int cli_nearest(const char *word, const char *const *words, size_t count) {
  size_t length = strlen(word);
  size_t best = length <= 3 ? 1 : length <= 6 ? 2 : 3; /* farther is another word */
  int nearest = -1;
  for (size_t i = 0; i < count; i++) {
    /* "--thread" is a beginning of "--threads", whatever is missing. */
    size_t d = length >= 3 && strncmp(word, words[i], length) == 0 ? 0 : distance(word, words[i]);
    if (d <= best && (nearest < 0 || d < best)) {
      best = d;
      nearest = (int)i;
    }
  }
  return nearest;
}

bool cli_int_read(const char *text, int64_t min, int64_t max, int64_t *out) {
  if (*text != '-' && (*text < '0' || *text > '9')) return false;
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < min || value > max) return false;
  *out = value;
  return true;
}

static void set_int(cli_options *options, const cli_option *option, int64_t value) {
  memcpy((char *)options + option->field, &value, sizeof value);
}

static cli_status add_to_list(cli_options *options, const cli_option *option, const char *value,
                              cli_error *err) {
  cli_list *list = (cli_list *)((char *)options + option->field);
  if (list->count == CLI_LIST_MAX) {
    return cli_fail(err, CLI_E_USAGE, "--%s: more than %d times", option->name, CLI_LIST_MAX);
  }
  list->items[list->count++] = value;
  return CLI_OK;
}

static void set_string(cli_options *options, const cli_option *option, const char *value) {
  memcpy((char *)options + option->field, &value, sizeof value);
}

/* The index of `word` among the words of `list`, parted by '|'; -1: not there. */
static int64_t choice_index(const char *list, const char *word) {
  size_t length = strlen(word);
  for (int64_t i = 0;; i++) {
    size_t n = strcspn(list, "|");
    if (n == length && memcmp(list, word, n) == 0) return i;
    if (list[n] == '\0') return -1;
    list += n + 1;
  }
}

static cli_status set_option(const cli_option *option, const char *value, cli_options *out,
                             cli_error *err) {
  switch (option->kind) {
    case CLI_KIND_FLAG:
      set_int(out, option, option->base);
      break;
    case CLI_KIND_STRING:
      set_string(out, option, value);
      break;
    case CLI_KIND_LIST:
      return add_to_list(out, option, value, err);
    case CLI_KIND_INT: {
      int64_t number = 0;
      if (!cli_int_read(value, option->base, option->max, &number)) {
        return cli_fail(err, CLI_E_USAGE, "--%s: \"%s\" is not a whole number from %lld to %lld",
                        option->name, value, (long long)option->base, (long long)option->max);
      }
      set_int(out, option, number);
      break;
    }
    case CLI_KIND_CHOICE: {
      int64_t index = choice_index(option->value, value);
      if (index < 0) {
        return cli_fail(err, CLI_E_USAGE, "--%s: \"%s\" is not one of %s", option->name, value,
                        option->value);
      }
      set_int(out, option, option->base + index);
      break;
    }
  }
  return CLI_OK;
}

static const cli_option *find_long(unsigned bit, const char *name, size_t length) {
  for (const cli_option *o = cli_option_list; o->name != NULL; o++) {
    if ((o->commands & bit) != 0 && strlen(o->name) == length &&
        memcmp(o->name, name, length) == 0) {
      return o;
    }
  }
  return NULL;
}

static const cli_option *find_letter(unsigned bit, char letter) {
  for (const cli_option *o = cli_option_list; o->name != NULL; o++) {
    if ((o->commands & bit) != 0 && o->letter == letter) return o;
  }
  return NULL;
}

static cli_status unknown_long(unsigned bit, const char *name, size_t length, cli_error *err) {
  enum { OPTIONS_MAX = sizeof cli_option_list / sizeof cli_option_list[0] };
  const char *names[OPTIONS_MAX];
  size_t count = 0;
  char word[WORD_MAX + 1];
  if (length > WORD_MAX) length = WORD_MAX;
  memcpy(word, name, length);
  word[length] = '\0';
  if (find_long(~0u, word, length) != NULL) {
    return cli_fail(err, CLI_E_USAGE, "--%s is not an option of this command", word);
  }
  for (const cli_option *o = cli_option_list; o->name != NULL; o++) {
    if ((o->commands & bit) != 0) names[count++] = o->name;
  }
  int nearest = cli_nearest(word, names, count);
  if (nearest < 0) return cli_fail(err, CLI_E_USAGE, "unknown option --%s", word);
  return cli_fail(err, CLI_E_USAGE, "unknown option --%s; did you mean --%s?", word,
                  names[nearest]);
}

/* "--name", "--name=value" or "--name value"; `next` is the following argument or NULL. */
static cli_status read_long(unsigned bit, const char *arg, const char *next, bool *used_next,
                            cli_options *out, cli_error *err) {
  const char *name = arg + 2;
  size_t length = strcspn(name, "=");
  const char *value = name[length] == '=' ? name + length + 1 : NULL;
  const cli_option *option = find_long(bit, name, length);
  if (option == NULL) return unknown_long(bit, name, length, err);
  if (option->kind == CLI_KIND_FLAG && value != NULL) {
    return cli_fail(err, CLI_E_USAGE, "--%s takes no value", option->name);
  }
  if (option->kind != CLI_KIND_FLAG && value == NULL) {
    if (next == NULL) return cli_fail(err, CLI_E_USAGE, "--%s needs a value", option->name);
    value = next;
    *used_next = true;
  }
  return set_option(option, value, out, err);
}

/* "-q", "-qn", "-k5" or "-k 5". */
static cli_status read_letters(unsigned bit, const char *arg, const char *next, bool *used_next,
                               cli_options *out, cli_error *err) {
  for (const char *c = arg + 1; *c != '\0'; c++) {
    const cli_option *option = find_letter(bit, *c);
    if (option == NULL) {
      return cli_fail(err, CLI_E_USAGE,
                      "unknown option -%c; a text that begins with \"-\" goes behind \"--\"", *c);
    }
    if (option->kind == CLI_KIND_FLAG) {
      cli_status status = set_option(option, NULL, out, err);
      if (status != CLI_OK) return status;
      continue;
    }
    const char *value = c + 1;
    if (*value == '\0') {
      if (next == NULL) return cli_fail(err, CLI_E_USAGE, "-%c needs a value", *c);
      value = next;
      *used_next = true;
    }
    return set_option(option, value, out, err);
  }
  return CLI_OK;
}

cli_status cli_options_read(unsigned bit, int argc, char **argv, cli_options *out, cli_error *err) {
  *out = (cli_options){.top = -1};
  out->args = argv;
  bool options_ended = false;
  for (int i = 0; i < argc; i++) {
    char *arg = argv[i];
    if (options_ended || arg[0] != '-') {
      out->args[out->arg_count++] = arg;
      continue;
    }
    if (strcmp(arg, "--") == 0) {
      options_ended = true;
      continue;
    }
    if (arg[1] == '\0') {
      return cli_fail(err, CLI_E_USAGE,
                      "\"-\" is no text: write \"--input -\" for standard input, "
                      "\"-- -\" for the text itself");
    }
    const char *next = i + 1 < argc ? argv[i + 1] : NULL;
    bool used_next = false;
    cli_status status = arg[1] == '-' ? read_long(bit, arg, next, &used_next, out, err)
                                      : read_letters(bit, arg, next, &used_next, out, err);
    if (status != CLI_OK) return status;
    if (used_next) i++;
  }
  return CLI_OK;
}
