/* A document, at the passage that was found, with the sentence marked. */
import {useEffect, useRef, useState} from 'preact/hooks';
import {collectionName, library} from '../app/library.ts';
import {titleOf} from '../search/result.tsx';
import {bytes} from '../ui/format.ts';
import {Button, Notice} from '../ui/parts.tsx';
import type {DocumentContent, Hit} from '../worker/types.ts';
import {DocumentText} from './document.tsx';
import {ShownText} from './find.ts';

/** More than this of a document is not laid out at once: the page would stand still. */
const SHOWN_BYTES = 240_000;

interface ReaderProps {
  collection: string;
  id: string;
  /** Of the passage, in bytes of the document: "begin-end". */
  at: string | null;
  hit: Hit | undefined;
  onClose(): void;
  onSimilar(): void;
}

interface Shown {
  content: DocumentContent;
  text: string;
  /** It is a part of the document. */
  part: boolean;
  passage: string;
}

function rangeOf(at: string | null): {start: number; end: number} {
  const [start = 0, end = 0] = (at ?? '').split('-').map(Number);
  return {start: Number.isInteger(start) ? start : 0, end: Number.isInteger(end) ? end : 0};
}

/** All of it, or what is around the passage, from one line's end to another's. */
function cut(content: DocumentContent, at: string | null): Shown {
  const {start, end} = rangeOf(at);
  const {content: data} = content;
  const decoder = new TextDecoder();
  const passage = decoder.decode(data.subarray(start, end));
  if (data.length <= SHOWN_BYTES) return {content, text: decoder.decode(data), part: false, passage};
  const first = Math.max(0, start - SHOWN_BYTES / 2);
  const from = first === 0 ? 0 : data.indexOf(10, first) + 1;
  const last = data.lastIndexOf(10, from + SHOWN_BYTES);
  return {content, text: decoder.decode(data.subarray(from, last <= start ? from + SHOWN_BYTES : last)), part: true, passage};
}

function highlight(name: string, range: Range | undefined): void {
  if (typeof Highlight === 'undefined') return;
  if (range === undefined) CSS.highlights.delete(name);
  else CSS.highlights.set(name, new Highlight(range));
}

function showPassage(root: Element, shown: Shown, hit: Hit | undefined): void {
  const text = new ShownText(root);
  const passage = text.find(hit?.text ?? shown.passage);
  const sentence = hit && text.find(hit.text.slice(hit.snippet.start, hit.snippet.end), passage?.start);
  highlight('passage', passage && text.range(passage));
  highlight('sentence', sentence && text.range(sentence));
  const found = sentence ?? passage;
  if (found === undefined) {
    root.closest('.reader-body')!.scrollTop = 0;
    return;
  }
  const range = text.range(found);
  const block = range.startContainer.parentElement!;
  root.querySelectorAll('.found').forEach((each) => each.classList.remove('found'));
  block.classList.add('found');
  const body = root.closest('.reader-body')!;
  const {top} = range.getBoundingClientRect();
  body.scrollTop += top - body.getBoundingClientRect().top - body.clientHeight / 3;
}

export function Reader({collection, id, at, hit, onClose, onSimilar}: ReaderProps) {
  const [shown, setShown] = useState<Shown | 'absent' | 'loading'>('loading');
  const text = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    let current = true;
    setShown('loading');
    library.content(collection, id).then((content) => {
      if (current) setShown(content === undefined ? 'absent' : cut(content, at));
    }, () => current && setShown('absent'));
    return () => {
      current = false;
    };
  }, [collection, id, at]);

  useEffect(() => {
    if (typeof shown === 'object' && text.current) showPassage(text.current, shown, hit);
  }, [shown, hit?.text, hit?.snippet.start]);

  useEffect(() => {
    heading.current?.focus({preventScroll: true});
    return () => {
      highlight('passage', undefined);
      highlight('sentence', undefined);
    };
  }, [collection, id]);

  const title = titleOf(hit ?? {id});
  return (
    <section class="reader" aria-label="Document">
      <header class="reader-head">
        <div class="reader-title">
          <h2 tabIndex={-1} ref={heading}>{title}</h2>
          <p class="quiet">{[collectionName(collection), ...id.split('/')].filter(Boolean).join(' / ')}</p>
        </div>
        <Button icon="similar" onClick={onSimilar}>More like this</Button>
        <Button icon="close" kind="quiet" label="Close the document" onClick={onClose} />
      </header>
      <div class="reader-body" tabIndex={0} role="region" aria-label="Text of the document">
        {shown === 'loading' && <p class="quiet pad">Opening …</p>}
        {shown === 'absent' && (
          <>
            <Notice kind="info">This is the passage alone: the collection was opened from a file, and the document
              itself is not in it.</Notice>
            {hit ? <div class="prose" ref={text}><p>{hit.text}</p></div> : <p class="quiet">The document is not here.</p>}
          </>
        )}
        {typeof shown === 'object' && (
          <>
            {shown.part && <p class="part quiet">Around the passage; the whole text has {bytes(shown.content.content.length)}.</p>}
            <div ref={text}><DocumentText text={shown.text} format={shown.content.format} /></div>
          </>
        )}
      </div>
    </section>
  );
}
