/* What a search of a site is asked, and what it answers. */

/** UTF-16 offsets begin .. end - 1 of a text. */
export interface Mark {
  begin: number;
  end: number;
}

/** A passage of a page. Texts are texts: never HTML. */
export interface SitePassage {
  /** The headings that it is under, outermost first. */
  headings: string[];
  /** To link to, without "#"; or "". */
  anchor: string;
  snippet: string;
  /** The words of the question in the snippet, in order. */
  marks: Mark[];
  /** The passage has text before the snippet, behind it. */
  cutBefore: boolean;
  cutAfter: boolean;
}

export interface SitePage {
  /** As it is in the index: relative to the site, or absolute. Not yet known to be safe. */
  url: string;
  title: string;
  titleMarks: Mark[];
  metadata: Record<string, string[]>;
  /** Larger is better; of one question's results only. */
  score: number;
  /** The best first. */
  passages: SitePassage[];
}

/** "keyword": words alone; "hybrid": words and meaning; "semantic": meaning alone. */
export type SiteMode = 'keyword' | 'hybrid' | 'semantic';

export interface SiteResults {
  pages: SitePage[];
  /** Pages that there are, or at least so many. */
  total: number;
  totalAtLeast: boolean;
  /** False: nothing seems to be about the question. */
  relevant: boolean;
  /** The question with slips of typing mended, which was then searched for. */
  correction: string | undefined;
  /** What took part. */
  mode: SiteMode;
}

/** Of each key named, a page has one of the values. */
export type SiteFilters = Record<string, string[]>;

export interface SiteFacet {
  key: string;
  /** In the order in which they are to be shown. */
  values: {value: string; count: number}[];
}

/**
 * Of a large index, what is read for a question by meaning: the vectors that are near to it and to
 * what its words have found, or all of them, once. With "all" results are those of the collection
 * to the last bit; "near" may miss some that are far down, and takes some hundred kilobytes.
 */
export type SiteVectors = 'near' | 'all';

/** A file of an index; its name is a plain file name. */
export interface SiteFile {
  name: string;
  /** 0: not known. */
  size: number;
}

export interface SiteInfo {
  pages: number;
  /** Base of the pages' URLs, as the index was told; or "". */
  base: string;
  /** The file of the model that its vectors are of, in its folder; undefined: it has none. */
  model: string | undefined;
}

export interface SiteQuestion {
  text: string;
  /** Somebody is still at it: the last word may be the beginning of one. */
  typing: boolean;
  /** "hybrid" takes a model. */
  mode: 'keyword' | 'hybrid';
  /** Pages, at most. */
  limit: number;
  /** Passages of a page, at most. */
  passages: number;
  /** Also what is not relevant. */
  all: boolean;
  filters: SiteFilters;
}

export type SiteProgress = (loaded: number, total: number) => void;

/**
 * What understands an index's files. It fetches nothing: it says what it needs, is given that, and
 * is asked again. One question at a time; every byte that it is given is taken to be hostile.
 */
export interface SiteEngine {
  readonly info: SiteInfo;
  /** Until then it is only asked what a question needs, and may leave out what it cannot know yet. */
  readonly ready?: Promise<void>;
  /** The results, or the files that are missing, all of them at once as far as it is known. */
  ask(question: SiteQuestion): SiteAnswer<SiteResults>;
  /** What pages can be filtered by. */
  facets(): SiteAnswer<SiteFacet[]>;
  /** The same of the pages alone that the question finds. An engine need not know. */
  count?(question: SiteQuestion): SiteAnswer<SiteFacet[]>;
  /** Throws SiteError "damaged" where the bytes are not that file's. */
  give(file: string, bytes: Uint8Array): void;
  /** From here on questions may be "hybrid". */
  giveModel(bytes: Uint8Array): void | Promise<void>;
  close(): void;
}

export type SiteAnswer<T> = {needs: SiteFile[]} | {value: T};

/** Makes an engine of an index's first file. */
export type SiteEngineFactory = (boot: Uint8Array) => SiteEngine | Promise<SiteEngine>;
