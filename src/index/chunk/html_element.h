/* What HTML's elements mean for text extraction. */
#ifndef LODE_INDEX_CHUNK_HTML_ELEMENT_H
#define LODE_INDEX_CHUNK_HTML_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

/* X(name, flags), in alphabetical order. Elements that are not here are inline and ordinary. */
#define LODE_HTML_ELEMENTS(X) \
  X(a, FORMAT)                \
  X(address, BLOCK)           \
  X(article, BLOCK)           \
  X(aside, BLOCK)             \
  X(audio, SKIP)              \
  X(b, FORMAT)                \
  X(base, VOID)               \
  X(blockquote, BLOCK)        \
  X(body, SPECIAL)            \
  X(br, VOID)                 \
  X(button, SKIP | SPECIAL)   \
  X(canvas, SKIP)             \
  X(caption, BLOCK)           \
  X(center, BLOCK)            \
  X(code, FORMAT)             \
  X(col, VOID)                \
  X(datalist, SKIP)           \
  X(dd, BLOCK)                \
  X(details, BLOCK)           \
  X(dialog, BLOCK)            \
  X(div, BLOCK)               \
  X(dl, BLOCK)                \
  X(dt, BLOCK)                \
  X(em, FORMAT)               \
  X(embed, VOID)              \
  X(fieldset, BLOCK)          \
  X(figcaption, BLOCK)        \
  X(figure, BLOCK)            \
  X(footer, BLOCK)            \
  X(form, BLOCK)              \
  X(h1, BLOCK)                \
  X(h2, BLOCK)                \
  X(h3, BLOCK)                \
  X(h4, BLOCK)                \
  X(h5, BLOCK)                \
  X(h6, BLOCK)                \
  X(head, SPECIAL)            \
  X(header, BLOCK)            \
  X(hr, VOID | BLOCK)         \
  X(html, SPECIAL)            \
  X(i, FORMAT)                \
  X(iframe, SKIP)             \
  X(img, VOID)                \
  X(input, VOID)              \
  X(legend, BLOCK)            \
  X(li, BLOCK)                \
  X(link, VOID)               \
  X(main, BLOCK)              \
  X(map, SKIP)                \
  X(math, INLINE)             \
  X(menu, BLOCK)              \
  X(meta, VOID)               \
  X(nav, BLOCK | SKIP)        \
  X(noembed, SKIP)            \
  X(noframes, SKIP)           \
  X(noscript, SKIP)           \
  X(object, SKIP)             \
  X(ol, BLOCK)                \
  X(option, SKIP)             \
  X(p, BLOCK)                 \
  X(pre, BLOCK)               \
  X(rp, SKIP)                 \
  X(rt, SKIP)                 \
  X(script, SKIP)             \
  X(search, BLOCK)            \
  X(section, BLOCK)           \
  X(select, SKIP | SPECIAL)   \
  X(source, VOID)             \
  X(strong, FORMAT)           \
  X(style, SKIP)              \
  X(summary, BLOCK)           \
  X(svg, SKIP)                \
  X(table, BLOCK)             \
  X(tbody, SPECIAL)           \
  X(td, SPECIAL)              \
  X(template, SKIP | SPECIAL) \
  X(textarea, SKIP | SPECIAL) \
  X(tfoot, SPECIAL)           \
  X(th, SPECIAL)              \
  X(thead, SPECIAL)           \
  X(title, SKIP)              \
  X(tr, BLOCK)                \
  X(track, VOID)              \
  X(u, FORMAT)                \
  X(ul, BLOCK)                \
  X(video, SKIP)              \
  X(wbr, VOID)

typedef enum lode_html_element {
  HTML_OTHER = 0,
#define LODE_HTML_ENUM_(name, flags) HTML_##name,
  LODE_HTML_ELEMENTS(LODE_HTML_ENUM_)
#undef LODE_HTML_ENUM_
      HTML_COUNT
} lode_html_element;

enum {
  HTML_INLINE = 0,
  HTML_VOID = 1 << 0,    /* has no content and no end tag */
  HTML_SPECIAL = 1 << 1, /* end tags of inline elements do not reach beyond it */
  HTML_BLOCK = 3 << 1,   /* special, and text before, in and after it is apart */
  HTML_SKIP = 1 << 3,    /* its content is no text */
  HTML_FORMAT = 1 << 4,  /* may overlap with others: <b><p></b></p> */
};

lode_html_element lode_html_element_of(const char *name, size_t size);
uint8_t lode_html_element_flags(lode_html_element element);

#endif
