/* What the element needs once somebody searches. */
export {SiteSearch} from '../search/site_search.ts';
export {Panel} from './panel.ts';
