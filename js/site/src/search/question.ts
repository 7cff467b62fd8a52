/* What is asked, as engines are asked it: by whoever sends it ahead, and by whoever asks it then. */
import type {SiteFilters, SiteQuestion} from '../types.ts';

export interface QueryOptions {
  /** Whoever types on aborts what was asked before. */
  signal?: AbortSignal | undefined;
  /** The last word may be the beginning of one. Default: false. */
  typing?: boolean | undefined;
  /**
   * Default: "hybrid" as soon as the model is there, until then "keyword". "hybrid" waits for the
   * model, and is "keyword" where there is none.
   */
  mode?: 'keyword' | 'hybrid' | undefined;
  /** Pages, 1 to 100. Default: 10. */
  limit?: number | undefined;
  /** Passages of a page. Default: 3. */
  passages?: number | undefined;
  /** Also what does not seem to be about the question. */
  all?: boolean | undefined;
  filters?: SiteFilters | undefined;
}

export function questionOf(text: string, options: QueryOptions, hybrid: boolean): SiteQuestion {
  return {
    text,
    typing: options.typing ?? false,
    mode: hybrid ? 'hybrid' : 'keyword',
    limit: Math.min(Math.max(Math.trunc(options.limit ?? 10), 1), 100),
    passages: options.passages ?? 3,
    all: options.all ?? false,
    filters: options.filters ?? {},
  };
}

/** Of what stands in a field, whose last word may not be whole yet. */
export function typedText(field: string): {text: string; typing: boolean} {
  return {text: field.trim(), typing: !/\s$/.test(field)};
}
