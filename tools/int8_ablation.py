#!/usr/bin/env python3
"""What int8 costs, with and without each measure that is taken against it.

    tools/int8_ablation.py [--model DIR] [--search]

Writes the model as four bundles (build/bench/bench_int8: weights rounded to nearest or with
compensation of errors, activations smoothed or not), embeds texts with each, and prints, as a
Markdown table, the cosines to f32: of the first 2,000 different sentences of STS-B's test set, and
of 100 documents of 512 tokens (SciFact abstracts, four joined and cut). --search adds the rank
correlation of STS-B and nDCG@10 of SciFact, by `lode eval`, which takes minutes.

None of these texts is among those that lode calibrates with (src/api/calibration_texts.c).
Data: LODE_SHARED_DATA, by default ../shared/data. Programs: LODE_BUILD, by default build/.
"""

import argparse
import array
import csv
import json
import math
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("LODE_BUILD", ROOT / "build"))
DATA = pathlib.Path(os.environ.get("LODE_SHARED_DATA", ROOT.parent / "shared/data"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")

WAYS = {  # the bundle: smoothing, compensation
    "neither": ("no", "no"),
    "compensated": ("no", "yes"),
    "smoothed": ("yes", "no"),
    "both": ("yes", "yes"),
}
SENTENCES, DOCUMENTS, JOINED, TOKENS = 2000, 100, 4, 512


def lode(*command):
    return subprocess.run([BUILD / "lode", *command], check=True, stdout=subprocess.PIPE).stdout


def sentences():
    with open(DATA / "eval/stsbenchmark/sts-test.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return list(dict.fromkeys(text.strip() for row in rows for text in row[5:7]))[:SENTENCES]


def documents():
    with open(DATA / "eval/scifact/corpus.jsonl", encoding="utf-8") as lines:
        texts = [" ".join(json.loads(line)["text"].split()) for line in lines]
    return [" ".join(texts[i * JOINED :][:JOINED]) for i in range(DOCUMENTS)]


def with_longer_texts(model, folder):
    """The model's folder again, but for its limit to the tokens of a text."""
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).symlink_to(path.resolve())
    settings = folder / "sentence_bert_config.json"
    text = settings.read_text(encoding="utf-8") if settings.exists() else "{}"
    settings.unlink(missing_ok=True)
    settings.write_text(json.dumps(json.loads(text) | {"max_seq_length": TOKENS}))
    return folder


def quantized(model, folder):
    """The four bundles, and the seconds that each took."""
    folder.mkdir()
    command = [BUILD / "bench/bench_int8", model, folder]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    seconds = [float(line.rsplit("\t", 1)[1]) for line in lines]
    return {way: folder / f"{way}.lode-model" for way in WAYS}, dict(zip(WAYS, seconds, strict=True))


def vectors(model, texts):
    dim = json.loads(lode("info", "--json", "--model", model))["dim"]
    flat = array.array("f", lode("embed", "-q", "-f", "f32", "--model", model, "--input", texts))
    return [flat[i : i + dim] for i in range(0, len(flat), dim)]


def cosine(a, b):
    def dot(x, y):
        return math.fsum(i * j for i, j in zip(x, y, strict=True))

    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def cosines(model, reference, texts):
    """Mean and worst."""
    got = [cosine(a, b) for a, b in zip(reference, vectors(model, texts), strict=True)]
    return f"{math.fsum(got) / len(got):.5f}, {min(got):.5f}"


def search(model):
    sts = json.loads(lode("eval", "sts", "--json", "--model", model,
                          DATA / "eval/stsbenchmark/sts-test.csv"))  # fmt: skip
    beir = json.loads(lode("eval", "beir", "--json", "--model", model, DATA / "eval/scifact"))
    return [f"{sts['spearman']:.2f}", f"{beir['ndcg_at_10']:.2f}"]


def main():
    parser = argparse.ArgumentParser()
    default = CACHE / "lode/models/all-MiniLM-L6-v2"
    parser.add_argument("--model", type=pathlib.Path, default=default, help="a folder")
    parser.add_argument("--search", action="store_true", help="STS-B and SciFact as well")
    options = parser.parse_args()
    columns = ["smoothing", "compensation", "2,000 sentences", "100 documents of 512", "seconds"]
    columns += ["STS-B", "SciFact"] if options.search else []
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)
    with tempfile.TemporaryDirectory(prefix="lode-int8-") as name:
        folder = pathlib.Path(name)
        short, long = folder / "sentences.txt", folder / "documents.txt"
        short.write_text("".join(f"{t}\n" for t in sentences()), encoding="utf-8")
        long.write_text("".join(f"{t}\n" for t in documents()), encoding="utf-8")
        longer = with_longer_texts(options.model, folder / "longer")
        reference = vectors(options.model, short), vectors(longer, long)
        bundles, seconds = quantized(options.model, folder / "as-is")
        long_bundles, _ = quantized(longer, folder / "long")
        if options.search:
            row = ["f32", "", "", "", "", *search(options.model)]
            print("| " + " | ".join(row) + " |", flush=True)
        for way, measures in WAYS.items():
            row = [*measures, cosines(bundles[way], reference[0], short),
                   cosines(long_bundles[way], reference[1], long), f"{seconds[way]:.1f}"]  # fmt: skip
            row += search(bundles[way]) if options.search else []
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
