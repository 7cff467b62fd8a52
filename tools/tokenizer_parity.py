#!/usr/bin/env python3
"""Compares lode's tokenizer with the Hugging Face `tokenizers` package on random texts.

    python3 tools/tokenizer_parity.py --driver build/tests/tokenize_driver [--count 100000]

Ids, type ids, special mask, sequence and offsets in characters must all be equal, for single
texts and pairs, with and without special tokens, truncated at every sort of length from
either side. The tokenizers cover every component that lode has, with a vocabulary made here
and, where it is at hand, the real one of all-MiniLM-L6-v2. Exit status: 0 equal, 1 not, 77
the package is not installed.
"""

import argparse
import array
import copy
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata

try:
    import tokenizers
except ImportError:
    print("skipped: the Python package `tokenizers` is not installed")
    sys.exit(77)

SHARED = pathlib.Path(
    os.environ.get("LODE_SHARED_DATA", pathlib.Path(__file__).resolve().parents[1] / "../shared/data")
)
REAL = SHARED / "tokenizers/all-MiniLM-L6-v2-st/tokenizer.json"
REAL_UNIGRAM = SHARED / "model2vec-fixtures/test-model-vocab-quantized/tokenizer.json"

# ---------------------------------------------------------------- random texts

RANGES = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF),
    (0x400, 0x52F), (0x530, 0x58F), (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F),
    (0x980, 0x9FF), (0xB80, 0xBFF), (0xE00, 0xE7F), (0xF00, 0xFFF), (0x1000, 0x109F),
    (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x13A0, 0x13FF), (0x1780, 0x17FF), (0x1800, 0x18AF),
    (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F),
    (0x20A0, 0x20CF), (0x20D0, 0x20FF), (0x2100, 0x214F), (0x2190, 0x22FF), (0x2C60, 0x2C7F),
    (0x2E00, 0x2E7F), (0x3000, 0x303F), (0x3040, 0x30FF), (0x3400, 0x34FF), (0x4E00, 0x9FFF),
    (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB70, 0xABBF), (0xAC00, 0xD7A3), (0xE000, 0xE0FF),
    (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFE00, 0xFE6F), (0xFF00, 0xFFFF), (0x10400, 0x1044F),
    (0x10D50, 0x10D8F), (0x11080, 0x110FF), (0x11100, 0x1147F), (0x16EA0, 0x16EDF),
    (0x1D100, 0x1D1FF), (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x1F300, 0x1FAFF),
    (0x20000, 0x200FF), (0x2A6D0, 0x2A71F), (0x2B730, 0x2B750), (0x2B810, 0x2B930),
    (0x2CEA0, 0x2CEC0), (0x2F800, 0x2FA1F), (0x30000, 0x300FF), (0xE0000, 0xE01EF),
    (0xF0000, 0xF00FF), (0x10FF00, 0x10FFFF),
]  # fmt: skip
CONTROLS = "\0\x01\b\t\n\v\f\r\x1b\x1c\x1f\x7f\x80\x85\x9f\xa0\xad\u200b\u200d\u2028\ufeff\ufffd"
SPACES = " \t\n\r\v\f\x85\xa0\u1680\u2003\u2028\u202f\u3000"
SPECIALS = [
    "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[mask]", "[ MASK ]", "[CLS", "CLS]", "[[SEP]]",
    "[NEW]", "<ent>", "<ENT>", "new york", "New  York", "NEW YORK", "café", "CAFE\u0301", "ab", "abc",
    "abcd", "##ing", "##", "Ⅷ", "\u0130stanbul", "don't", "İ", "ß", "ﬁ", "Å",
]  # fmt: skip
MARKS = [chr(c) for c in range(0x20000) if unicodedata.combining(chr(c))]
DECOMPOSABLE = [
    chr(c)
    for c in range(0x30000)
    if unicodedata.decomposition(chr(c)) and not unicodedata.decomposition(chr(c)).startswith("<")
]


def random_char(rng):
    if rng.random() < 0.1:
        while True:
            c = rng.randrange(0x110000)
            if not 0xD800 <= c < 0xE000:
                return chr(c)
    first, last = rng.choice(RANGES)
    return chr(rng.randint(first, last))


