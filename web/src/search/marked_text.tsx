import type {TextRange} from 'lode';

/** A part of a text, with ranges of it marked. */
export function MarkedText({text, from = 0, to = text.length, marks}:
  {text: string; from?: number; to?: number; marks: readonly TextRange[]}) {
  const parts = [];
  let at = from;
  for (const {start, end} of marks) {
    if (start < at || end > to) continue;
    parts.push(text.slice(at, start), <mark>{text.slice(start, end)}</mark>);
    at = end;
  }
  parts.push(text.slice(at, to));
  return <>{parts}</>;
}
