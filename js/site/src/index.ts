/* lode/site: search of a static site. Importing it does nothing; see lode-search.ts. */
export {SiteError, type SiteErrorCode} from './errors.ts';
export {SiteSearch, type ModelState, type OpenOptions, type QueryOptions}
  from './search/site_search.ts';
export type {
  Mark, SiteAnswer, SiteEngine, SiteEngineFactory, SiteFacet, SiteFile, SiteFilters, SiteInfo,
  SiteMode, SitePage, SitePassage, SiteProgress, SiteQuestion, SiteResults, SiteVectors,
} from './types.ts';
export {LodeSearchElement, defineLodeSearch} from './ui/element.ts';
export type {LodeSearchEvents, QueryDetail, ResultDetail} from './ui/events.ts';
export {LANGUAGES, type Labels} from './ui/labels.ts';
export {MARK_PARAM, clearMarks, markFromUrl, markWords} from './ui/landing.ts';
export type {PanelState} from './ui/panel.ts';