def piece_of_text(rng, words):
    kind = rng.randrange(12)
    if kind < 3:
        word = rng.choice(words)
        if kind == 1:
            word = rng.choice((word.upper(), word.title(), word + rng.choice(words)))
        return word
    if kind == 3:
        return "".join(random_char(rng) for _ in range(rng.randint(1, 6)))
    if kind == 4:
        first, last = rng.choice(RANGES)
        return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 20)))
    if kind == 5:
        return rng.choice(SPECIALS)
    if kind == 6:
        return "".join(rng.choice(CONTROLS) for _ in range(rng.randint(1, 3)))
    if kind == 7:
        return "".join(rng.choice(SPACES) for _ in range(rng.randint(1, 4)))
    if kind == 8:
        parts = (DECOMPOSABLE, MARKS, MARKS, "aeiou")
        return "".join(rng.choice(rng.choice(parts)) for _ in range(rng.randint(1, 12)))
    if kind == 9:
        return "".join(rng.choice("!?.,;:'\"()[]{}-_$+<=>^`|~#@%&*/\\") for _ in range(rng.randint(1, 3)))
    if kind == 10:
        return "".join(rng.choice("abcdefgh0123456789") for _ in range(rng.choice((1, 5, 99, 100, 101))))
    return rng.choice(("é", "e\u0301", "naïve", "Zürich", "Ångström", "日本", "東京 is", "привет", "Γειά"))


def random_text(rng, words):
    size = rng.choice((0, 1, 1, 2, 4, 8, 16, 40))
    separator = rng.choice((" ", " ", "", "\u3000"))
    text = separator.join(piece_of_text(rng, words) for _ in range(size))
    if rng.random() < 0.01:  # across the places where long runs are cut
        text = text + "".join(random_char(rng) for _ in range(3000)) + rng.choice(MARKS) * 100
    return text


# ---------------------------------------------------------------- tokenizers


def made_vocabulary(prefix):
    """Words, and single characters of many scripts, so that little is unknown."""
    words = "the of and ab abc abcd new york cafe café day play ##er ##ing ##s ##ed in on don".split()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", *words]
    for first, last in RANGES[:36]:
        for c in range(first, min(last, first + 96) + 1):
            pieces += [chr(c), prefix + chr(c)]
    pieces += [prefix + "er", prefix + "ing", prefix + "bc"]
    return {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}


def added(content, **flags):
    token = {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False}
    return {**token, "normalized": False, "special": False, **flags}


def template(ids):
    def special(name, type_id):
        return {"SpecialToken": {"id": name, "type_id": type_id}}

    def sequence(name, type_id):
        return {"Sequence": {"id": name, "type_id": type_id}}

    return {
        "type": "TemplateProcessing",
        "single": [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)],
        "pair": [
            *(special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)),
            *(sequence("B", 1), special("[SEP]", 1)),
        ],
        "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [ids["[CLS]"]], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [ids["[SEP]"]], "tokens": ["[SEP]"]},
        },
    }


def base_tokenizer(prefix="##"):
    ids = made_vocabulary(prefix)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            added(name, id=ids[name], special=True)
            for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        ],
        "normalizer": bert_normalizer(),
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template(ids),
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }


def bert_normalizer(**options):
    defaults = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None}
    return {"type": "BertNormalizer", **defaults, "lowercase": True, **options}


def sequence(kind, *parts):
    key = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers"}[kind]
    return {"type": "Sequence", key: [{"type": p} if isinstance(p, str) else p for p in parts]}


MORE_TOKENS = [
    added("<ent>", lstrip=True, rstrip=True),
    added("<ENT>", single_word=True),
    added("[NEW]", rstrip=True, special=True),
    added("ab", single_word=True),
    added("abc", lstrip=True),
    added("the", single_word=True, lstrip=True, rstrip=True),
]
NORMALIZED_TOKENS = [
    added("New York", normalized=True),
    added("CAFÉ", normalized=True, single_word=True),
    added("abcd", normalized=True, lstrip=True, rstrip=True),
    added("日本", normalized=True),
    added("É", normalized=True, rstrip=True),
]


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def spaced(characters):
    """Spaces around these, and no more than one in a row, as Model2Vec writes it."""
    marks = [replace({"String": c}, f" {c} ") for c in characters]
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    return [*marks, replace({"Regex": "\\s+"}, " "), strip]


