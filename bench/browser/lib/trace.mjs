// The tasks of a tab's threads while something goes on, by Chromium's own trace.

const CATEGORIES = ["toplevel", "devtools.timeline", "blink.user_timing", "v8", "__metadata"];
const MAIN = "CrRendererMain";
const WORKER = "DedicatedWorker thread";

/** Complete events of a thread, the longest inside of a task first, as "Name 12". */
function inside(task, events) {
  const end = task.ts + task.dur;
  const names = new Map();
  for (const { name, ts, dur } of events) {
    if (ts < task.ts || ts + dur > end || /RunTask/.test(name)) continue;
    names.set(name, Math.max(names.get(name) ?? 0, dur));
  }
  const longest = [...names].sort(([, a], [, b]) => b - a).slice(0, 4);
  return longest.map(([name, dur]) => `${name} ${(dur / 1e3).toFixed(0)}`).join(", ");
}

/** What is in nothing else: not only what is called a task, since some of it is not. */
function outermost(events) {
  let end = -1;
  return [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur).filter(({ ts, dur }) => {
    if (ts < end) return false;
    end = ts + dur;
    return true;
  });
}

/** The longest tasks of each kind of thread: {thread, ms, what}. */
function longestTasks(events, count) {
  const threads = new Map();
  for (const { ph, name, pid, tid, args } of events) {
    if (ph === "M" && name === "thread_name") threads.set(`${pid} ${tid}`, args.name);
  }
  const of = new Map([...threads.keys()].map((thread) => [thread, []]));
  for (const event of events) {
    if (event.ph === "X") of.get(`${event.pid} ${event.tid}`)?.push(event);
  }
  const longest = { [MAIN]: [], [WORKER]: [] };
  for (const [thread, own] of of) {
    longest[threads.get(thread)]?.push(
      ...outermost(own).map((task) => ({ ms: task.dur / 1e3, what: () => inside(task, own) })),
    );
  }
  return Object.entries(longest).flatMap(([name, tasks]) =>
    tasks
      .sort((a, b) => b.ms - a.ms)
      .slice(0, count)
      .map(({ ms, what }) => ({ thread: name === MAIN ? "page" : "worker", ms, what: what() })),
  );
}

/** What `work` gives, and the longest tasks of the page's thread and of its workers meanwhile. */
export async function traced(browser, work, count = 3) {
  const events = [];
  const stop = browser.connection.listen(({ method, params }) => {
    if (method === "Tracing.dataCollected") for (const event of params.value) events.push(event);
  });
  const traceConfig = { includedCategories: CATEGORIES };
  await browser.connection.send("Tracing.start", { traceConfig, transferMode: "ReportEvents" });
  const result = await work();
  const complete = browser.event(undefined, "Tracing.tracingComplete");
  await browser.connection.send("Tracing.end");
  await complete;
  stop();
  return { ...result, tasks: longestTasks(events, count) };
}
