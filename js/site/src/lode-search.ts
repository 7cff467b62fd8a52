/* The file that lies beside an index: defines the element, and marks the words that the page was
 * found by. On a server it does nothing. */
import {defineLodeSearch} from './ui/element.ts';
import {markFromUrl} from './ui/landing.ts';

if (typeof document === 'object') {
  defineLodeSearch();
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', () => markFromUrl());
  } else {
    markFromUrl();
  }
}

export {LodeSearchElement, defineLodeSearch} from './ui/element.ts';
export {clearMarks, markFromUrl, markWords} from './ui/landing.ts';
