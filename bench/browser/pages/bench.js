// One engine in a page. Its address says which and how: ?engine=NAME&options=JSON&text=FIRST.
// The engine's module has `open(options)`, which gives { name, embed(texts), close() }; embed
// resolves to one array of numbers a text, of length 1.
const query = new URLSearchParams(location.search);
let engine;
let texts = [];
const asked = { dispatches: 0, submits: 0 };

/** Count what this page, not its workers, asks of a GPU. */
function count() {
  const wrap = (prototype, name, key) => {
    const real = prototype[name];
    prototype[name] = function (...words) {
      asked[key]++;
      return real.apply(this, words);
    };
  };
  wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
  wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", "dispatches");
  wrap(GPUQueue.prototype, "submit", "submits");
}

async function start() {
  const options = JSON.parse(query.get("options"));
  if (options.gpu) count();
  const { open } = await import(`./engines/${query.get("engine")}.js`);
  engine = await open(options);
  const opened = performance.now();
  await engine.embed([query.get("text")]);
  // Since the navigation began.
  return { firstVectorMs: performance.now(), openMs: opened, name: engine.name };
}

window.bench = {
  ready: start(),

  async texts(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    texts = (await response.text()).split("\n").slice(0, -1);
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

  /** What one call of the first `count` texts asks of the GPU. */
  async asks(count) {
    Object.assign(asked, { dispatches: 0, submits: 0 });
    await engine.embed(texts.slice(0, count));
    return { ...asked };
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

  close: () => engine.close(),
};
