// What can be asked of an engine that has been started, in a page and in Node.

/** read: the text of a file by its address. */
export function methodsOf(engine, read) {
  let texts = [];
  return {
    async texts(url) {
      texts = (await read(url)).split("\n").slice(0, -1);
      return texts.length;
    },

    /** Seconds for the first `count` texts in their order, `batch` a call. */
    async embed(count, batch) {
      const start = performance.now();
      for (let i = 0; i < count; i += batch) {
        await engine.embed(texts.slice(i, Math.min(i + batch, count)));
      }
      return (performance.now() - start) / 1e3;
    },

    /** Milliseconds of `count` calls of one text each. */
    async latency(count) {
      const ms = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        await engine.embed([texts[i % texts.length]]);
        ms.push(performance.now() - start);
      }
      return ms;
    },

    /** The vectors of `count` texts from `first` on, `batch` a call: float32, base64. */
    async vectors(first, count, batch) {
      const rows = [];
      for (let i = first; i < first + count; i += batch) {
        rows.push(...(await engine.embed(texts.slice(i, Math.min(i + batch, first + count)))));
      }
      const dim = rows[0].length;
      const all = new Float32Array(rows.length * dim);
      rows.forEach((row, i) => all.set(row, i * dim));
      const bytes = new Uint8Array(all.buffer);
      let binary = "";
      for (let i = 0; i < bytes.length; i += 0x8000) {
        binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
      }
      return { dim, base64: btoa(binary) };
    },

    /** Bytes of WebAssembly memory, where the engine says. */
    memory: async () => (await engine.memory?.()) ?? 0,

    close: () => engine.close(),
  };
}
