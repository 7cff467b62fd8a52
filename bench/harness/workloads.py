"""The texts that are embedded, in CACHE/workloads: NAME.txt, one text a line, and NAME.json.

    python workloads.py CACHE MODEL_DIR SHARED_DATA

512      100 texts of exactly 512 tokens: SciFact abstracts joined and cut at a word
mixed    the first 1,000 SciFact documents, cut at 256 tokens by the engine
short    the first 2,000 different sentences of STS-B's training set
latency  20 of those that have 12 tokens
sts      the sentences of STS-B's test set; sts-pairs.json has score, first, second

The data sets are read where they are and only stored in the cache. Line feeds become blanks:
one text a line is what every worker can read, and BERT sees no difference.
"""

import csv
import json
import pathlib
import sys

LIMITS = {"512": 512, "mixed": 256, "short": 512, "latency": 512, "sts": 512}


def sts_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def one_line(text):
    return " ".join(text.split("\n")).strip()


def exactly(text, tokens, encode):
    """The beginning of `text`, less some words, that has exactly `tokens` tokens."""
    while True:
        offsets = encode(text).offsets
        if len(offsets) < tokens:
            return None
        cut = text[: offsets[tokens - 2][1]]  # [CLS] is the first, [SEP] follows
        if len(encode(cut).ids) == tokens:
            return cut
        text = text.split(" ", 1)[1]  # the cut fell into a word: try one word further on


def make_512(documents, encode):
    texts, buffer = [], ""
    for document in documents:
        buffer = f"{buffer} {document}".strip()
        text = exactly(buffer, 512, encode)
        if text is not None:
            texts.append(text)
            buffer = ""
        if len(texts) == 100:
            return texts
    raise SystemExit("SciFact is shorter than expected")


def main(cache, model_dir, shared_data):
    out = pathlib.Path(cache) / "workloads"
    data = pathlib.Path(shared_data) / "eval"
    if not data.is_dir():
        raise SystemExit(
            f"{data}: no such folder; LODE_SHARED_DATA names the one above it (eval/scifact …)"
        )
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(f"{model_dir}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.no_truncation()

    with open(data / "scifact/corpus.jsonl", encoding="utf-8") as lines:
        corpus = [json.loads(line) for line in lines]
    train = [one_line(s) for row in sts_rows(data / "stsbenchmark/sts-train.csv") for s in row[5:7]]
    train = list(dict.fromkeys(train))[:2000]
    rows = list(sts_rows(data / "stsbenchmark/sts-test.csv"))
    pairs = [(float(row[4]), one_line(row[5]), one_line(row[6])) for row in rows]
    twelve = [text for text in train if len(tokenizer.encode(text).ids) == 12]
    texts = {
        "512": make_512((one_line(d["text"]) for d in corpus), tokenizer.encode),
        "mixed": [one_line(d["title"] + " " + d["text"]) for d in corpus[:1000]],
        "short": train,
        "latency": twelve[:20],
        "sts": list(dict.fromkeys(text for pair in pairs for text in pair[1:])),
    }

    out.mkdir(parents=True, exist_ok=True)
    for name, limit in LIMITS.items():
        tokens = [min(len(tokenizer.encode(text).ids), limit) for text in texts[name]]
        with open(out / f"{name}.txt", "w", encoding="utf-8", newline="\n") as file:
            file.writelines(text + "\n" for text in texts[name])
        with open(out / f"{name}.json", "w", encoding="utf-8") as file:
            json.dump({"max_tokens": limit, "tokens": tokens}, file)
    with open(out / "sts-pairs.json", "w", encoding="utf-8") as file:
        json.dump(pairs, file)
    (out / "complete").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
