/* Pages that were opened from the search, and those to keep: in this browser alone. */
import {safeUrl} from './urls.ts';

export interface Visited {
  url: string;
  title: string;
  /** Where on the page or site. */
  crumb: string;
  favourite: boolean;
}

const RECENTS = 5;
const FAVOURITES = 20;
const TEXT = 300;

const stores = new Map<string, VisitedStore>();

/** name: indexes of an origin have lists of their own; elements of one index have one. */
export function visitedStore(name: string): VisitedStore {
  const store = stores.get(name) ?? new VisitedStore(name);
  stores.set(name, store);
  return store;
}

/** A list in localStorage; without it, for the life of the page. */
export class VisitedStore {
  readonly #key: string;
  #memory: Visited[] | undefined;

  constructor(name: string) {
    this.#key = `lode-search:${name}`;
  }

  /** The newest first. Anybody can write there: nothing is taken for granted. */
  list(): Visited[] {
    if (this.#memory) return this.#memory;
    try {
      const list: unknown = JSON.parse(localStorage.getItem(this.#key) ?? '[]');
      if (!Array.isArray(list)) return [];
      return list.slice(0, RECENTS + FAVOURITES).flatMap(readVisited);
    } catch {
      return [];
    }
  }

  add(url: string, title: string, crumb: string): void {
    const list = this.list();
    const before = list.find(entry => entry.url === url);
    const entry = {url, title, crumb, favourite: before?.favourite ?? false};
    this.#write([entry, ...list.filter(other => other !== before)]);
  }

  remove(url: string): void {
    this.#write(this.list().filter(entry => entry.url !== url));
  }

  setFavourite(url: string, favourite: boolean): void {
    this.#write(this.list().map(entry => entry.url === url ? {...entry, favourite} : entry));
  }

  clear(): void {
    this.#write([]);
  }

  #write(list: Visited[]): void {
    const kept = [
      ...list.filter(({favourite}) => favourite).slice(0, FAVOURITES),
      ...list.filter(({favourite}) => !favourite).slice(0, RECENTS),
    ];
    try {
      if (kept.length > 0) localStorage.setItem(this.#key, JSON.stringify(kept));
      else localStorage.removeItem(this.#key);
      this.#memory = undefined;
    } catch {
      this.#memory = kept; // no room, or not allowed
    }
  }
}

function readVisited(entry: unknown): Visited[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const {url, title, crumb, favourite} = entry as Record<string, unknown>;
  if (typeof url !== 'string' || typeof title !== 'string' || typeof crumb !== 'string') return [];
  if (!safeUrl(url, document.baseURI)) return [];
  const cut = (text: string) => text.slice(0, TEXT);
  return [{url, title: cut(title), crumb: cut(crumb), favourite: favourite === true}];
}
