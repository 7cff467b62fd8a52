// How long a page stands still while an embedder prepares a GPU and makes its first vector, and how
// soon another embedder, on the CPU, answers meanwhile. ?options=JSON, as createEmbedder takes them,
// with `model`.
import { createEmbedder } from "/lode/dist/index.js";

const { model, ...options } = JSON.parse(new URLSearchParams(location.search).get("options"));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The longest time between two frames, and the longest task, while `work` goes on. */
async function watched(work) {
  let going = true;
  let frameMs = 0;
  let frames = 0;
  let taskMs = 0;
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    frameMs = Math.max(frameMs, now - last);
    last = now;
    frames++;
    if (going) requestAnimationFrame(frame);
  };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) taskMs = Math.max(taskMs, duration);
  });
  observer.observe({ entryTypes: ["longtask"] });
  requestAnimationFrame(frame);
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1e3;
  await sleep(100); // until the observer has heard of the last task
  going = false;
  observer.disconnect();
  return { seconds, frames, frameMs, taskMs, ...result };
}

let cpu;

async function start() {
  cpu = await createEmbedder(model, { cache: false, threads: 1 });
  await cpu.embed("a query");
}

/** Queries that the CPU answers while `others` is under way, and the slowest of them. */
async function answers(others) {
  const ms = [];
  let done = false;
  const ended = others.then((value) => ((done = true), value));
  while (!done) {
    const asked = performance.now();
    await cpu.embed("what does it cost to send a parcel abroad");
    ms.push(performance.now() - asked);
    await Promise.race([ended, sleep(50)]);
  }
  ms.sort((a, b) => a - b);
  return { value: await ended, answered: ms.length, medianMs: ms[ms.length >> 1], mostMs: ms.at(-1) };
}

window.freeze = {
  ready: start(),

  /** The same, while nothing is prepared. */
  idle: (ms) => watched(async () => ({ ...(await answers(sleep(ms))), value: undefined })),

  gpu: () =>
    watched(async () => {
      const prepare = async () => {
        const embedder = await createEmbedder(model, { cache: false, ...options });
        await embedder.embed("the first vector");
        const { backend, device, reason } = embedder.info;
        await embedder.dispose();
        return { backend, device, reason };
      };
      const { value, ...rest } = await answers(prepare());
      return { ...rest, ...value };
    }),
};