def unigram_tokenizer(split, scheme, normalizers):
    """Words with and without Metaspace's mark, single characters, scores of all sizes."""
    rng = random.Random(len(normalizers))
    words = [word.removeprefix("##") for word in made_vocabulary("##")]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁", "▁the", "▁ab", "▁▁", "!", "▁!"]
    pieces += [("▁" if rng.random() < 0.5 else "") + word for word in words if rng.random() < 0.7]
    pieces = dict.fromkeys(pieces)
    tokenizer = base_tokenizer()
    tokenizer["normalizer"] = sequence("normalizer", *normalizers) if normalizers else None
    tokenizer["pre_tokenizer"] = {
        **{"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
    }
    tokenizer["model"] = {
        **{"type": "Unigram", "unk_id": 1, "byte_fallback": False},
        "vocab": [[piece, round(-20 * rng.random(), 4)] for piece in pieces],
    }
    tokenizer["post_processor"] = template({"[CLS]": 2, "[SEP]": 3})
    return tokenizer


def variants():
    """(name, tokenizer.json as a dict)"""
    plain = base_tokenizer()

    def variant(name, base=plain, **changes):
        tokenizer = copy.deepcopy(base)
        for key, value in changes.items():
            tokenizer[key] = value
        return name, tokenizer

    roberta = {"sep": ["</s>", plain["model"]["vocab"]["</s>"]], "cls": ["<s>", plain["model"]["vocab"]["<s>"]]}
    more = plain["added_tokens"] + MORE_TOKENS
    normalized = more + NORMALIZED_TOKENS
    yield variant("uncased")
    yield variant("cased", normalizer=bert_normalizer(lowercase=False))
    yield variant("cased, no accents", normalizer=bert_normalizer(lowercase=False, strip_accents=True))
    yield variant("uncased, accents", normalizer=bert_normalizer(strip_accents=False))
    yield variant("not cleaned", normalizer=bert_normalizer(clean_text=False))
    yield variant("Chinese words", normalizer=bert_normalizer(handle_chinese_chars=False))
    yield variant("lower case alone", normalizer={"type": "Lowercase"})
    yield variant("NFD alone", normalizer={"type": "NFD"}, pre_tokenizer={"type": "WhitespaceSplit"})
    yield variant(
        "sequence",
        normalizer=sequence("normalizer", "NFD", "Lowercase", "StripAccents"),
        pre_tokenizer=sequence("pre_tokenizer", "Whitespace", {"type": "Punctuation"}),
    )
    yield variant(
        "sequence, cleaned last",
        normalizer=sequence("normalizer", "Lowercase", "NFD", bert_normalizer(), "NFD"),
        pre_tokenizer={"type": "Whitespace"},
    )
    yield variant("no normalizer", normalizer=None, pre_tokenizer={"type": "Whitespace"})
    yield variant("no pre-tokenizer", pre_tokenizer=None)
    for behavior in ("Removed", "Contiguous"):
        punctuation = {"type": "Punctuation", "behavior": behavior}
        yield variant(
            "punctuation " + behavior,
            pre_tokenizer=sequence("pre_tokenizer", "WhitespaceSplit", punctuation),
        )
    yield variant("BertProcessing", post_processor={**roberta, "type": "BertProcessing"})
    for trim in (False, True):
        processor = {**roberta, "type": "RobertaProcessing", "trim_offsets": trim, "add_prefix_space": trim}
        yield variant("RobertaProcessing", post_processor=processor, added_tokens=more)
    yield variant("no post-processor", post_processor=None)
    yield variant("added tokens", added_tokens=more)
    yield variant("normalized added tokens", added_tokens=normalized)
    yield variant(
        "normalized added tokens, cased",
        added_tokens=normalized,
        normalizer=bert_normalizer(lowercase=False, clean_text=False),
    )
    yield variant("empty prefix", base=base_tokenizer(""))
    short = base_tokenizer("@@@")
    short["model"]["max_input_chars_per_word"] = 5
    yield variant("long prefix, short words", base=short)
    yield variant("replaced", normalizer=sequence("normalizer", bert_normalizer(), *spaced("!'.a")))
    yield variant(
        "replaced by more, less and nothing",
        added_tokens=normalized,
        normalizer=sequence(
            *("normalizer", replace({"String": "ab"}, "é-é"), "NFD", replace({"String": "e"}, "")),
            *(replace({"String": "--"}, "-"), {"type": "Strip", "strip_left": True, "strip_right": False}),
        ),
    )
    model2vec = unigram_tokenizer(False, "always", [bert_normalizer(), *spaced("!\"#$%'(),-./:;?@[]_")])
    yield variant("Unigram", base=model2vec)
    yield variant("Unigram, added tokens", base=model2vec, added_tokens=normalized)
    yield variant("Unigram, split", base=unigram_tokenizer(True, "always", ["NFD"]))
    yield variant("Unigram, never", base=unigram_tokenizer(True, "never", []), added_tokens=more)
    yield variant("Unigram, one word", base=unigram_tokenizer(False, "never", ["Lowercase"]))
    yield variant("Unigram, no pre-tokenizer", base=model2vec, pre_tokenizer=None)
    if REAL_UNIGRAM.exists():
        yield variant("Model2Vec's Unigram", json.loads(REAL_UNIGRAM.read_text(encoding="utf-8")))
    if REAL.exists():
        real = json.loads(REAL.read_text(encoding="utf-8"))
        yield variant("all-MiniLM-L6-v2", base=real)
        yield variant("all-MiniLM-L6-v2, more tokens", base=real, added_tokens=real["added_tokens"] + MORE_TOKENS)
    else:
        print(f"{REAL.name} of all-MiniLM-L6-v2 is not at hand: made vocabulary only")


# ---------------------------------------------------------------- comparing


class Case:
    def __init__(self, rng, words, strategy):
        self.text = random_text(rng, words)
        self.pair = random_text(rng, words) if rng.random() < 0.4 else None
        self.special = rng.random() < 0.7
        self.max_tokens = rng.choice((0, 0, 4, 5, 6, 8, 9, 12, 16, 25, 64))
        # Cutting the second of one text is an error there, and cuts the one text here.
        if self.pair is None and strategy == "only_second":
            self.max_tokens = 0

    def record(self):
        text = self.text.encode()
        pair = (self.pair or "").encode()
        flags = (self.pair is not None) | (0 if self.special else 2)
        return struct.pack("4I", flags, self.max_tokens, len(text), len(pair)) + text + pair

    def __str__(self):
        return f"text={self.text!r} pair={self.pair!r} special={self.special} max={self.max_tokens}"


def char_offsets(text):
    """Character at each byte of the text, and at its end."""
    if text.isascii():
        return range(len(text) + 1)
    table = array.array("I")
    for i, c in enumerate(text):
        table.extend([i] * len(c.encode()))
    table.append(len(text))
    return table


def ours(result, case):
    status, tokens = result
    if status != 0:
        return "error"
    tables = [char_offsets(case.text), char_offsets(case.pair or "")]
    rows = []
    for token, type_id, special, which, begin, end in tokens:
        table = tables[which]
        rows.append((token, type_id, special, table[begin], table[end]))
    return rows


def theirs(tokenizer, case, strategy, direction):
    if case.max_tokens:
        tokenizer.enable_truncation(case.max_tokens, strategy=strategy, direction=direction)
    else:
        tokenizer.no_truncation()
    try:
        e = tokenizer.encode(case.text, case.pair, add_special_tokens=case.special)
    except Exception:  # the strategy cannot make it fit
        return "error"
    offsets = e.offsets
    return [
        (token, type_id, special, *offset)
        for token, type_id, special, offset in zip(e.ids, e.type_ids, e.special_tokens_mask, offsets)
    ]


def read_results(data, count):
    at = 0
    for _ in range(count):
        status, tokens, _ = struct.unpack_from("3I", data, at)
        at += 12
        yield status, list(struct.iter_unpack("6I", data[at : at + 24 * tokens]))
        at += 24 * tokens
    if at != len(data):
        raise SystemExit("the driver wrote more than expected")


def compare(name, config, driver, count, rng, verbose):
    """Number of different cases."""
    strategy = rng.choice(("longest_first", "longest_first", "only_first", "only_second"))
    direction = rng.choice(("right", "left"))
    config["truncation"] = {
        "direction": direction.title(),
        "max_length": 512,
        "strategy": "".join(part.title() for part in strategy.split("_")),
        "stride": 0,
    }
    config["padding"] = None
    text = json.dumps(config, ensure_ascii=rng.random() < 0.5)
    tokenizer = tokenizers.Tokenizer.from_str(text)
    pieces = config["model"]["vocab"]
    if isinstance(pieces, list):
        pieces = [piece.lstrip("▁") for piece, _ in pieces]
    words = [w for w in pieces if w.isalpha()] or ["a"]
    cases = [Case(rng, words, strategy) for _ in range(count)]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        run = subprocess.run(
            [driver, file.name], input=b"".join(c.record() for c in cases), stdout=subprocess.PIPE, check=False
        )
    if run.returncode != 0:
        print(f"{name}: the driver failed with {run.returncode}")
        return count
    different = 0
    for case, result in zip(cases, read_results(run.stdout, count)):
        expected = theirs(tokenizer, case, strategy, direction)
        got = ours(result, case)
        if got == expected:
            continue
        different += 1
        if different <= verbose:
            print(f"{name} ({strategy}, {direction}): {case}\n  expected {expected}\n  got      {got}")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", required=True, help="the tokenize_driver of a build")
    parser.add_argument("--count", type=int, default=100_000, help="texts (and pairs) in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="tokenizers whose name has this in it")
    parser.add_argument("--verbose", type=int, default=2, help="differences shown per tokenizer")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    chosen = [v for v in variants() if not arguments.only or arguments.only in v[0]]
    rounds = 4  # each draws its truncation anew
    count = -(-arguments.count // (rounds * len(chosen)))
    total = 0
    different = 0
    for _ in range(rounds):
        for name, config in chosen:
            different += compare(name, copy.deepcopy(config), arguments.driver, count, rng, arguments.verbose)
            total += count
    print(
        f"tokenizers {tokenizers.__version__}: {total} texts and pairs with {len(chosen)} tokenizers, "
        f"{different} different"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
