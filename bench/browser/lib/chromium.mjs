// Chromium without a window: a browser with a profile of its own, its tabs, and what they use.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Connection } from "./cdp.mjs";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];
const TICKS = 100; // of /proc, a second

/** What a process has used so far, in seconds of CPU time; 0 if it has ended. */
export function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}

/** What all processes have used since the machine started, and what a host has taken from it. */
export function machineCpuSeconds() {
  const fields = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].split(/ +/).map(Number);
  const [, user, nice, system, , , irq, softirq, stolen] = fields;
  return (user + nice + system + irq + softirq + stolen) / TICKS;
}

/** Megabytes of a line of a process's status: VmRSS, or VmHWM, the most that it was. */
export function residentMb(pid, name) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
}

/** $CHROMIUM, or what is on the PATH. */
export function chromiumPath() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = process.env.CHROMIUM ?? candidates.find(existsSync);
  if (!found) throw new Error("no Chromium on the PATH; CHROMIUM names another");
  return found;
}

/** Keeps the page's own WebAssembly memories in `benchMemories`; runs before its scripts. To search
 * its heap for them afterwards takes minutes where a page holds a large vocabulary. */
const KEEP_MEMORIES = `(() => {
  const found = (globalThis.benchMemories = []);
  const ofInstance = (instance) => {
    for (const value of Object.values(instance.exports)) {
      if (value instanceof WebAssembly.Memory) found.push(value);
    }
  };
  const wrap = (name, kind, look) => {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      [kind](...words) {
        const result = Reflect[kind](...words);
        if (result instanceof Promise) result.then((r) => look(r.instance ?? r), () => {});
        else look(result);
        return result;
      },
    });
  };
  wrap("Memory", "construct", (memory) => found.push(memory));
  wrap("Instance", "construct", ofInstance);
  wrap("instantiate", "apply", ofInstance);
  wrap("instantiateStreaming", "apply", ofInstance);
})()`;
const SIZE = "(memory) => [memory.buffer.byteLength, memory.buffer instanceof ArrayBuffer]";

/** [bytes, not shared] of each memory in a worker's heap. */
async function memoriesOf(connection, session) {
  const prototype = await connection.send(
    "Runtime.evaluate",
    { expression: "WebAssembly.Memory.prototype" },
    session,
  );
  const found = await connection.send(
    "Runtime.queryObjects",
    { prototypeObjectId: prototype.result.objectId },
    session,
  );
  const answer = await connection.send(
    "Runtime.callFunctionOn",
    {
      objectId: found.objects.objectId,
      functionDeclaration: `function () { return this.map(${SIZE}); }`,
      returnByValue: true,
    },
    session,
  );
  return answer.result.value;
}

const WORKERS_MS = 3000; // in which workers have to answer

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until all of a list is there that grows meanwhile. */
async function settled(list) {
  for (let i = 0; i < list.length; i++) await list[i];
}

class Tab {
  constructor(browser, target, session) {
    Object.assign(this, { browser, target, session, log: [] });
  }

  send(method, params) {
    return this.browser.connection.send(method, params, this.session);
  }

