#!/usr/bin/env python3
"""Compares lode's vectors with those of sentence-transformers, computed in the same run.

    tools/parity.py [--lode build/lode] [--model DIR] [--only texts,sts,tei] [--threads N]

texts  1,000 varied texts (parity_texts.py) through `lode embed` and through
       sentence-transformers in f32: cosine >= 0.999999, largest difference <= 1e-5
sts    Spearman's correlation on STS-B's test set, equal to 4 decimals, and the same from
       `lode eval sts`
tei    snapshots of text-embeddings-inference's tests (tests/data/reference/tei.md)

sts and tei read ../shared/data (LODE_SHARED_DATA) and are skipped, saying so, where it is
absent. Needs sentence-transformers (`bench/run --setup --peers st-f32` makes an environment
with it). Exit status: 0 all hold, 1 not.
"""

import argparse
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

from parity_texts import texts

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = pathlib.Path(os.environ.get("LODE_SHARED_DATA", ROOT.parent / "shared/data"))
MIN_COSINE = 0.999999
MAX_DIFFERENCE = 1e-5


def cosines(a, b):
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    return (a * b).sum(1) / numpy.linalg.norm(a, axis=1) / numpy.linalg.norm(b, axis=1)


class Lode:
    """The program, and for the rows of tokens, which it does not print, the library."""

    def __init__(self, program, library, model, threads):
        self.program, self.liblode, self.model, self.threads = program, library, model, threads

    def embed(self, strings, *options, model=None):
        """Vectors by `lode embed`. JSON Lines, so that every character passes."""
        lines = "".join(json.dumps({"text": s}) + "\n" for s in strings)
        command = [
            self.program, "embed", "--model", model or self.model, "--input", "-",
            "--jsonl", "text", "--format", "f32", "--quiet", *self.threads, *options,
        ]  # fmt: skip
        result = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True)
        return numpy.frombuffer(result.stdout, "<f4").reshape(len(strings), -1)

    def tokens(self, strings, model):
        """The rows of all tokens, by lode_embed_tokens."""
        lode = ctypes.CDLL(str(self.liblode))
        opened, context = ctypes.c_void_p(), ctypes.c_void_p()
        error = ctypes.create_string_buffer(4096)  # larger than a lode_error

        def check(status):
            if status != 0:
                raise SystemExit(f"{self.liblode}: status {status} ({model})")

        check(lode.lode_model_open(os.fsencode(model), None, ctypes.byref(opened), error))
        check(lode.lode_context_new(opened, None, ctypes.byref(context), error))
        data = [s.encode() for s in strings]

        class Text(ctypes.Structure):
            _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]

        n = len(data)
        borrowed = (Text * n)(*[(d, len(d)) for d in data])
        starts = (ctypes.c_size_t * (n + 1))()
        lode.lode_model_dim.restype = ctypes.c_int64
        rows = numpy.empty((1000, lode.lode_model_dim(opened)), numpy.float32)
        check(
            lode.lode_embed_tokens(
                context, borrowed, ctypes.c_size_t(n), None, rows.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_size_t(rows.size), starts, error,
            )
        )  # fmt: skip
        lode.lode_context_free(context)
        lode.lode_model_free(opened)
        return rows[: starts[n]].copy()


def load_reference(model):
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import sentence_transformers

    return sentence_transformers.SentenceTransformer(str(model), device="cpu")


def check_texts(lode, reference):
    """All 1,000 texts."""
    chosen = texts()
    strings = [text for _, text in chosen]
    expected = reference.encode(strings, batch_size=16, show_progress_bar=False)
    got = lode.embed(strings)
    cosine = cosines(expected, got)
    difference = numpy.abs(expected - got).max(1)
    print(
        f"texts: {len(strings)}, least cosine {cosine.min():.9f}, "
        f"largest difference {difference.max():.2e}"
    )
    print("  largest differences:")
    for i in numpy.argsort(-difference)[:5]:
        kind, text = chosen[i]
        shown = ascii(text if len(text) <= 60 else text[:57] + "...")
        print(f"  {difference[i]:.2e}  cosine {cosine[i]:.9f}  text {i}, {kind}: {shown}")
    return bool(cosine.min() >= MIN_COSINE and difference.max() <= MAX_DIFFERENCE)


def check_sts(lode, reference):
    """STS-B test."""
    path = DATA / "eval/stsbenchmark/sts-test.csv"
    if not path.exists():
        print(f"sts: skipped: {path} is absent")
        return True
    from scipy.stats import spearmanr

    rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8", newline="\n")]
    scores = [float(row[4]) for row in rows]
    sentences = list(dict.fromkeys(s.strip() for row in rows for s in row[5:7]))
    place = {s: i for i, s in enumerate(sentences)}
    first = [place[row[5].strip()] for row in rows]
    second = [place[row[6].strip()] for row in rows]

    def spearman(vectors):
        return spearmanr(scores, cosines(vectors[first], vectors[second])).statistic

    expected_vectors = reference.encode(sentences, batch_size=64, show_progress_bar=False)
    got_vectors = lode.embed(sentences)
    expected, got = spearman(expected_vectors), spearman(got_vectors)
    command = [lode.program, "eval", "sts", path, "--model", lode.model, "--json", "--quiet"]
    printed = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    own = printed["spearman"] / 100
    print(
        f"sts: {len(rows)} pairs, Spearman {got:.6f}, sentence-transformers {expected:.6f}, "
        f"lode eval {own:.6f}; least cosine {cosines(expected_vectors, got_vectors).min():.9f}"
    )
    return f"{expected:.4f}" == f"{got:.4f}" == f"{own:.4f}"


