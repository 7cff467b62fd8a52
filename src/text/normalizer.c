#include "text/normalizer.h"

#include <string.h>

#include "text/unicode.h"

void lode_chars_free(lode_chars *chars) {
  lode_buffer_free(&chars->front);
  lode_buffer_free(&chars->back);
  *chars = (lode_chars){0};
}

static bool reserve_front(lode_chars *chars, size_t count) {
  const size_t keep = chars->count * sizeof(lode_char);
  if (!lode_buffer_reserve(&chars->front, count, sizeof(lode_char), keep)) return false;
  chars->data = chars->front.data;
  if (count > chars->peak) chars->peak = count;
  return true;
}

static bool reserve_back(lode_chars *chars, size_t count) {
  if (!lode_buffer_reserve(&chars->back, count, sizeof(lode_char), 0)) return false;
  if (count > chars->peak) chars->peak = count;
  return true;
}

bool lode_chars_push(lode_chars *chars, uint32_t c, uint32_t begin, uint32_t end) {
  if (!reserve_front(chars, chars->count + 1)) return false;
  chars->data[chars->count++] = (lode_char){c, begin, end};
  return true;
}

/* The `count` characters that a step wrote to `back` become the run. */
static void chars_swap(lode_chars *chars, size_t count) {
  const lode_buffer front = chars->front;
  chars->front = chars->back;
  chars->back = front;
  chars->data = chars->front.data;
  chars->count = count;
}

/* ---------------------------------------------------------------- steps that keep or drop */

static bool is_cjk_ideograph(uint32_t c) {
  /* The library's blocks: 2B920 instead of 2B820 is its own. */
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b81f) ||
         (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0x2f800 && c <= 0x2fa1f);
}

static void clean(lode_chars *chars) {
  size_t kept = 0;
  for (size_t i = 0; i < chars->count; i++) {
    lode_char ch = chars->data[i];
    const bool line_space = ch.c == '\t' || ch.c == '\n' || ch.c == '\r';
    const uint8_t flags = lode_unicode_class_of(ch.c).flags;
    if (ch.c == 0 || ch.c == 0xfffd) continue;
    if ((flags & LODE_UNICODE_OTHER) != 0 && !line_space) continue;
    if ((flags & LODE_UNICODE_SPACE) != 0) ch.c = ' ';
    chars->data[kept++] = ch;
  }
  chars->count = kept;
}

static void strip(lode_chars *chars, uint8_t flag) {
  size_t kept = 0;
  for (size_t i = 0; i < chars->count; i++) {
    const lode_char ch = chars->data[i];
    if ((lode_unicode_class_of(ch.c).flags & flag) == 0) chars->data[kept++] = ch;
  }
  chars->count = kept;
}

/* ---------------------------------------------------------------- steps that grow */

static bool surround_ideographs(lode_chars *chars) {
  size_t ideographs = 0;
  for (size_t i = 0; i < chars->count; i++) ideographs += is_cjk_ideograph(chars->data[i].c);
  if (ideographs == 0) return true;
  const size_t count = chars->count + 2 * ideographs;
  if (!reserve_back(chars, count)) return false;
  lode_char *out = chars->back.data;
  for (size_t i = 0; i < chars->count; i++) {
    const lode_char ch = chars->data[i];
    if (!is_cjk_ideograph(ch.c)) {
      *out++ = ch;
      continue;
    }
    const lode_char space = {' ', ch.begin, ch.end};
    *out++ = space;
    *out++ = ch;
    *out++ = space;
  }
  chars_swap(chars, count);
  return true;
}

static bool lower(lode_chars *chars) {
  size_t longer = 0;
  uint32_t to[LODE_UNICODE_LOWER_MAX];
  for (size_t i = 0; i < chars->count; i++) {
    if (lode_unicode_lower(chars->data[i].c, to) == 1) {
      chars->data[i].c = to[0];
    } else {
      longer++; /* stays as it is: U+0130 is nothing's lower case */
    }
  }
  if (longer == 0) return true;
  const size_t count = chars->count + longer;
  if (!reserve_back(chars, count)) return false;
  lode_char *out = chars->back.data;
  for (size_t i = 0; i < chars->count; i++) {
    const lode_char ch = chars->data[i];
    const size_t n = lode_unicode_lower(ch.c, to);
    for (size_t k = 0; k < n; k++) *out++ = (lode_char){to[k], ch.begin, ch.end};
  }
  chars_swap(chars, count);
  return true;
}

