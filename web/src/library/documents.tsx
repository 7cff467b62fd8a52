/* A collection's documents: only the rows that are in sight are there. */
import {useEffect, useRef, useState} from 'preact/hooks';
import {library} from '../app/library.ts';
import {attempt, report} from '../app/log.ts';
import {href} from '../app/route.ts';
import {bytes, count, date} from '../ui/format.ts';
import {Button} from '../ui/parts.tsx';
import {labelOf} from '../worker/kinds.ts';
import type {Collection, DocumentRow} from '../worker/types.ts';

const ROW = 48; // pixels, as the style sheet has it
const AROUND = 12;

interface Page {
  offset: number;
  rows: DocumentRow[];
  total: number;
}

/** fixed: nothing can be removed. */
export function Documents({collection, fixed}: {collection: Collection; fixed: boolean}) {
  const [filter, setFilter] = useState('');
  const [page, setPage] = useState<Page>({offset: 0, rows: [], total: 0});
  const [first, setFirst] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const height = () => list.current?.clientHeight ?? 600;

  const load = (offset: number) => {
    const limit = Math.ceil(height() / ROW) + 2 * AROUND;
    library.documents(collection.id, {offset, limit, text: filter}).then(({rows, total}) => setPage({offset, rows, total}),
      (error: unknown) => report('The documents could not be listed', error));
  };
  useEffect(() => load(Math.max(0, first - AROUND)), [collection.id, collection.revision, filter, first]);
  useEffect(() => {
    if (list.current) list.current.scrollTop = 0;
    setFirst(0);
  }, [collection.id, filter]);

  const remove = (row: DocumentRow) => attempt(`${row.id} could not be removed`, () => library.removeDocuments(collection.id, [row.id]));
  return (
    <section class="documents card" aria-label="Documents">
      <header class="documents-head">
        <h2>{count(filter ? page.total : Math.max(page.total, collection.documents), 'document')}</h2>
        <input type="search" class="field-input" placeholder="Filter by name" aria-label="Filter documents by name" value={filter}
          onInput={({currentTarget}) => setFilter(currentTarget.value)} />
      </header>
      <div class="rows" ref={list} tabIndex={0} role="region" aria-label="List of documents" onScroll={({currentTarget}) => {
        const at = Math.floor(currentTarget.scrollTop / ROW / AROUND) * AROUND;
        if (at !== first) setFirst(at);
      }}>
        <ul style={{height: `${page.total * ROW}px`}}>
          {page.rows.map((row, i) => (
            <li key={row.id} class="document" style={{top: `${(page.offset + i) * ROW}px`}}>
              <a href={href('search', {c: collection.id, open: `${collection.id}:${row.id}`})} title={row.id}>
                <span class="document-name">{row.title?.trim() || row.id.slice(row.id.lastIndexOf('/') + 1)}</span>
                {(row.title || row.id.includes('/')) && <span class="document-path">{row.id}</span>}
              </a>
              <span class="tag">{labelOf(row.kind)}</span>
              <span class="document-date">{date(row.modified)}</span>
              <span class="document-size">{bytes(row.size)}</span>
              {!fixed && <Button icon="trash" kind="quiet" small label={`Remove ${row.id}`} onClick={() => remove(row)} />}
            </li>
          ))}
        </ul>
        {page.total === 0 && filter !== '' && <p class="quiet pad">No name has “{filter}” in it.</p>}
      </div>
    </section>
  );
}
