/* Where a passage is in what is shown. Markup, line ends and spaces are not the same there: letters and
 * digits are compared, and nothing else. */

interface Place {
  node: Text;
  offset: number;
}

const SIGNIFICANT = /[\p{L}\p{N}]/u;

export class ShownText {
  readonly #text: string;
  readonly #places: Place[] = [];

  constructor(root: Element) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const letters: string[] = [];
    for (let node = walker.nextNode() as Text | null; node !== null; node = walker.nextNode() as Text | null) {
      let offset = 0;
      for (const letter of node.data) {
        if (SIGNIFICANT.test(letter)) {
          letters.push(letter);
          for (let i = 0; i < letter.length; i++) this.#places.push({node, offset: offset + i});
        }
        offset += letter.length;
      }
    }
    this.#text = letters.join('');
  }

  /** Places of the letters of `text`, the first at or after `from`. */
  find(text: string, from = 0): {start: number; end: number} | undefined {
    const wanted = significant(text);
    if (wanted === '') return undefined;
    for (const part of [wanted, wanted.slice(0, 120), wanted.slice(0, 40)]) {
      const at = this.#text.indexOf(part, from);
      if (at >= 0) return {start: at, end: at + part.length};
    }
    return undefined;
  }

  range({start, end}: {start: number; end: number}): Range {
    const range = document.createRange();
    const first = this.#places[start]!;
    const last = this.#places[end - 1]!;
    range.setStart(first.node, first.offset);
    // With the full stop, the bracket or the quotation mark that ends it.
    const rest = /^[\p{P}]*/u.exec(last.node.data.slice(last.offset + 1))![0].length;
    range.setEnd(last.node, last.offset + 1 + rest);
    return range;
  }
}

function significant(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
