"""Comparing vector searches: the engines, the data, the turns, the table. See ../README.md."""

import os
import pathlib
import statistics
import subprocess
import time

import numpy

from harness import report, sentences
from harness.home import REPOSITORY, say
from harness.peer import PEERS, Peer
from harness.worker import Turn, Worker

DIM, K = 384, 10
GOAL = 0.99  # recall that an approximate index must reach: with the least effort that does
EFFORTS = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)
TRUTH = "faiss-flat"  # whose first ten are right: dot products in f32
PAUSE = 0.1
BUILD_SECONDS = 4 * 3600
MIXED_ROWS = 8192  # of the mixtures, made at a time

BUILD = pathlib.Path(os.environ.get("LODE_BUILD", REPOSITORY / "build"))


def lode(way):
    return lambda home, threads, max_tokens: [BUILD / "bench/bench_vectors", way]


def other(name):
    return lambda home, threads, max_tokens: [home.python, PEERS / "vectors_worker.py", name]


LODE = (
    Peer("lode-int8-exact", command=lode("exact")),
    Peer("lode-int8-prefilter", command=lode("prefilter")),
    Peer("lode-f32", command=lode("f32")),
)
OTHERS = {
    "faiss-flat": ("faiss-cpu",),
    "faiss-sq8": ("faiss-cpu",),
    "faiss-hnsw": ("faiss-cpu",),
    "hnswlib-flat": ("hnswlib",),
    "hnswlib-hnsw": ("hnswlib",),
    "sqlite-vec-f32": ("apsw", "sqlite-vec"),
    "sqlite-vec-int8": ("apsw", "sqlite-vec"),
}


def known_peers():
    peers = {peer.name: peer for peer in LODE}
    for name, packages in OTHERS.items():
        peers[name] = Peer(name, packages=("numpy", *packages), command=other(name))
    return peers


# ------------------------------------------------------------------- vectors


def embed(home, texts, path):
    """Vectors of the lines of a file, by lode and MiniLM."""
    command = [BUILD / "lode", "embed", "--model", home.model, "--dtype", "int8", "--quiet"]
    subprocess.run([*command, "--input", texts, "--output", path], check=True)


def real_vectors(home, folders, count):
    """(file of up to `count` rows, file of questions), made once."""
    folder = home.path / "vectors"
    folder.mkdir(exist_ok=True)
    rows, queries = folder / f"sentences-{count}.f32", folder / "questions.f32"
    for path, texts in (
        (queries, lambda: sentences.questions(home.shared_data)),
        (rows, lambda: sentences.corpus(home.shared_data, folders, count)),
    ):
        if not path.exists():
            lines = path.with_suffix(".txt")
            lines.write_text("\n".join(texts()) + "\n", encoding="utf-8")
            say(f"embedding {lines}")
            embed(home, lines, path)
    return rows, queries


def enough(source, count, path):
    """The first `count` vectors of a file. Where it has fewer, the rest are mixtures of two of
    them, 0.8 a + 0.6 b, of length 1. Returns how many are real."""
    real = source.stat().st_size // (4 * DIM)
    rows = numpy.memmap(source, "<f4", "r").reshape(-1, DIM)
    chance = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        rows[: min(real, count)].tofile(file)
        for first in range(real, count, MIXED_ROWS):
            n = min(MIXED_ROWS, count - first)
            a, b = chance.integers(0, real, (2, n))
            mixed = 0.8 * rows[a] + 0.6 * rows[b]
            mixed /= numpy.linalg.norm(mixed, axis=1, keepdims=True)
            mixed.astype("<f4").tofile(file)
    return min(real, count)


# ------------------------------------------------------------------- measurements


def anonymous_mb(worker):
    """Memory that is the process's own: no files, which may be mapped."""
    with open(f"/proc/{worker.process.pid}/status") as file:
        (line,) = (line for line in file if line.startswith("RssAnon:"))
    return int(line.split()[1]) / 1024


class Search:
    """An engine with its rows."""

    def __init__(self, home, worker, rows, queries):
        self.worker, self.path = worker, home.path / f"vectors/{worker.peer.name}.i32"
        self.engine = worker.reply()["engine"]
        before = anonymous_mb(worker)
        say(f"{worker.peer.name}: building")
        self.built = worker.ask(f"build {DIM} {rows}", BUILD_SECONDS)
        self.memory_mb = anonymous_mb(worker) - before
        worker.ask(f"queries {queries}")
        self.effort = None
        self.rounds = []

    def results(self):
        self.worker.ask(f"results {K} {self.path}", BUILD_SECONDS)
        return numpy.fromfile(self.path, "<i4").reshape(-1, K)


def recall(rows, queries, found, truth):
    """Which share of the first ten was found. A row that is as near as the tenth counts, too:
    there are equal sentences."""
    hits = 0.0
    for query, mine, right in zip(queries, found, truth, strict=True):
        tenth = (rows[right] @ query).min()
        mine = numpy.unique(mine[mine >= 0])
        hits += min(K, int(((rows[mine] @ query) >= tenth - 1e-6).sum())) / K
    return hits / len(queries)


