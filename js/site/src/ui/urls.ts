/* Where a result leads to. */
import type {SitePage, SitePassage} from '../types.ts';

/** A URL that may be a link; undefined for anything but the web's (javascript:, data:). */
export function safeUrl(url: string, base: string): URL | undefined {
  try {
    const parsed = new URL(url, base);
    // Of a page that is a file, others beside it are, too.
    const fine = /^https?:$/.test(parsed.protocol) ||
      (parsed.protocol === 'file:' && base.startsWith('file:'));
    return fine ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The words that the passage was found by, as they are written there, each once. */
export function markedWords({snippet, marks}: SitePassage): string[] {
  const words = marks.map(({begin, end}) => snippet.slice(begin, end).toLowerCase());
  return [...new Set(words)].slice(0, 16);
}

/** param: of the words to mark on the page; "": none. */
export function resultUrl(page: SitePage, passage: SitePassage | undefined, base: string,
  param: string): URL | undefined {
  const url = safeUrl(page.url, base);
  if (!url || !passage) return url;
  const words = markedWords(passage);
  if (param && words.length > 0) {
    url.search += `${url.search ? '&' : '?'}${param}=${encodeURIComponent(words.join(' '))}`;
  }
  if (passage.anchor) url.hash = encodeURIComponent(passage.anchor);
  return url;
}

/** Where a page is on its site: what its metadata say, else the folders of its URL. */
export function breadcrumb({metadata, url}: SitePage): string[] {
  const said = metadata['breadcrumb'];
  if (said?.length) return said;
  const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '').replace(/[?#].*/s, '');
  const parts = path.split('/').filter(part => !/^\.{0,2}$/.test(part));
  if (!path.endsWith('/')) parts.pop();
  else if (parts.length > 1) parts.pop(); // "guide/install/" is a page in "guide"
  return parts.map(part => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

/** Headings below the title, which pages tend to repeat as their first one. */
export function headingsBelow(title: string, headings: string[]): string[] {
  return headings[0]?.trim() === title.trim() ? headings.slice(1) : headings;
}
