/* Marking, on the page that a result leads to, the words that it was found by. */

/** The parameter of URLs that has the words. */
export const MARK_PARAM = 'lode-mark';
const NAME = 'lode-search';
const MOST_WORDS = 16;
const MOST_MARKS = 500;
/** Nothing that is read. */
const SKIP = 'script, style, noscript, template, textarea, select, lode-search, [hidden]';

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const boundary = '[\\p{L}\\p{N}_]';
/** Scripts that write without spaces have no ends of words. */
const spaceless = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u;

function pattern(words: string[]): RegExp {
  const list = words.map(word => {
    const text = escape(word.slice(0, 64));
    return spaceless.test(word) ? text : `(?<!${boundary})${text}(?!${boundary})`;
  });
  return new RegExp(list.join('|'), 'giu');
}

/** Texts below `root` that have one of the words. */
function findWords(root: Node, words: string[]): Range[] {
  const expression = pattern(words);
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, node =>
    node.parentElement?.closest(SKIP) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of (node.nodeValue ?? '').matchAll(expression)) {
      if (ranges.length === MOST_MARKS) return ranges;
      const range = new Range();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  return ranges;
}

let sheet: CSSStyleSheet | undefined;

/** How marks look: a page's own ::highlight(lode-search) comes later, and has the last word. */
function addStyle(): void {
  if (sheet) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(`::highlight(${NAME}) { background-color: Mark; color: MarkText; }`);
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
}

/**
 * Mark words of the page, until Esc is pressed or `clearMarks` is called. The document is not changed
 * (CSS highlights), so it does no harm to what a framework has drawn; browsers that have none show
 * no marks. Returns the ranges, in the order of the page.
 */
export function markWords(words: string[], root: Node = document.body): Range[] {
  clearMarks();
  const few = words.map(word => word.trim()).filter(Boolean).slice(0, MOST_WORDS);
  if (few.length === 0 || typeof Highlight !== 'function' || !CSS.highlights) return [];
  const ranges = findWords(root, few);
  if (ranges.length === 0) return [];
  addStyle();
  CSS.highlights.set(NAME, new Highlight(...ranges));
  document.addEventListener('keydown', onKey);
  return ranges;
}

export function clearMarks(): void {
  globalThis.CSS?.highlights?.delete(NAME);
  document.removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape' && !event.defaultPrevented) clearMarks();
}

/**
 * Mark the words that this page's URL names, and take them out of the URL, so that they are neither
 * copied nor kept. Without an anchor in the URL, the first one is scrolled to.
 */
export function markFromUrl(param: string = MARK_PARAM): Range[] {
  const url = new URL(location.href);
  const words = url.searchParams.get(param);
  if (words === null) return [];
  // Not searchParams.delete, which writes all others anew.
  const others = url.search.slice(1).split('&').filter(part => !part.startsWith(`${param}=`));
  url.search = others.join('&');
  history.replaceState(history.state, '', url);
  const ranges = markWords(words.split(' '), document.querySelector('main') ?? document.body);
  if (!url.hash) ranges[0]?.startContainer.parentElement?.scrollIntoView({block: 'center'});
  return ranges;
}
