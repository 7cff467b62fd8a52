import {collectionName, collections} from '../app/library.ts';
import {href, route} from '../app/route.ts';
import {kindOf, labelOf} from '../worker/kinds.ts';
import type {Hit} from '../worker/types.ts';
import {MarkedText} from './marked_text.tsx';
import {refOf} from './state.ts';

export function titleOf({id, title}: {id: string; title?: string | undefined}): string {
  return title?.trim() || id.slice(id.lastIndexOf('/') + 1);
}

/** Why it is here, in two words. */
function reason({keyword, cosine}: Hit): string {
  if (keyword > 0 && cosine > 0) return 'words and meaning';
  return keyword > 0 ? 'words' : 'meaning';
}

function openHref(hit: Hit): string {
  return href('search', {...Object.fromEntries(route.value.params), open: refOf(hit), at: `${hit.source.start}-${hit.source.end}`});
}

export function Result({hit, current, index}: {hit: Hit; current: boolean; index: number}) {
  const {id, title, titleMarks, heading, text, snippet, marks, collection} = hit;
  const folder = id.split('/').slice(0, -1).join(' / ');
  const name = id.slice(id.lastIndexOf('/') + 1);
  // What the title says already is not said again.
  const under = heading.split(' > ').filter((part, i) => i > 0 || part !== titleOf(hit)).join(' › ');
  return (
    <li class={`result${current ? ' current' : ''}`}>
      <a href={openHref(hit)} data-result={index} aria-current={current ? 'true' : undefined}>
        <span class="result-title">
          {title.trim() === '' ? name : <MarkedText text={title} marks={titleMarks} />}
        </span>
        <span class="result-place">
          {collections.value.length > 1 && <span>{collectionName(collection)}</span>}
          {folder !== '' && <span>{folder}</span>}
          {title.trim() !== '' && <span>{name}</span>}
          {under !== '' && <span>{under}</span>}
        </span>
        <span class="result-text">
          {snippet.start > 0 && '… '}
          <MarkedText text={text} from={snippet.start} to={snippet.end} marks={marks} />
          {snippet.end < text.length && ' …'}
        </span>
        <span class="result-facts">
          <span class="tag">{labelOf(kindOf(id) ?? 'text')}</span>
          <span>{hit.metadata['day']?.[0] ?? ''}</span>
          <span>{`${hit.score.toFixed(2)} · ${reason(hit)}`}</span>
        </span>
      </a>
    </li>
  );
}
