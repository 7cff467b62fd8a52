/* Open collections: each an engine in a worker of its own, the least recently used closed first. */
import {LodeError, openIndex, type Index, type OpenIndexOptions} from 'lode';
import type {Context} from './context.ts';
import {messageOf} from './errors.ts';
import type {Models} from './models.ts';
import {pathOf} from './opfs.ts';
import type {Collection} from './types.ts';

const MOST_OPEN = 4;
/** For a tab that was killed and still holds its files. */
const WAIT = 8000;

interface Open {
  index: Promise<Index>;
  used: number;
  busy: number;
}

export class Engines {
  readonly #context: Context;
  readonly #models: Models;
  readonly #open = new Map<string, Open>();

  constructor(context: Context, models: Models) {
    this.#context = context;
    this.#models = models;
  }

  /** Work with a collection; it stays open meanwhile. */
  async use<T>(collection: Collection, work: (index: Index) => Promise<T>): Promise<T> {
    const open = this.#get(collection);
    open.busy++;
    try {
      return await work(await open.index);
    } catch (error) {
      // Its module is gone: the next call makes another.
      if (error instanceof LodeError && error.code === 'LODE_E_ENGINE') this.#open.delete(collection.id);
      throw error;
    } finally {
      open.busy--;
      open.used = performance.now();
      void this.#closeOld();
    }
  }

  #get(collection: Collection): Open {
    const found = this.#open.get(collection.id);
    if (found !== undefined) return found;
    const open: Open = {index: this.#start(collection), used: performance.now(), busy: 0};
    this.#open.set(collection.id, open);
    open.index.catch(() => this.#open.delete(collection.id));
    return open;
  }

  async #start(collection: Collection): Promise<Index> {
    const began = performance.now();
    const source = collection.place === 'memory' ? {create: true as const}
      : {opfs: pathOf(`${collection.id}.lode`), create: !collection.imported};
    const wait = {wait: WAIT};
    let index: Index;
    if (collection.model === undefined) {
      index = await openIndex(source, wait);
    } else {
      try {
        index = await openIndex(source, {...wait, ...(await this.#modelOptions(collection.model))});
        collection.wordsOnly = undefined;
      } catch (error) {
        const fixed = error instanceof LodeError && ['LODE_E_BUSY', 'LODE_E_ENGINE'].includes(error.code);
        // A collection without documents would be made without vectors for good.
        if (fixed || collection.documents === 0) throw error;
        index = await openIndex(source, wait);
        collection.wordsOnly = messageOf(error);
        this.#context.log('warning', `${collection.name}: searched by words alone: ${messageOf(error)}`);
      }
    }
    await this.#note(collection, index);
    const ms = Math.round(performance.now() - began);
    this.#context.log('info', `${collection.name}: opened in ${ms} ms, ${collection.documents} documents`);
    return index;
  }

  async #modelOptions(id: string): Promise<OpenIndexOptions> {
    return {model: await this.#models.source(id), modelName: this.#models.get(id).name};
  }

  async #note(collection: Collection, index: Index): Promise<void> {
    const {documents, chunks, bytes, freeBytes} = await index.info();
    Object.assign(collection, {documents, chunks, bytes, freeBytes});
    this.#context.changed();
  }

  /** What a collection has in it, after a change. */
  refresh(collection: Collection): Promise<void> {
    return this.use(collection, (index) => this.#note(collection, index));
  }

  async #closeOld(): Promise<void> {
    // What is in memory alone would be gone.
    const idle = [...this.#open].filter(([id, {busy}]) => busy === 0 && !this.#kept.has(id))
      .sort(([, a], [, b]) => a.used - b.used);
    while (this.#open.size > MOST_OPEN && idle.length > 0) await this.close(idle.shift()![0]);
  }

  readonly #kept = new Set<string>();

  /** Never closed for want of use. */
  keep(id: string): void {
    this.#kept.add(id);
  }

  async close(id: string): Promise<void> {
    const open = this.#open.get(id);
    this.#open.delete(id);
    this.#kept.delete(id);
    await open?.index.then((index) => index.dispose(), () => undefined);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
  }
}
