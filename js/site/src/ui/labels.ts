/* What the element says, in the page's language. */

export type LabelName =
  | 'name' | 'search' | 'placeholder' | 'clear' | 'close' | 'list' | 'loading' | 'correction'
  | 'none' | 'noneHint' | 'irrelevant' | 'nearest' | 'idle' | 'empty' | 'offline'
  | 'offlineHint' | 'error' | 'retry' | 'unsupported' | 'filters' | 'clearFilters' | 'more'
  | 'recent' | 'favourites' | 'remove' | 'favourite' | 'move' | 'openKey' | 'closeKey'
  | 'words' | 'modelLoading' | 'meaning' | 'modelFailed';

/** A language's file, as in lang/. {n} a number, {q} a question, {t} a title, {p} a percentage. */
export interface Labels extends Record<LabelName, string> {
  /** By the plural categories of the language. */
  results: Partial<Record<Intl.LDMLPluralRule, string>>;
  dir?: 'ltr' | 'rtl';
}

/** Of English, what is said before the panel is there: lang/en.json has it too, and all else. */
export const FIRST = {
  search: 'Search', placeholder: 'Search this site', close: 'Close', offline: 'You are offline',
  error: 'Search could not be loaded', retry: 'Try again',
};

/** What a language's file, or the page, leaves out is English. */
export type SomeLabels = Partial<Labels> & typeof FIRST;

/** The languages that there are files for. */
export const LANGUAGES = [
  'ar', 'de', 'en', 'es', 'fa', 'fr', 'he', 'hi', 'it', 'ja', 'ko', 'nl', 'pl', 'pt', 'ru', 'tr',
  'uk', 'zh', 'zh-Hant',
] as const;

/** The file for a language tag: "pt-BR" is "pt", "zh-TW" is "zh-Hant". English if there is none. */
export function languageFile(tag: string): string {
  // Asking for a locale's parts takes milliseconds the first time, and is needed for few tags.
  let [language = ''] = tag.toLowerCase().split('-');
  const known = LANGUAGES.find(name => name === language);
  if (known && (known !== 'zh' || tag.length === 2)) return known;
  try {
    const locale = new Intl.Locale(tag).maximize();
    language = locale.language;
    if (language === 'zh' && locale.script === 'Hant') language = 'zh-Hant';
  } catch {
    // Not a language tag.
  }
  return LANGUAGES.find(name => name === language) ?? 'en';
}

const loaded = new Map<string, Promise<SomeLabels>>();

/** From the index's folder; English where they cannot be had. */
export function loadLabels(tag: string, folder: string | URL): Promise<SomeLabels> {
  const url = new URL(`lode-search-${languageFile(tag)}.json`, folder).href;
  if (languageFile(tag) === 'en') return Promise.resolve(FIRST);
  let labels = loaded.get(url);
  if (!labels) {
    labels = fetch(url)
      .then(response => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return response.json() as Promise<Partial<Labels>>;
      })
      .then(file => ({...FIRST, ...file}), () => {
        loaded.delete(url);
        return FIRST;
      });
    loaded.set(url, labels);
  }
  return labels;
}
