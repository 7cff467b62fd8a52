#!/usr/bin/env python3
"""Writes tests/data/reference/: texts, and the vectors that sentence-transformers gives them.

    tools/make_reference.py MODEL_DIR [OUT_DIR]

MODEL_DIR is all-MiniLM-L6-v2 (tools/get_model.sh prints where it lies). Needs
sentence-transformers; bench/run --setup makes an environment with it.

  texts.jsonl   one object a line: kind, text, tokens (special ones included, after
                truncation), left_out (tokens that truncation dropped)
  vectors.f32   row i is the vector of line i: little-endian float32, row-major
  meta.json     shape, model, versions, and how far float32 itself is from float64

These are the texts of parity_texts.py that are hardest to get right, few enough for a C test
that needs no Python; tools/parity.py compares all of them.
"""

import hashlib
import json
import os
import pathlib
import sys

from parity_texts import texts

# How many of each kind, taken evenly from its list; kinds not named here: all of them.
QUOTA = {
    "edge": 76,
    "random": 20,
    "joined": 14,
    "length": 18,
    "repeat": 15,
    "code": 4,
    "number": 4,
    "paragraph": 2,
    "sentence": 4,
    "other": 10,
    "european": 6,
    "indic": 4,
}
LONGEST = 6000  # characters: longer texts show nothing that these do not


def hardest():
    """The subset that is committed, in the order of the whole."""
    chosen = []
    kinds = {}
    for kind, text in texts():
        if len(text) <= LONGEST:
            kinds.setdefault(kind, []).append(text)
    for kind, of_kind in kinds.items():
        n = min(QUOTA.get(kind, len(of_kind)), len(of_kind))
        chosen += [(kind, of_kind[i * len(of_kind) // n]) for i in range(n)]
    return chosen


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    model_dir = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).parents[1] / "tests/data/reference"
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else default
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import numpy
    import sentence_transformers
    import tokenizers
    import torch
    import transformers

    # One thread and one text at a time: nothing then depends on how sums are split or padded.
    torch.set_num_threads(1)
    model = sentence_transformers.SentenceTransformer(str(model_dir), device="cpu")
    tokenizer = tokenizers.Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    chosen = hardest()
    options = {"batch_size": 1, "show_progress_bar": False}
    vectors = model.encode([text for _, text in chosen], **options).astype("<f4")
    exact = model.double().encode([text for _, text in chosen], **options)

    out.mkdir(parents=True, exist_ok=True)
    with open(out / "texts.jsonl", "w", encoding="ascii", newline="\n") as lines:
        for kind, text in chosen:
            count = len(tokenizer.encode(text).ids)
            kept = min(count, model.max_seq_length)
            entry = {"kind": kind, "text": text, "tokens": kept, "left_out": count - kept}
            lines.write(json.dumps(entry, ensure_ascii=True) + "\n")
    vectors.tofile(out / "vectors.f32")
    meta = {
        "what": "vectors of texts.jsonl by sentence-transformers in float32, one text at a time",
        "regenerate": "tools/make_reference.py MODEL_DIR",
        "rows": vectors.shape[0],
        "dim": vectors.shape[1],
        "max_tokens": model.max_seq_length,
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "model_sha256": sha256(model_dir / "model.safetensors"),
        "vectors_sha256": sha256(out / "vectors.f32"),
        "max_abs_to_float64": float(numpy.abs(vectors - exact).max()),
        "versions": {
            "sentence-transformers": sentence_transformers.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "torch": torch.__version__,
        },
    }
    with open(out / "meta.json", "w", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(meta, indent=2) + "\n")
    print(f"{out}: {len(chosen)} texts, {vectors.nbytes} bytes of vectors")


if __name__ == "__main__":
    main()
