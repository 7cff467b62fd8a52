/* What the element says to its page. All events bubble and leave shadow trees; none leaves the page. */
import type {SiteError} from '../errors.ts';
import type {ModelState} from '../search/site_search.ts';
import type {SiteMode} from '../types.ts';

export interface QueryDetail {
  query: string;
  /** Pages shown, and pages that there are. */
  shown: number;
  total: number;
  mode: SiteMode;
  correction: string | undefined;
  /** Until the answer was there. */
  ms: number;
}

export interface ResultDetail {
  query: string;
  url: string;
  title: string;
  /** 1: the first result; 0: a page from the list of recent ones. */
  rank: number;
  newTab: boolean;
}

export interface LodeSearchEvents {
  /** The dialog was opened, the inline field focused for the first time. */
  'lode-search:open': Record<string, never>;
  'lode-search:close': Record<string, never>;
  /** Somebody has stopped typing, or chose a result: not every key. */
  'lode-search:query': QueryDetail;
  /** The same, where there was nothing, or nothing relevant. */
  'lode-search:no-results': QueryDetail;
  /** A result was chosen. */
  'lode-search:click': ResultDetail;
  /** The page is about to change; preventDefault() leaves that to the listener. */
  'lode-search:navigate': ResultDetail;
  /** The model's state has changed. */
  'lode-search:model': {state: ModelState};
  'lode-search:error': {error: SiteError};
}

export type Emit = <K extends keyof LodeSearchEvents>(name: K, detail: LodeSearchEvents[K]) =>
  boolean;

/** False: a listener called preventDefault. */
export function emitFrom(element: EventTarget): Emit {
  return (name, detail) => element.dispatchEvent(new CustomEvent(name, {
    detail, bubbles: true, composed: true, cancelable: name === 'lode-search:navigate',
  }));
}
