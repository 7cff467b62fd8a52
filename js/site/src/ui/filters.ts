/* The attribute `filters`. */
import type {SiteFilters} from '../types.ts';

/** "version:2.0, kind:guide": of each key that is named, one of its values. */
export function parseFilters(text: string): SiteFilters {
  const filters = Object.create(null) as SiteFilters;
  for (const part of text.split(',')) {
    const at = part.indexOf(':');
    const key = part.slice(0, at).trim();
    const value = part.slice(at + 1).trim();
    if (at > 0 && key && value) (filters[key] ??= []).push(value);
  }
  return filters;
}