def tune(search, rows, queries, truth):
    """The least effort of a graph that reaches the goal; its recall."""
    for effort in EFFORTS:
        search.worker.ask(f"effort {effort}")
        search.effort = effort
        reached = recall(rows, queries, search.results(), truth)
        if reached >= GOAL:
            break
    return reached


def take_turns(searches, rounds, seconds):
    """A B C, C B A, A B C … so that what the machine does meanwhile happens to all."""
    for search in searches:
        ms = search.worker.ask(f"search {K} 3")["ms"]
        search.calls = max(5, min(1000, round(1e3 * seconds / statistics.median(ms))))
    for i in range(rounds):
        for search in searches if i % 2 == 0 else searches[::-1]:
            time.sleep(PAUSE)
            search.worker.ask(f"search {K} 2")  # wakes the caches
            with Turn(search.worker) as watch:
                answer = search.worker.ask(f"search {K} {search.calls}", BUILD_SECONDS)
            search.rounds.append(
                {
                    "median_ms": statistics.median(answer["ms"]),
                    "least_ms": min(answer["ms"]),
                    "p95_ms": sorted(answer["ms"])[int(0.95 * len(answer["ms"]))],
                    "cpu_ms": answer["cpu_ms"],
                    "foreign_cores": watch.foreign_cores,
                }
            )


def measure(home, peers, rows_path, queries_path, rounds, seconds):
    rows = numpy.memmap(rows_path, "<f4", "r").reshape(-1, DIM)
    queries = numpy.fromfile(queries_path, "<f4").reshape(-1, DIM)
    workers, searches = [], []
    try:
        for peer in peers:
            workers.append(Worker(home, peer, 1, 0))
            searches.append(Search(home, workers[-1], rows_path, queries_path))
        (truth,) = (s.results() for s in searches if s.worker.peer.name == TRUTH)
        for search in searches:
            if search.worker.peer.name.endswith("-hnsw"):
                search.recall = tune(search, rows, queries, truth)
            else:
                search.recall = recall(rows, queries, search.results(), truth)
        take_turns(searches, rounds, seconds)
    finally:
        for worker in workers:
            worker.__exit__()
    return [row_of(search) for search in searches]


def row_of(search):
    def over_rounds(key):
        values = [one[key] for one in search.rounds]
        return {"median": statistics.median(values), "min": min(values), "max": max(values)}

    return {
        "peer": search.worker.peer.name,
        "engine": search.engine,
        "median_ms": over_rounds("median_ms"),
        "cpu_ms": over_rounds("cpu_ms"),
        "p95_ms": over_rounds("p95_ms"),
        "least_ms": min(one["least_ms"] for one in search.rounds),
        "recall_at_10": search.recall,
        "effort": search.effort,
        "build_seconds": search.built["seconds"],
        "build_cpu_seconds": search.built["cpu_seconds"],
        "memory_mb": search.memory_mb,
        "foreign_cores": [one["foreign_cores"] for one in search.rounds],
        "calls": search.calls,
    }


# ------------------------------------------------------------------- the table


def cell(value, digits):
    return f"{value['median']:.{digits}f} ({value['min']:.{digits}f}–{value['max']:.{digits}f})"


def markdown(results):
    computer = results["machine"]
    lines = [
        f"{computer['cpu']}, {computer['cores']} cores ({', '.join(computer['instructions'])}), "
        f"{computer['system']}; lode at {results['commit']}; "
        f"one thread, {results['rounds']} rounds.",
        f"{results['rows']:,} rows of {DIM} dimensions ({results['real']:,} of them real), "
        f"{results['queries']:,} queries, the first {K}.",
        "",
    ]
    head = ["engine", "ms a query", "CPU ms", "least ms", "recall@10", "effort", "build CPU s"]
    head.append("MB")
    body = []
    for row in results["searches"]:
        digits = 3 if row["median_ms"]["median"] < 1 else 2
        body.append(
            [
                f"{row['peer']} ({row['engine']})",
                cell(row["median_ms"], digits),
                cell(row["cpu_ms"], digits),
                f"{row['least_ms']:.{digits}f}",
                f"{row['recall_at_10']:.4f}",
                str(row["effort"] or ""),
                f"{row['build_cpu_seconds']:.1f}",
                f"{row['memory_mb']:,.0f}",
            ]
        )
    lines += report.table(head, body)
    foreign = [cores for row in results["searches"] for cores in row["foreign_cores"]]
    lines += ["", "ms: median (least–most) of the rounds' medians. least ms: the fastest query."]
    lines += [f"Other processes used {statistics.median(foreign):.2f} cores meanwhile (median)."]
    return "\n".join(lines) + "\n"

