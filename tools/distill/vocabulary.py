"""The student's vocabulary: the teacher's pieces that English text needs, and frequent whole words.

A word that the teacher's WordPiece breaks up gets a row of its own when it is frequent: a mean of
pieces cannot say what the pieces say together. What pays for these rows are the teacher's unused,
foreign and never seen pieces.
"""

import collections
import copy
import json
import pathlib

import numpy as np
from tokenizers import Tokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHUNK = 50000


def count(tokenizer, texts):
    """How often each piece occurs, and how often each word that has several pieces."""
    pieces, words = np.zeros(tokenizer.get_vocab_size(), np.int64), collections.Counter()
    normalizer, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
    whole = tokenizer.get_vocab()
    between_spaces, spans = collections.Counter(), collections.Counter()
    for text in texts:
        between_spaces.update(text.lower().split())
    for chunk, times in between_spaces.items():
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(chunk)):
            spans[word] += times
    listed = list(spans)
    for start in range(0, len(listed), CHUNK):
        part = listed[start:start + CHUNK]
        for word, encoding in zip(part, tokenizer.encode_batch(part, add_special_tokens=False)):
            np.add.at(pieces, encoding.ids, spans[word])
            if len(encoding.ids) > 1 and word not in whole:
                words[word] = spans[word] * (len(encoding.ids) - 1)
    return pieces, words, spans


def is_basic(piece):
    """Letters, digits and marks of Latin and Greek script, which any English text may have."""
    text = piece.removeprefix("##")
    return len(text) == 1 and (text.isascii() or "\u00a0" <= text <= "\u03ff" or "\u2010" <= text <= "\u22ff")


def choose(tokenizer, texts, size, fewest=12):
    """The vocabulary, a list of size pieces at most: special, then by the teacher's order, then new words."""
    pieces, words, spans = count(tokenizer, texts)
    names = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    kept = [name for name, i in names if name not in SPECIAL and not name.startswith("[unused")
            and (is_basic(name) or name.removeprefix("##").isascii() or pieces[i] >= 5)]
    new = [word for word, gain in words.most_common() if spans[word] >= fewest and word.isascii()
           and word.isalnum() and not any(c.isdigit() for c in word) and 3 <= len(word) <= 24]
    room = size - len(SPECIAL) - len(kept)
    if room < 0:
        ranked = sorted(kept, key=lambda name: (not is_basic(name), -pieces[tokenizer.token_to_id(name)]))
        best = set(ranked[:size - len(SPECIAL)])
        kept = [name for name in kept if name in best]
    new = new[:max(room, 0)]
    return SPECIAL + kept + new, {"kept": len(kept), "new words": len(new)}


def tokenizer_json(teacher: pathlib.Path, vocabulary):
    """The teacher's tokenizer.json with another vocabulary and nothing added around a text."""
    described = copy.deepcopy(json.loads((teacher / "tokenizer.json").read_text(encoding="utf-8")))
    described["model"]["vocab"] = {piece: i for i, piece in enumerate(vocabulary)}
    described["added_tokens"] = [token | {"id": vocabulary.index(token["content"])}
                                 for token in described["added_tokens"] if token["content"] in SPECIAL]
    described["post_processor"] = described["padding"] = described["truncation"] = None
    return described


def bags(described, texts, most=256):
    """(ids, starts): the texts' tokens in one array without [UNK], and where each text's begin."""
    tokenizer = Tokenizer.from_str(json.dumps(described))
    unknown = tokenizer.token_to_id("[UNK]")
    ids, lengths = [], []
    for start in range(0, len(texts), CHUNK):
        for encoding in tokenizer.encode_batch(texts[start:start + CHUNK], add_special_tokens=False):
            row = [i for i in encoding.ids[:most] if i != unknown]
            ids.append(np.asarray(row, np.int32))
            lengths.append(len(row))
    return np.concatenate(ids), np.concatenate([[0], np.cumsum(lengths)])