/* ---------------------------------------------------------------- NFD */

/* While a run is decomposed, `c` also carries what sorting and the byte ranges need:
 * bits 0..20 the code point, bit 23 "not the first of its decomposition", 24..31 the class. */
enum { NFD_MORE = 1 << 23, NFD_CODE_POINT = 0x1fffff, NFD_CCC_SHIFT = 24 };

/* Stable sort of marks by combining class; `room` holds as many. A text may be one long run
 * of marks, so long runs are counted, not inserted. */
static void sort_marks(lode_char *marks, size_t n, lode_char *room) {
  if (n <= 32) {
    for (size_t i = 1; i < n; i++) {
      const lode_char mark = marks[i];
      size_t k = i;
      for (; k > 0 && marks[k - 1].c >> NFD_CCC_SHIFT > mark.c >> NFD_CCC_SHIFT; k--) {
        marks[k] = marks[k - 1];
      }
      marks[k] = mark;
    }
    return;
  }
  size_t next[256] = {0};
  for (size_t i = 0; i < n; i++) next[marks[i].c >> NFD_CCC_SHIFT]++;
  size_t total = 0;
  for (size_t k = 0; k < 256; k++) {
    const size_t size = next[k];
    next[k] = total;
    total += size;
  }
  memcpy(room, marks, n * sizeof *marks);
  for (size_t i = 0; i < n; i++) marks[next[room[i].c >> NFD_CCC_SHIFT]++] = room[i];
}

/* Decomposed characters, packed as above, into `out`; returns how many. `out` may be NULL. */
static size_t decompose(const lode_char *in, size_t n, lode_char *out) {
  size_t count = 0;
  uint32_t to[LODE_UNICODE_NFD_MAX];
  for (size_t i = 0; i < n; i++) {
    const size_t parts = lode_unicode_nfd(in[i].c, to);
    if (out != NULL) {
      for (size_t k = 0; k < parts; k++) {
        const uint32_t ccc = lode_unicode_class_of(to[k]).ccc;
        const uint32_t more = k > 0 ? NFD_MORE : 0;
        out[count + k].c = to[k] | more | ccc << NFD_CCC_SHIFT;
      }
    }
    count += parts;
  }
  return count;
}

static bool nfd(lode_chars *chars) {
  const size_t n = chars->count;
  const size_t count = decompose(chars->data, n, NULL);
  /* Behind the result there is room for sorting its longest run of marks. */
  size_t room;
  if (!lode_size_mul(count, 2, &room)) return false;
  if (!reserve_back(chars, room)) return false;
  lode_char *out = chars->back.data;
  (void)decompose(chars->data, n, out);

  for (size_t i = 0; i < count;) {
    size_t end = i;
    while (end < count && out[end].c >> NFD_CCC_SHIFT != 0) end++;
    if (end - i > 1) sort_marks(out + i, end - i, out + count);
    i = end + 1;
  }

  size_t next = 0; /* of the input, not yet consumed */
  for (size_t i = 0; i < count; i++) {
    if ((out[i].c & NFD_MORE) == 0) next++;
    const lode_char *from = &chars->data[next > 0 ? next - 1 : 0];
    out[i] = (lode_char){out[i].c & NFD_CODE_POINT, from->begin, from->end};
  }
  chars_swap(chars, count);
  return true;
}

/* ---------------------------------------------------------------- Replace and Strip */

static bool is_space(uint32_t c) {
  return (lode_unicode_class_of(c).flags & LODE_UNICODE_SPACE) != 0;
}

/* Characters of the match that begins at data[0]; 0: none does. */
static size_t match(const lode_replace *replace, const lode_char *data, size_t count) {
  size_t n = 0;
  if (replace->spaces) {
    while (n < count && is_space(data[n].c)) n++;
    return n;
  }
  if (replace->pattern.count > count) return 0;
  while (n < replace->pattern.count && data[n].c == replace->pattern.data[n]) n++;
  return n == replace->pattern.count ? n : 0;
}

