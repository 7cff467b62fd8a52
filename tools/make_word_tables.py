#!/usr/bin/env python3
"""Generates the Unicode tables of src/index/words from the Unicode character database.

    python3 tools/make_word_tables.py            # writes break_tables.inc and fold_tables.inc
    python3 tools/make_word_tables.py --check    # fails if a committed file differs

Needs Debian's unicode-data 15.0 (/usr/share/unicode; --ucd names another folder).

break_tables.inc   Word_Break, Extended_Pictographic, "letter or number", and which characters
                   are indexed as n-grams because their script puts no spaces between words
fold_tables.inc    what search folding does beyond lower case and decomposition, both of which
                   src/text has: full case folding, wide and narrow forms, letters like ø
docs/search.md is the prose to this.
"""

import argparse
import pathlib
import sys

from make_unicode_tables import CODE_POINTS, Database, Table

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src/index/words"

# The order of `enum word_break` in src/index/words/word_break.h.
BREAKS = [
    "Other", "CR", "LF", "Newline", "Extend", "ZWJ", "Regional_Indicator", "Format", "Katakana",
    "Hebrew_Letter", "ALetter", "Single_Quote", "Double_Quote", "MidNumLet", "MidLetter",
    "MidNum", "Numeric", "ExtendNumLet", "WSegSpace",
]  # fmt: skip
PICTOGRAPH, NGRAM, ALNUM = 32, 64, 128
NGRAM_SCRIPTS = {
    "Han", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Thai", "Lao", "Khmer", "Myanmar",
}  # fmt: skip
# Written with Hiragana and Katakana, but of no script: prolonged sound marks, voiced marks.
NGRAM_COMMON = {0x30FC, 0xFF70, 0x3099, 0x309A, 0xFF9E, 0xFF9F}

# Letters that have no decomposition, and what people type who do not have them.
LETTERS = {
    "æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ł": "l",
    "ŋ": "n", "œ": "oe", "ŧ": "t", "ƀ": "b", "ƒ": "f", "ɨ": "i", "ʉ": "u", "ə": "e", "ɓ": "b",
    "ɗ": "d", "ƙ": "k", "ƴ": "y", "ȷ": "j", "ǝ": "e",
}  # fmt: skip


def break_values(ucd):
    """One byte a code point."""
    values = [0] * CODE_POINTS
    for first, last, name in ucd.ranges("auxiliary/WordBreakProperty.txt"):
        for c in range(first, last + 1):
            values[c] |= BREAKS.index(name)
    for c in ucd.property("emoji/emoji-data.txt", "Extended_Pictographic"):
        values[c] |= PICTOGRAPH
    for c in range(CODE_POINTS):
        if c in ucd.alphabetic or ucd.category[c].startswith("N"):
            values[c] |= ALNUM
    for first, last, script in ucd.ranges("Scripts.txt"):
        for c in range(first, last + 1):
            # Marks of these scripts are vowels and tones: part of the text, not accents.
            letter = ucd.category[c][0] in "LM"
            if script in NGRAM_SCRIPTS and letter:
                values[c] |= NGRAM | ALNUM
    for c in NGRAM_COMMON:
        values[c] |= NGRAM | ALNUM
    return values


def break_tables(values):
    """code point / 4096 -> block of 16 pages -> page of 256 -> runs of one value."""
    pages, blocks, page_of, block_of, numbers = {}, {}, [], [], []
    for start in range(0, CODE_POINTS, 256):
        page = tuple(values[start : start + 256])
        numbers.append(pages.setdefault(page, len(pages)))
    assert len(pages) <= 256
    for start in range(0, len(numbers), 16):
        block = tuple(numbers[start : start + 16])
        if block not in blocks:
            blocks[block] = len(blocks)
            page_of.extend(block)
        block_of.append(blocks[block])
    first_run, runs = [], []
    for page in pages:
        first_run.append(len(runs))
        for i, value in enumerate(page):
            if i == 0 or value != page[i - 1]:
                runs.append(value << 8 | i)
    first_run.append(len(runs))
    return [
        Table("uint8_t", "break_ascii", values[:128]),
        Table("uint8_t", "break_block_of", block_of),
        Table("uint8_t", "break_page_of", page_of),
        Table("uint16_t", "break_first_run", first_run),
        Table("uint16_t", "break_runs", runs),
    ]


def read_folding(ucd):
    """Full case folding: {code point: [code points]}."""
    return {
        int(fields[0], 16): [int(c, 16) for c in fields[2].split()]
        for fields in ucd.lines("CaseFolding.txt")
        if fields[1] in "CF"
    }


def width_forms(ucd):
    """Full-width ASCII, half-width Katakana and the like: {code point: [code point]}."""
    forms = {}
    for fields in ucd.lines("UnicodeData.txt"):
        tag, _, to = fields[5].partition(" ")
        if tag in ("<wide>", "<narrow>"):
            forms[int(fields[0], 16)] = [int(c, 16) for c in to.split()]
    return forms


def fold_tables(ucd):
    """Sorted code points, and the one to three that each becomes."""
    folding = read_folding(ucd)
    lower = dict(ucd.lower)
    folds = {}

    def lower_of(c):
        return [0x69, 0x307] if c == 0x130 else [lower.get(c, c)]

    for c, to in folding.items():
        # Folding goes to upper case in Cherokee. Lower case does as well, and is what we have.
        if 0x13A0 <= c < 0x1400 or 0xAB70 <= c < 0xABC0:
            continue
        if lower_of(c) != to:
            folds[c] = to
    for c, to in width_forms(ucd).items():
        assert len(to) == 1
        folds[c] = folding.get(to[0], lower_of(to[0]))
    for letter, to in LETTERS.items():
        folds[ord(letter)] = [ord(x) for x in to]
    # What is folded is lower case already, so its entry is looked up by that.
    for c in list(folds):
        if lower_of(c) != [c] and lower_of(c)[0] in folds:
            del folds[c]
    keys = sorted(folds)
    assert keys[-1] < 0x10000
    pool, first = [], []
    for c in keys:
        to = folds[c]
        assert 1 <= len(to) <= 3 and all(x < 0x10000 for x in to)
        assert not any(x in folds for x in to), hex(c)  # once is enough
        first.append(len(pool))
        pool.extend(to)
    first.append(len(pool))
    return [
        Table("uint16_t", "fold_keys", keys),
        Table("uint16_t", "fold_first", first),
        Table("uint16_t", "fold_pool", pool),
    ]


def file_of(user, tables):
    total = sum(table.bytes() for table in tables)
    head = [
        "/* Made by tools/make_word_tables.py from Unicode 15.0: do not edit. Included by",
        f" * {user} alone. {total:,} bytes:",
        *[f" *   {table.bytes():6,}  {table.name}" for table in tables],
        " */",
        "/* clang-format off */",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(table.text() for table in tables)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ucd", default="/usr/share/unicode", help="folder of UnicodeData.txt")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    ucd = Database(arguments.ucd)
    files = {
        "break_tables.inc": file_of("word_break.c", break_tables(break_values(ucd))),
        "fold_tables.inc": file_of("fold.c", fold_tables(ucd)),
    }
    for name, text in files.items():
        path = FOLDER / name
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{name} is not what this script makes")


if __name__ == "__main__":
    main()
