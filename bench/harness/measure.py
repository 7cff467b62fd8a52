"""The measurements. Each compares all engines in one go, taking turns, so that whatever the
machine does meanwhile happens to all of them."""

import contextlib
import json
import math
import statistics
import time

from harness.worker import Turn, Worker, WorkerError  # noqa: F401

# A moment between turns, until the spinning threads of the last engine have gone to sleep.
PAUSE = 0.25
BATCHES = {"512": (1, 4, 8, 16, 32), "mixed": (1, 8, 32, 64), "short": (1, 16, 32, 64, 128, 256)}
PROBE_SECONDS = 0.7
LATENCY_WARMUP, LATENCY_CALLS = 30, 100


def load(home, name):
    with open(home.path / f"workloads/{name}.json", encoding="utf-8") as file:
        return json.load(file)


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def turns(peers, rounds):
    """(round, peer): A B C, C B A, A B C … so that a drift of the machine cancels out."""
    for i in range(rounds):
        for peer in peers if i % 2 == 0 else peers[::-1]:
            time.sleep(PAUSE)
            yield i, peer


class Workers:
    """A fresh worker for each peer, with the texts of one workload."""

    def __init__(self, home, peers, threads, workload):
        self.max_tokens = load(home, workload)["max_tokens"]
        self.texts = home.path / f"workloads/{workload}.txt"
        self.home, self.peers, self.threads = home, peers, threads

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.of, self.engine = {}, {}
            for peer in self.peers:
                worker = stack.enter_context(Worker(self.home, peer, self.threads, self.max_tokens))
                self.of[peer.name] = worker
                self.engine[peer.name] = worker.hello(self.texts)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)


def probe(worker, workload, total):
    """The batch size with the most texts a second, and how many that were."""
    best = (0.0, 1)
    worker.ask(f"embed {min(total, 4)} 1")  # warm-up
    for batch in (1,) if worker.peer.single else BATCHES[workload]:
        count = min(batch, total)
        rate = count / worker.ask(f"embed {count} {batch}")["seconds"]
        # The first call of a size also pays for memory: measured again, and longer.
        count = min(total, max(count, round(rate * PROBE_SECONDS / batch) * batch))
        rate = count / worker.ask(f"embed {count} {batch}")["seconds"]
        if rate < 0.8 * best[0]:
            break  # past its best: larger batches only pad more
        best = max(best, (rate, batch))
    return best


def text_count(rates, total, turn, longest):
    """How many of the texts each peer embeds in a turn: all the same number, one that takes the
    slowest `turn` seconds but the fastest no less than half of one; only a peer that would need
    more than `longest` seconds for it does fewer, from the same beginning."""
    count = max(min(rates.values()) * turn, max(rates.values()) * 0.5)
    count = min(total, math.ceil(count))
    return {name: max(1, min(count, int(rate * longest))) for name, rate in rates.items()}


def throughput(home, peers, threads, workload, rounds, turn, longest):
    tokens = load(home, workload)["tokens"]
    with Workers(home, peers, threads, workload) as workers:
        best = {p.name: probe(workers.of[p.name], workload, len(tokens)) for p in peers}
    counts = text_count({n: rate for n, (rate, _) in best.items()}, len(tokens), turn, longest)
    # New processes, whose peak memory is not that of a batch size that lost.
    with Workers(home, peers, threads, workload) as workers:
        for p in peers:
            batch = best[p.name][1]
            workers.of[p.name].ask(f"embed {min(counts[p.name], max(batch, 4))} {batch}")
        rates = {p.name: [] for p in peers}
        cpu_rates = {p.name: [] for p in peers}
        foreign = {p.name: [] for p in peers}
        for _, peer in turns(peers, rounds):
            worker, count = workers.of[peer.name], counts[peer.name]
            with Turn(worker) as watch:
                seconds = worker.ask(f"embed {count} {best[peer.name][1]}")["seconds"]
            # In tokens, so that it stays fair where the peers do different numbers of texts.
            rates[peer.name].append(sum(tokens[:count]) / seconds)
            cpu_rates[peer.name].append(sum(tokens[:count]) / max(watch.cpu_seconds, 0.01))
            foreign[peer.name].append(watch.foreign_cores)
        mean_tokens = sum(tokens) / len(tokens)
        return [
            {
                "peer": p.name,
                "engine": workers.engine[p.name],
                "threads": threads,
                "workload": workload,
                "batch": best[p.name][1],
                "texts": counts[p.name],
                "docs_per_s": spread([rate / mean_tokens for rate in rates[p.name]]),
                "tokens_per_s": spread(rates[p.name]),
                "rounds": [rate / mean_tokens for rate in rates[p.name]],
                "rounds_per_cpu_s": [rate / mean_tokens for rate in cpu_rates[p.name]],
                "foreign_cores": foreign[p.name],
                "peak_rss_mb": workers.of[p.name].peak_rss_mb(),
            }
            for p in peers
        ]


def latency(home, peers, threads, rounds):
    """One text of 12 tokens a call."""
    with Workers(home, peers, threads, "latency") as workers:
        for peer in peers:
            workers.of[peer.name].ask(f"latency {LATENCY_WARMUP}")
        ms = {p.name: [] for p in peers}
        foreign = {p.name: [] for p in peers}
        for _, peer in turns(peers, rounds):
            worker = workers.of[peer.name]
            worker.ask("latency 5")  # wakes its threads
            with Turn(worker) as watch:
                ms[peer.name].append(worker.ask(f"latency {LATENCY_CALLS}")["ms"])
            foreign[peer.name].append(watch.foreign_cores)
        rows = []
        for p in peers:
            every = sorted(sum(ms[p.name], []))
            rows.append(
                {
                    "peer": p.name,
                    "engine": workers.engine[p.name],
                    "threads": threads,
                    "workload": "latency",
                    "p50_ms": every[len(every) // 2],
                    "p95_ms": every[len(every) * 95 // 100],
                    "rounds": [statistics.median(one) for one in ms[p.name]],
                    "foreign_cores": foreign[p.name],
                    "peak_rss_mb": workers.of[p.name].peak_rss_mb(),
                }
            )
        return rows


def cold(home, peers, threads, rounds):
    """From the start of the process to its first vector; the files are in the page cache."""
    texts = home.path / "workloads/latency.txt"
    ms = {p.name: [] for p in peers}
    rss = {p.name: [] for p in peers}
    engine = {}
    for i, peer in turns(peers, rounds + 1):
        with Worker(home, peer, threads, 512) as worker:
            engine[peer.name] = worker.hello(texts)
            worker.ask("embed 1 1")
            if i > 0:  # the first round fills the page cache
                ms[peer.name].append(1e3 * (time.perf_counter() - worker.started))
                rss[peer.name].append(worker.peak_rss_mb())
    return [
        {
            "peer": p.name,
            "engine": engine[p.name],
            "threads": threads,
            "workload": "cold",
            "cold_ms": spread(ms[p.name]),
            "rounds": ms[p.name],
            "peak_rss_mb": statistics.median(rss[p.name]),
        }
        for p in peers
    ]