/* The run with all matches replaced, into `out` (NULL: only counted); returns its length. */
static size_t rewrite(const lode_replace *replace, const lode_chars *chars, lode_char *out) {
  size_t count = 0;
  for (size_t i = 0; i < chars->count;) {
    const size_t n = match(replace, chars->data + i, chars->count - i);
    if (n == 0) {
      if (out != NULL) out[count] = chars->data[i];
      count++;
      i++;
      continue;
    }
    const lode_char last = chars->data[i + n - 1];
    for (size_t k = 0; out != NULL && k < replace->content.count; k++) {
      out[count + k] = (lode_char){replace->content.data[k], last.begin, last.end};
    }
    count += replace->content.count;
    i += n;
  }
  return count;
}

static bool run_replace(const lode_replace *replace, lode_chars *chars, size_t most) {
  bool found = false;
  for (size_t i = 0; i < chars->count && !found; i++) {
    found = match(replace, chars->data + i, chars->count - i) > 0;
  }
  if (!found) return true;
  const size_t count = rewrite(replace, chars, NULL);
  if (count > most) return false;
  if (!reserve_back(chars, count)) return false;
  rewrite(replace, chars, chars->back.data);
  chars_swap(chars, count);
  return true;
}

static void strip_left(lode_chars *chars) {
  size_t n = 0;
  while (n < chars->count && is_space(chars->data[n].c)) n++;
  if (n == 0) return;
  chars->count -= n;
  memmove(chars->data, chars->data + n, chars->count * sizeof *chars->data);
}

static void strip_right(lode_chars *chars) {
  while (chars->count > 0 && is_space(chars->data[chars->count - 1].c)) chars->count--;
}

/* ---------------------------------------------------------------- all steps */

bool lode_normalizer_is_whole(const lode_normalizer *normalizer) {
  for (size_t i = 0; i < normalizer->count; i++) {
    if (normalizer->steps[i] >= LODE_STEP_REPLACE) return true;
  }
  return false;
}

bool lode_normalizer_add(lode_normalizer *normalizer, lode_normalize_step step) {
  if (normalizer->count == LODE_NORMALIZER_MAX) return false;
  normalizer->steps[normalizer->count++] = (uint8_t)step;
  return true;
}

bool lode_normalizer_run(const lode_normalizer *normalizer, lode_chars *chars) {
  bool ok = true;
  size_t replaced = 0;
  /* Each step of a made-up tokenizer could double the text: beyond this it has no memory. */
  const size_t most = chars->count < SIZE_MAX / 32 ? 16 * chars->count + 4096 : SIZE_MAX;
  for (size_t i = 0; ok && i < normalizer->count; i++) {
    switch ((lode_normalize_step)normalizer->steps[i]) {
      case LODE_STEP_CLEAN:
        clean(chars);
        break;
      case LODE_STEP_CHINESE:
        ok = surround_ideographs(chars);
        break;
      case LODE_STEP_NFD:
        ok = nfd(chars);
        break;
      case LODE_STEP_STRIP_MN:
        strip(chars, LODE_UNICODE_MN);
        break;
      case LODE_STEP_STRIP_M:
        strip(chars, LODE_UNICODE_MARK);
        break;
      case LODE_STEP_LOWER:
        ok = lower(chars);
        break;
      case LODE_STEP_REPLACE:
        ok = run_replace(&normalizer->replaces[replaced++], chars, most);
        break;
      case LODE_STEP_STRIP_LEFT:
        strip_left(chars);
        break;
      case LODE_STEP_STRIP_RIGHT:
        strip_right(chars);
        break;
    }
  }
  /* The two change places from step to step: each must do for both, or a later run that is
   * no longer would allocate. */
  return ok && reserve_front(chars, chars->peak) && reserve_back(chars, chars->peak);
}

bool lode_normalizer_may_cut(uint32_t c) {
  uint32_t to[LODE_UNICODE_NFD_MAX];
  (void)lode_unicode_nfd(c, to);
  const lode_unicode_class k = lode_unicode_class_of(c);
  const uint8_t removed = LODE_UNICODE_OTHER | LODE_UNICODE_MN | LODE_UNICODE_MARK;
  return c != 0xfffd && (k.flags & removed) == 0 && lode_unicode_class_of(to[0]).ccc == 0;
}
