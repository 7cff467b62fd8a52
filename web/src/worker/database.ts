/* The catalogue: which collections, documents and queued files there are. In IndexedDB, or in memory
 * where the browser keeps nothing. Only the tab that writes uses it. */

/** Stores and their keys. Rows of a collection have keys that begin with its id. */
const STORES = {
  collections: 'id',
  documents: ['collection', 'id'],
  contents: ['collection', 'id'],
  queue: ['collection', 'id'],
  folders: ['collection', 'id'],
  models: 'id',
} as const;

export type StoreName = keyof typeof STORES;
export type Key = string | [string, string];

export type Change =
  | {store: StoreName; put: object}
  | {store: StoreName; remove: Key}
  | {store: StoreName; removeOf: string};

export interface Database {
  readonly persistent: boolean;
  get<T>(store: StoreName, key: Key): Promise<T | undefined>;
  /** All rows, or those of a collection. */
  all<T>(store: StoreName, collection?: string): Promise<T[]>;
  /** Everything or nothing. */
  change(changes: readonly Change[]): Promise<void>;
  clear(): Promise<void>;
}

const NAME = 'lode-app';

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the request failed'));
  });
}

function under(collection: string): IDBKeyRange {
  return IDBKeyRange.bound([collection], [collection, []]);
}

class IndexedDatabase implements Database {
  readonly persistent = true;
  readonly #db: IDBDatabase;

  constructor(db: IDBDatabase) {
    this.#db = db;
  }

  #read(store: StoreName): IDBObjectStore {
    return this.#db.transaction(store).objectStore(store);
  }

  get<T>(store: StoreName, key: Key): Promise<T | undefined> {
    return asked<T | undefined>(this.#read(store).get(key));
  }

  all<T>(store: StoreName, collection?: string): Promise<T[]> {
    return asked<T[]>(this.#read(store).getAll(collection && under(collection)));
  }

  change(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    const names = [...new Set(changes.map(({store}) => store))];
    const transaction = this.#db.transaction(names, 'readwrite');
    for (const change of changes) {
      const store = transaction.objectStore(change.store);
      if ('put' in change) store.put(change.put);
      else if ('remove' in change) store.delete(change.remove);
      else store.delete(under(change.removeOf));
    }
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was aborted'));
    });
  }

  async clear(): Promise<void> {
    const names = Object.keys(STORES) as StoreName[];
    const transaction = this.#db.transaction(names, 'readwrite');
    for (const name of names) transaction.objectStore(name).clear();
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

class MemoryDatabase implements Database {
  readonly persistent = false;
  readonly #stores = new Map<StoreName, Map<string, object>>();

  #store(name: StoreName): Map<string, object> {
    const found = this.#stores.get(name) ?? new Map<string, object>();
    this.#stores.set(name, found);
    return found;
  }

  async get<T>(store: StoreName, key: Key): Promise<T | undefined> {
    return this.#store(store).get(JSON.stringify(key)) as T | undefined;
  }

  async all<T>(store: StoreName, collection?: string): Promise<T[]> {
    const rows = [...this.#store(store).values()] as (T & {collection?: string})[];
    return collection === undefined ? rows : rows.filter((row) => row.collection === collection);
  }

  async change(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      const rows = this.#store(change.store);
      if ('put' in change) {
        const path = STORES[change.store];
        const row = change.put as Record<string, string>;
        const key = typeof path === 'string' ? row[path] : path.map((name) => row[name]);
        rows.set(JSON.stringify(key), change.put);
      } else if ('remove' in change) {
        rows.delete(JSON.stringify(change.remove));
      } else {
        for (const [key, row] of rows) {
          if ((row as {collection?: string}).collection === change.removeOf) rows.delete(key);
        }
      }
    }
  }

  async clear(): Promise<void> {
    this.#stores.clear();
  }
}

export async function openDatabase(persistent: boolean): Promise<Database> {
  if (!persistent || typeof indexedDB === 'undefined') return new MemoryDatabase();
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        request.result.createObjectStore(name, {keyPath: keyPath as string | string[]});
      }
    };
    return new IndexedDatabase(await asked(request));
  } catch {
    return new MemoryDatabase(); // private windows of some browsers
  }
}
