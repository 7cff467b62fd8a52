/* A document's text as elements: of its markup only what has a meaning here, and none of its scripts,
 * styles or addresses of pictures. */
import {marked, type Token, type Tokens} from 'marked';
import {createElement, type ComponentChildren} from 'preact';
import type {ReadDocument} from '../worker/types.ts';

const BLOCKS = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'ul', 'ol', 'li', 'pre', 'code', 'blockquote', 'table',
  'thead', 'tbody', 'tr', 'td', 'th', 'em', 'strong', 'b', 'i', 'br', 'hr', 'dl', 'dt', 'dd', 'sub', 'sup', 'kbd']);
const DROPPED = new Set(['script', 'style', 'template', 'noscript', 'svg', 'math', 'head', 'iframe', 'object', 'nav', 'form', 'button', 'select']);
const DEEPEST = 60;

/** Links lead out of the page only where they are web addresses, and never tell where they come from. */
function Link({to, children}: {to: string | null | undefined; children: ComponentChildren}) {
  return /^https?:\/\//i.test(to ?? '')
    ? <a href={to!} target="_blank" rel="noreferrer noopener">{children}</a> : <span class="inner-link">{children}</span>;
}

function fromNode(node: Node, depth: number): ComponentChildren {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue;
  if (node.nodeType !== Node.ELEMENT_NODE || depth > DEEPEST) return null;
  const name = node.nodeName.toLowerCase();
  if (DROPPED.has(name)) return null;
  const children = [...node.childNodes].map((child) => fromNode(child, depth + 1));
  if (name === 'br' || name === 'hr') return createElement(name, {});
  if (name === 'a') return <Link to={(node as Element).getAttribute('href')}>{children}</Link>;
  if (BLOCKS.has(name)) return createElement(name, {}, ...children);
  const block = ['div', 'section', 'article', 'main', 'header', 'footer', 'figure', 'aside', 'body'].includes(name);
  return block ? <div>{children}</div> : <>{children}</>;
}

function inline(tokens: Token[] | undefined): ComponentChildren {
  return (tokens ?? []).map((token) => {
    const {tokens: inner, text} = token as Tokens.Generic;
    switch (token.type) {
      case 'strong': return <strong>{inline(inner)}</strong>;
      case 'em': return <em>{inline(inner)}</em>;
      case 'del': return <s>{inline(inner)}</s>;
      case 'codespan': return <code>{text}</code>;
      case 'br': return <br />;
      case 'link': return <Link to={(token as Tokens.Link).href}>{inline(inner)}</Link>;
      case 'image': return <span class="inner-link">{text}</span>;
      case 'html': return null;
      default: return inner === undefined ? decode(text) : inline(inner);
    }
  });
}

const entities = new Map([['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['nbsp', '\u00a0'], ['#39', '\'']]);
function decode(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (whole, name: string) => entities.get(name) ?? whole);
}

function row(cells: Tokens.TableCell[], name: 'td' | 'th') {
  return <tr>{cells.map((cell) => createElement(name, {}, inline(cell.tokens)))}</tr>;
}

function blocks(tokens: Token[] | undefined, depth = 0): ComponentChildren {
  if (depth > DEEPEST) return null;
  return (tokens ?? []).map((token) => {
    const {tokens: inner, text} = token as Tokens.Generic;
    switch (token.type) {
      case 'heading': return createElement(`h${(token as Tokens.Heading).depth}`, {}, inline(inner));
      case 'paragraph': return <p>{inline(inner)}</p>;
      case 'code': return <pre><code>{text}</code></pre>;
      case 'blockquote': return <blockquote>{blocks(inner, depth + 1)}</blockquote>;
      case 'hr': return <hr />;
      case 'space': case 'def': return null;
      case 'html': return <div>{fromNode(new DOMParser().parseFromString(text, 'text/html').body, 0)}</div>;
      case 'list': {
        const {ordered, items} = token as Tokens.List;
        return createElement(ordered ? 'ol' : 'ul', {}, items.map((item) => <li>{blocks(item.tokens, depth + 1)}</li>));
      }
      case 'table': {
        const {header, rows} = token as Tokens.Table;
        return <div class="table"><table><thead>{row(header, 'th')}</thead><tbody>{rows.map((cells) => row(cells, 'td'))}</tbody></table></div>;
      }
      default: return inner === undefined ? text : inline(inner);
    }
  });
}

/** Paragraphs, and those of them that are headings. */
function Extracted({text, headings}: {text: string; headings: string[]}) {
  const known = new Set(headings);
  return (
    <div class="prose extracted">
      {text.split(/\n{2,}/).map((part, i) => (known.has(part) ? <h2 key={i}>{part}</h2> : <p key={i}>{part}</p>))}
    </div>
  );
}

export function DocumentText({document: {text, format, headings}}: {document: ReadDocument}) {
  switch (format) {
    case 'markdown': return <div class="prose">{blocks(marked.lexer(text.replace(/^---\n[^]*?\n---\n/, '')))}</div>;
    case 'html': return <div class="prose">{fromNode(new DOMParser().parseFromString(text, 'text/html').body, 0)}</div>;
    case 'extracted': return <Extracted text={text} headings={headings} />;
    default: return <pre class={format === 'code' ? 'source' : 'plain'}>{text}</pre>;
  }
}
