/* Embedders of the page's own, for Compare, Bench, Map and Status: each in a worker. */
import {createEmbedder, type Embedder, type EmbedderOptions, type ModelSource} from 'lode';
import {library} from './library.ts';

/** Ends with `dispose`; a model that the library keeps, with its own files. */
export async function openEmbedder(model: string, options: EmbedderOptions = {}): Promise<Embedder> {
  return createEmbedder((await library.modelSource(model)) as ModelSource, options);
}

let shared: {model: string; embedder: Promise<Embedder>} | undefined;

/** One that stays, until another model is asked for. */
export async function sharedEmbedder(model: string): Promise<Embedder> {
  if (shared?.model === model) return shared.embedder;
  const last = shared;
  const opened = {model, embedder: openEmbedder(model)};
  shared = opened;
  void last?.embedder.then((embedder) => embedder.dispose(), () => undefined);
  opened.embedder.catch(() => {
    if (shared === opened) shared = undefined;
  });
  return opened.embedder;
}
