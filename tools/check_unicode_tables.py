#!/usr/bin/env python3
"""Compares lode's Unicode properties with the `tokenizers` package on every code point.

    python3 tools/check_unicode_tables.py --driver build/tests/tokenize_driver

What the library thinks of a character is seen from what it does to it: BertNormalizer removes
it, a pre-tokenizer splits at it, and so on. Combining classes are found by putting the
character before and after a mark of each class. Exit status: 0 equal, 1 not, 77 the package
is not installed. Takes a minute or two. To follow a newer library, run this, and change the
ages and lists at the head of tools/make_unicode_tables.py until nothing differs.
"""

import argparse
import collections
import subprocess
import struct
import sys

try:
    import tokenizers
    from tokenizers import normalizers, pre_tokenizers
except ImportError:
    print("skipped: the Python package `tokenizers` is not installed")
    sys.exit(77)

OTHER, SPACE, PUNCT, MN, MARK, WORD = 1, 2, 4, 8, 16, 32
CHARACTERS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def bert(**options):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**off, **options})


def read_driver(path):
    """Per code point: flags, class, lower case, decomposition."""
    data = subprocess.run([path, "--unicode"], stdout=subprocess.PIPE, check=True).stdout
    table = []
    for c, row in enumerate(struct.iter_unpack("8I", data)):
        lower = "".join(chr(x) for x in row[2:4] if x) or chr(c)
        nfd = "".join(chr(x) for x in row[4:] if x) or chr(c)
        table.append((row[0], row[1], lower, nfd))
    return table


def surrogate_free(table):
    for c in CHARACTERS:
        yield c, chr(c), *table[c]


def check_properties(table):
    """Yield (property, code point) for each difference."""
    clean, strip = bert(clean_text=True), bert(strip_accents=True)
    accents, lower, nfd = normalizers.StripAccents(), normalizers.Lowercase(), normalizers.NFD()
    words, bert_words = pre_tokenizers.Whitespace(), pre_tokenizers.BertPreTokenizer()
    for c, s, flags, _, our_lower, our_nfd in surrogate_free(table):
        removed = (flags & OTHER and s not in "\t\n\r") or s in "\0\ufffd"
        if clean.normalize_str(s) != ("" if removed else " " if flags & SPACE else s):
            yield "other or space", c
        if accents.normalize_str(s) != ("" if flags & MARK else s):
            yield "mark", c
        kept = "".join(x for x in our_nfd if not table[ord(x)][0] & MN)
        if strip.normalize_str(s) != kept:
            yield "nonspacing mark", c
        if lower.normalize_str(s) != our_lower:
            yield "lower case", c
        if nfd.normalize_str(s) != our_nfd:
            yield "decomposition", c
        pieces = len(bert_words.pre_tokenize_str(f"a{s}a"))
        if pieces != (2 if flags & SPACE else 3 if flags & PUNCT else 1):
            yield "punctuation or space", c
        pieces = len(words.pre_tokenize_str(f"a{s}a"))
        if pieces != (2 if flags & SPACE else 1 if flags & WORD else 3):
            yield "word", c


def check_classes(table):
    """Each character against one mark of each class, in both orders."""
    nfd = normalizers.NFD()
    marks = {}
    for c, s, _, ccc, _, decomposed in surrogate_free(table):
        if decomposed == s:
            marks.setdefault(ccc, s)
    starter = marks.pop(0)
    highest = marks[max(marks)]
    for c, s, _, ccc, _, decomposed in surrogate_free(table):
        if decomposed != s:
            continue
        # Nearly all are starters: one look is enough.
        moves = nfd.normalize_str(starter + highest + s) != starter + highest + s
        if ccc == 0 and not moves:
            continue
        for other, mark in marks.items():
            before = ccc != 0 and ccc < other
            after = ccc != 0 and other < ccc
            if (nfd.normalize_str(starter + mark + s) == starter + s + mark) != before and mark != s:
                yield "combining class", c
                break
            if (nfd.normalize_str(starter + s + mark) == starter + mark + s) != after and mark != s:
                yield "combining class", c
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", required=True, help="the tokenize_driver of a build")
    table = read_driver(parser.parse_args().driver)
    different = collections.defaultdict(list)
    for check in (check_properties, check_classes):
        for name, c in check(table):
            different[name].append(c)
    for name, points in different.items():
        shown = " ".join(f"U+{c:04X}" for c in points[:20])
        print(f"{name}: {len(points)} differ: {shown}")
    print(f"tokenizers {tokenizers.__version__}: {len(CHARACTERS)} code points, "
          f"{sum(map(len, different.values()))} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
