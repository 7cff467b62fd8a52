/** Bytes that have not been read yet: nobody has to copy them from where they were read to. */
export interface Unread {
  length: number;
  /** Read all of them; throws where there are fewer. */
  into(target: Uint8Array): void;
}

export type Chunk = Uint8Array | Unread;

/** A file's bytes on their way. */
export interface Body {
  /** Where it is known. */
  size?: number;
  chunks: AsyncIterable<Chunk>;
}

/** A stream's chunks; the stream is cancelled when the loop over them ends early. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let whole = false;
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    whole = true;
  } finally {
    if (!whole) reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
