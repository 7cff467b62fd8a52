/* A document, at the passage that was found, with the sentence marked. */
import type {TextRange} from 'lode';
import {useEffect, useRef, useState} from 'preact/hooks';
import {collectionName, library} from '../app/library.ts';
import {report} from '../app/log.ts';
import {titleOf} from '../search/result.tsx';
import {number} from '../ui/format.ts';
import {Button, Notice} from '../ui/parts.tsx';
import type {Hit, ReadDocument} from '../worker/types.ts';
import {DocumentText} from './document.tsx';
import {ShownText} from './find.ts';

interface ReaderProps {
  collection: string;
  id: string;
  /** Of the passage, in bytes of the document: "begin-end". */
  at: string | null;
  hit: Hit | undefined;
  onClose(): void;
  onSimilar(): void;
}

function rangeOf(at: string | null): TextRange {
  const [start = 0, end = 0] = (at ?? '').split('-').map(Number);
  return {start: Number.isInteger(start) ? start : 0, end: Number.isInteger(end) ? end : 0};
}

function highlight(name: string, range: Range | undefined): void {
  if (typeof Highlight === 'undefined') return;
  if (range === undefined) CSS.highlights.delete(name);
  else CSS.highlights.set(name, new Highlight(range));
}

function showPassage(root: Element, shown: ReadDocument, hit: Hit | undefined): void {
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
  const [shown, setShown] = useState<ReadDocument | 'absent' | 'loading'>('loading');
  const text = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    let current = true;
    setShown('loading');
    library.read(collection, id, rangeOf(at)).then((document) => {
      if (current) setShown(document ?? 'absent');
    }, (error: unknown) => {
      if (!current) return;
      setShown('absent');
      report(`${id} could not be read`, error);
    });
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
            <Notice kind="info">{hit ? 'This is the passage alone: the document is not in the collection any more.'
              : 'This document is not in the collection.'}</Notice>
            {hit && <div class="prose" ref={text}><p>{hit.text}</p></div>}
          </>
        )}
        {typeof shown === 'object' && (
          <>
            {shown.whole !== undefined && <p class="part quiet">Around the passage; the whole text has {number(shown.whole)} characters.</p>}
            <div ref={text}><DocumentText document={shown} /></div>
          </>
        )}
      </div>
    </section>
  );
}
