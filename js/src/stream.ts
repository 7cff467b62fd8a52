/* Vectors of a stream of texts: loaded with the first. */
import type {Embeddings} from './embeddings.ts';
import {checkText, type StreamedEmbedding} from './texts.ts';
import type {Text} from './types.ts';

/** Texts that are embedded together, at most. */
const STREAM_TEXTS = 256;
const STREAM_LENGTH = 65536;

/** See Embedder.embedStream; `embed` embeds a batch. */
export async function* embedStream(texts: AsyncIterable<Text> | Iterable<Text>,
  embed: (batch: Text[]) => Promise<Embeddings>,
  signal: AbortSignal | undefined): AsyncGenerator<StreamedEmbedding> {
  const batches = batched(texts, signal)[Symbol.asyncIterator]();
  let index = 0;
  try {
    let running: Promise<Embeddings> | undefined;
    for (;;) {
      const {done, value} = await batches.next();
      const following = done ? undefined : embed(value);
      following?.catch(() => undefined); // it is awaited a round later
      if (running !== undefined) {
        const embeddings = await running;
        for (let i = 0; i < embeddings.count; i++) {
          yield {index: index++, vector: embeddings.at(i)!, report: embeddings.report(i)!};
        }
      }
      if (following === undefined) return;
      running = following;
    }
  } finally {
    await batches.return(undefined);
  }
}

/** What has arrived of a stream, as arrays: as many as are there, and never more than is useful. */
async function* batched(texts: AsyncIterable<Text> | Iterable<Text>,
  signal: AbortSignal | undefined): AsyncGenerator<Text[]> {
  let batch: Text[] = [];
  let length = 0;
  let item = 0;
  const iterator = Symbol.asyncIterator in texts ? texts[Symbol.asyncIterator]()
    : texts[Symbol.iterator]();
  const nothing = Symbol('nothing yet');
  try {
    let next: Promise<IteratorResult<Text>> | undefined;
    for (;;) {
      next ??= Promise.resolve(iterator.next());
      // A stream that makes us wait gets what it has given so far.
      const got = batch.length === 0 ? await next
        : await Promise.race([next, settled(nothing)]);
      signal?.throwIfAborted();
      if (got !== nothing) {
        next = undefined;
        const {done, value} = got as IteratorResult<Text>;
        if (done) break;
        checkText(value, item++);
        batch.push(value);
        length += value.length;
        if (batch.length < STREAM_TEXTS && length < STREAM_LENGTH) continue;
      }
      yield batch;
      batch = [];
      length = 0;
    }
    if (batch.length > 0) yield batch;
  } finally {
    await iterator.return?.();
  }
}

/** After what is already waiting to run has run. */
function settled<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, 0, value));
}
