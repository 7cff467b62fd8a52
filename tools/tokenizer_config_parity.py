#!/usr/bin/env python3
"""Compares lode's tokenizer with transformers' AutoTokenizer on random sets of a model's files.

    python3 tools/tokenizer_config_parity.py --driver build/tests/tokenize_driver [--count 1000]

Each set has a tokenizer.json (or a vocab.txt) and, by chance, a tokenizer_config.json that
disagrees with it, a special_tokens_map.json and an added_tokens.json. The ids of a few random
texts, truncated or not, must all be equal. Exit status: 0 equal, 1 not, 77 transformers is not
installed.
"""

import argparse
import json
import logging
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import transformers
except ImportError:
    print("skipped: the Python package `transformers` is not installed")
    sys.exit(77)

import tokenizer_parity as parity

# No two that a normalizer makes equal: of those the library takes one or the other.
TOKENS = ["<ent>", "<entity>", "[NEW]", "ab", "New York", "CAFÉ", "abcd", "日本", "the", "[cl"]
BERTS = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast",
         "ElectraTokenizer", "MobileBertTokenizerFast"]  # fmt: skip
PLAIN = ["PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer"]
NAMES = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
         "mask_token": "[MASK]"}  # fmt: skip
TEXTS = 12


def maybe(rng, table):
    """Some of the table's keys, each with one of its values."""
    return {key: rng.choice(values) for key, values in table.items() if rng.random() < 0.4}


def flags(rng):
    keys = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {key: rng.random() < 0.4 for key in keys}


def named_tokens(rng, typed):
    """Special tokens under their names, as strings or as objects."""
    names = {"bos_token": "<s>", "eos_token": "</s>"}
    if typed:  # in one file only: of two, transformers takes one or the other by their types
        names["image_token"] = "abc"
    result = {}
    for key, name in {**NAMES, **names}.items():
        if rng.random() < 0.5:
            continue
        if key in NAMES and key != "mask_token" and rng.random() < 0.1:
            name = rng.choice(("the", "[cl", "[MASK]")) if key != "unk_token" else "of"
        if rng.random() < 0.2 and (typed or key in NAMES):
            token = {"content": name, **flags(rng)}
            result[key] = {"__type": "AddedToken", **token} if typed else token
        else:
            result[key] = name
    return result


def make_files(rng, folder):
    """Write a set; returns the model_type and the words of its vocabulary."""
    base = parity.base_tokenizer()
    vocab = base["model"]["vocab"]
    words = [word for word in vocab if word.isalpha()]
    model_type = rng.choice(("bert", "bert", "bert", "distilbert", "roberta"))
    base["normalizer"] = parity.bert_normalizer(
        clean_text=rng.random() < 0.8,
        handle_chinese_chars=rng.random() < 0.5,
        strip_accents=rng.choice((None, True, False)),
        lowercase=rng.random() < 0.5,
    )
    base["pre_tokenizer"] = {"type": rng.choice(("BertPreTokenizer", "Whitespace", "WhitespaceSplit"))}
    base["model"]["max_input_chars_per_word"] = rng.choice((100, 5))
    if rng.random() < 0.3:
        base["post_processor"] = None
    if rng.random() < 0.3:
        side = rng.choice(("Left", "Right"))
        base["truncation"] = {
            "direction": side, "max_length": 7, "strategy": "LongestFirst", "stride": 0
        }  # fmt: skip
    next_id = len(vocab)
    for name in rng.sample(TOKENS, rng.choice((0, 0, 2, 4))):
        base["added_tokens"].append(
            {"id": vocab.get(name, next_id), "content": name, **flags(rng)}
        )
        next_id += name not in vocab
    config = maybe(rng, {"do_lower_case": (True, False), "strip_accents": (None, True, False),
                         "tokenize_chinese_chars": (True, False),
                         "truncation_side": ("left", "right"), "never_split": (None,),
                         "do_basic_tokenize": (True,), "model_max_length": (512,)})  # fmt: skip
    classes = BERTS if rng.random() < 0.6 else PLAIN
    without_class = model_type != "roberta" and rng.random() < 0.3
    from_vocab = rng.random() < 0.2
    if from_vocab:
        classes = BERTS
    if not without_class:
        config["tokenizer_class"] = rng.choice(classes)
    config |= named_tokens(rng, typed=True)
    if rng.random() < 0.3:
        key = rng.choice(("extra_special_tokens", "additional_special_tokens"))
        config[key] = rng.sample(TOKENS, rng.choice((0, 1, 3)))
    if rng.random() < 0.3:
        decoder = {}
        for name in [*NAMES.values(), *rng.sample(TOKENS, 3)]:
            decoder[str(vocab.get(name, next_id + len(decoder)))] = {"content": name, **flags(rng)}
        config["added_tokens_decoder"] = decoder
    if rng.random() < 0.9 or not without_class:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if rng.random() < 0.4:
        names = named_tokens(rng, typed=False)
        if rng.random() < 0.3:
            names["additional_special_tokens"] = rng.sample(TOKENS, 2)
        (folder / "special_tokens_map.json").write_text(json.dumps(names))
    if rng.random() < 0.2:
        ids = {name: next_id + i for i, name in enumerate(rng.sample(TOKENS, 3))}
        (folder / "added_tokens.json").write_text(json.dumps(ids))
    if from_vocab:
        lines = [word + rng.choice(("\n", "\r\n", " \n")) for word in vocab]
        (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8", newline="")
    else:
        (folder / "tokenizer.json").write_text(json.dumps(base, ensure_ascii=False), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    return model_type, words


def run_driver(driver, folder, model_type, texts, limits):
    records = b""
    for text, limit in zip(texts, limits):
        data = text.encode()
        records += struct.pack("4I", 0, limit, len(data), 0) + data
    run = subprocess.run(
        [driver, "--files", folder, model_type, str(1 << 20)], input=records,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    if run.returncode != 0:
        return run.stderr.decode().strip()
    results = parity.read_results(run.stdout, len(texts))
    return [[token[0] for token in tokens] for _, tokens in results]


def expected_ids(folder, texts, limits):
    """transformers' answer, or the text of its error."""
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
        return [
            tokenizer(text, truncation=limit > 0, max_length=limit or None)["input_ids"]
            for text, limit in zip(texts, limits)
        ]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", required=True, help="the tokenize_driver of a build")
    parser.add_argument("--count", type=int, default=1000, help="sets of files")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    different = refused = 0
    for i in range(arguments.count):
        rng = random.Random(f"{arguments.seed} {i}")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            model_type, words = make_files(rng, folder)
            texts = [parity.random_text(rng, words)[:400] for _ in range(TEXTS)]
            limits = [rng.choice((0, 0, 4, 8)) for _ in texts]
            expected = expected_ids(folder, texts, limits)
            got = run_driver(arguments.driver, folder, model_type, texts, limits)
            if isinstance(expected, str):
                refused += 1
                continue
            if got == expected:
                continue
            different += 1
            if different <= 3:
                files = {f.name: f.read_text() for f in folder.iterdir() if f.name.endswith("on")}
                print(f"set {i}: {model_type}")
                for file, text in files.items():
                    print(f"  {file}: {text if len(text) < 1500 else text[:900] + ' …'}")
                if isinstance(got, str):
                    print(f"  got {got}")
                    continue
                for text, limit, a, b in zip(texts, limits, expected, got):
                    if a != b:
                        print(f"  {text!r} {limit}\n    expected {a}\n    got      {b}")
                        break
    print(
        f"transformers {transformers.__version__}: {arguments.count} sets of files, {refused} that "
        f"it refuses, {different} different"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