def read_snapshot(name):
    """A list of lists of numbers, as the snapshot files of insta write it."""
    rows = []
    for line in open(DATA / "tei-snapshots" / name, encoding="ascii"):
        if line.startswith("- - "):
            rows.append([float(line[4:])])
        elif line.startswith("  - "):
            rows[-1].append(float(line[4:]))
    return numpy.array(rows)


def model_variant(folder, model, **files):
    """A folder with the model's files, some of them changed: {name: changed fields}."""
    for path in pathlib.Path(model).rglob("*"):
        target = folder / path.relative_to(model)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        changed = files.get(path.relative_to(model).as_posix())
        if changed is None:
            target.symlink_to(path.resolve())
        else:
            target.write_text(json.dumps(json.loads(path.read_text()) | changed))
    return folder


WHAT, IS = "What is Deep Learning?", "Deep Learning is..."
TEI_BATCH = [WHAT, IS, WHAT]


def check_tei(lode, _):
    """Another engine's unnormalised vectors; tests/data/reference/tei.md says what they are."""
    if not (DATA / "tei-snapshots").exists():
        print(f"tei: skipped: {DATA / 'tei-snapshots'} is absent")
        return True
    cls = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    tanh = {"hidden_act": "gelu_new"}
    holds = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for act, config, exact in (("erf", {}, False), ("tanh", tanh, True)):
            mean_model = model_variant(
                folder / f"{act}-mean", lode.model, **{"config.json": config}
            )
            cls_model = model_variant(
                folder / f"{act}-cls",
                lode.model,
                **{"config.json": config, "1_Pooling/config.json": cls},
            )
            mean = lode.embed(TEI_BATCH, "--no-normalize", model=mean_model)
            first = lode.embed(TEI_BATCH, "--no-normalize", model=cls_model)
            rows = lode.tokens(TEI_BATCH, mean_model)
            for name, got in (("", mean), ("_pooled", first), ("_raw", rows)):
                holds &= compare_snapshot(f"bert_batch{name}", got, act, exact)
                one = rows[:7] if name == "_raw" else got[:1]
                holds &= compare_snapshot(f"bert_single{name}", one, act, False)
    return holds


def compare_snapshot(name, got, act, exact):
    expected = read_snapshot(f"test_bert__{name}.snap")
    if expected.shape != got.shape:
        print(f"tei: {name}: shape {got.shape}, not {expected.shape}")
        return False
    cosine = cosines(expected, got).min()
    difference = numpy.abs(expected - got).max() / numpy.abs(expected).max()
    print(
        f"tei: {name:18s} GELU {act:4s} least cosine {cosine:.9f}, "
        f"largest relative difference {difference:.1e}"
    )
    if exact:
        return bool(cosine >= 0.9999999 and difference <= MAX_DIFFERENCE)
    # Recorded at a lower precision, or with another GELU than this: near is all it can be.
    return bool(cosine >= 0.999995)


CHECKS = {"texts": check_texts, "sts": check_sts, "tei": check_tei}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--lode", type=pathlib.Path, default=ROOT / "build/lode", help="the program"
    )
    parser.add_argument(
        "--liblode", type=pathlib.Path, help="liblode.so (default: beside the program)"
    )
    parser.add_argument(
        "--model", help="all-MiniLM-L6-v2 (default: what tools/get_model.sh prints)"
    )
    parser.add_argument("--threads", help="for lode (default: all)")
    parser.add_argument("--only", default=",".join(CHECKS), help="of: %(default)s")
    options = parser.parse_args()
    model = options.model
    if model is None:
        get_model = subprocess.run(
            [ROOT / "tools/get_model.sh"], stdout=subprocess.PIPE, check=True, text=True
        )
        model = get_model.stdout.strip()
    library = options.liblode or options.lode.parent / "liblode.so"
    threads = ["--threads", options.threads] if options.threads else []
    lode = Lode(options.lode, library, model, threads)
    only = options.only.split(",")
    unknown = set(only) - set(CHECKS)
    if unknown:
        parser.error(f"no check {', '.join(sorted(unknown))}; there are: {', '.join(CHECKS)}")
    reference = load_reference(model) if {"texts", "sts"} & set(only) else None
    failed = [name for name in only if not CHECKS[name](lode, reference)]
    print(f"parity: {', '.join(failed)} FAILED" if failed else "parity: all hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