  /** The value of an expression, awaited. What the page logged is in the error, if it throws. */
  async evaluate(expression) {
    const answer = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails) {
      const { exception, text } = answer.exceptionDetails;
      const log = this.log.length ? `\n  the page said: ${this.log.join("\n  ")}` : "";
      throw new Error(`${exception?.description ?? text}${log}`);
    }
    return answer.result.value;
  }

  /** Go to a page; its script is to set `ready`, a promise, whose value this gives. */
  async open(url, ready = "window.bench.ready") {
    const loaded = this.browser.event(this.session, "Page.loadEventFired");
    const { errorText } = await this.send("Page.navigate", { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
    return this.evaluate(ready);
  }

  /** The bytes of all WebAssembly memories of the page and its workers. A memory that is shared
   * is in several of them and counts once. Attaching to workers may slow them: call this last. */
  async wasmBytes() {
    const { connection } = this.browser;
    const sizes = [];
    const asked = [];
    const attach = (session) => {
      const options = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
      return connection.send("Target.setAutoAttach", options, session);
    };
    const ask = async (session) => {
      await attach(session);
      sizes.push(...(await memoriesOf(connection, session)));
    };
    const stop = connection.listen(({ method, params }) => {
      if (method !== "Target.attachedToTarget" || params.targetInfo.type !== "worker") return;
      asked.push(ask(params.sessionId).catch(() => {}));
    });
    await attach(this.session);
    sizes.push(...(await this.evaluate(`benchMemories.map(${SIZE})`)));
    // A thread that sleeps on shared memory cannot answer; the worker that started it does.
    await Promise.race([settled(asked), sleep(WORKERS_MS)]);
    stop();
    const shared = sizes.filter(([, alone]) => !alone).map(([bytes]) => bytes);
    const own = sizes.filter(([, alone]) => alone).map(([bytes]) => bytes);
    return own.reduce((a, b) => a + b, 0) + Math.max(0, ...shared);
  }

  async close() {
    const gone = this.browser.event(undefined, "Target.targetDestroyed", (params) => {
      return params.targetId === this.target;
    });
    await this.browser.connection.send("Target.closeTarget", { targetId: this.target });
    await gone;
  }
}

/** Those that run: none of them, nor their profiles, may outlive this process. */
const running = new Set();
process.on("exit", () => {
  for (const { child } of running) child.kill("SIGKILL");
  // Its other processes end with it, a moment later, and write until then.
  if (running.size) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  for (const { profile } of running) {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

export class Browser {
  static async launch(executable, flags = []) {
    const profile = mkdtempSync(path.join(tmpdir(), "lode-bench-browser-"));
    const child = spawn(
      executable,
      [...FLAGS, ...flags, `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    const browser = new Browser();
    const exited = new Promise((resolve) => {
      child.on("exit", resolve);
      child.on("error", (error) => resolve(error));
    });
    Object.assign(browser, { child, profile, exited });
    running.add(browser);
    browser.connection = new Connection(child.stdio[3], child.stdio[4]);
    await browser.connection.send("Target.setDiscoverTargets", { discover: true });
    return browser;
  }

  /** The next event of a name, with these properties. */
  event(sessionId, name, fits = () => true) {
    return new Promise((resolve) => {
      const stop = this.connection.listen((message) => {
        if (message.method !== name || message.sessionId !== sessionId) return;
        if (!fits(message.params)) return;
        stop();
        resolve(message.params);
      });
    });
  }

  async tab() {
    const { targetId } = await this.connection.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.connection.send("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const tab = new Tab(this, targetId, sessionId);
    this.connection.listen(({ method, params, sessionId: of }) => {
      if (of !== sessionId || tab.log.length > 20) return;
      if (method === "Runtime.exceptionThrown") {
        const { exception, text } = params.exceptionDetails;
        tab.log.push(exception?.description ?? text);
      } else if (method === "Runtime.consoleAPICalled" && params.type === "error") {
        tab.log.push(params.args.map((arg) => arg.value ?? arg.description).join(" "));
      } else if (method === "Log.entryAdded" && params.entry.level === "error") {
        tab.log.push(`${params.entry.text} ${params.entry.url ?? ""}`);
      }
    });
    for (const domain of ["Page", "Runtime", "Log"]) await tab.send(`${domain}.enable`);
    await tab.send("Page.addScriptToEvaluateOnNewDocument", { source: KEEP_MEMORIES });
    return tab;
  }

  async #processes() {
    const { processInfo } = await this.connection.send("SystemInfo.getProcessInfo");
    return processInfo;
  }

  /** CPU time of all its processes. */
  async cpuSeconds() {
    const processes = await this.#processes();
    return processes.reduce((sum, { id }) => sum + cpuSeconds(id), 0);
  }

  async #largestRenderer(name) {
    const renderers = (await this.#processes()).filter(({ type }) => type === "renderer");
    return Math.max(...renderers.map(({ id }) => residentMb(id, name)));
  }

  /** The largest renderer's high-water mark. */
  peakRendererMb() {
    return this.#largestRenderer("VmHWM");
  }

  /** What the largest renderer has in memory now. */
  rendererMb() {
    return this.#largestRenderer("VmRSS");
  }

  async version() {
    return (await this.connection.send("Browser.getVersion")).product;
  }

  async close() {
    await this.connection.send("Browser.close").catch(() => {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await this.exited;
    clearTimeout(timer);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    running.delete(this);
  }
}
