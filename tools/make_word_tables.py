#!/usr/bin/env python3
"""Generates the Unicode tables of src/index/words from the Unicode character database.

    python3 tools/make_word_tables.py            # writes the three files below
    python3 tools/make_word_tables.py --check    # fails if a committed file differs

Needs Debian's unicode-data 15.0 (/usr/share/unicode; --ucd names another folder).

break_tables.inc   Word_Break, Extended_Pictographic, "letter or number", and which characters
                   are indexed as n-grams because their script puts no spaces between words
fold_tables.inc    what search folding does beyond lower case and decomposition, both of which
                   src/text has: full case folding, wide and narrow forms, letters like ø
word_tables.inc    the same two in wasm/, as bytes that are read once: half of the size
docs/search.md is the prose to this.
"""

from collections import Counter

from make_unicode_tables import Database
from c_tables import CODE_POINTS, Table, main, pages, source

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
    block_of, page_of, first_run, runs = pages(values)
    return [
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


def number(value):
    """7 bits a byte, the lowest first, 128 on all but the last."""
    out = []
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return [*out, value]


def packed_runs(values):
    """Runs of a value from 128 on. A byte has the value's place among those seen last (3 bits, less
    one: it is never the last one; 7: the next byte has it), and the length less one (5 bits; 31: the
    rest is a number)."""
    starts = [c for c in range(128, CODE_POINTS) if c == 128 or values[c] != values[c - 1]]
    often = Counter(values[c] for c in starts)
    recent = sorted(often, key=lambda value: (value == values[128], -often[value], value))
    palette, packed = list(recent), []
    for start, end in zip(starts, [*starts[1:], CODE_POINTS]):
        place = recent.index(values[start]) - 1
        recent.insert(0, recent.pop(place + 1))
        length = end - start - 1
        packed.append(min(place, 7) << 5 | min(length, 31))
        packed += [place] if place >= 7 else []
        packed += number(length - 31) if length >= 31 else []
    tables = [Table("uint8_t", "break_palette", palette), Table("uint8_t", "break_packed", packed)]
    return tables, len(starts)


def packed_folds(tables):
    """For each key: (its distance from the one before) << 2 | how many it becomes, and the distance
    of each of these from the one before, doubled, and 1 more if it is negative."""
    keys, first, pool = (table.values for table in tables)
    packed, key, before = [], 0, 0
    for i, next_key in enumerate(keys):
        packed += number((next_key - key) << 2 | first[i + 1] - first[i])
        key = next_key
        for to in pool[first[i] : first[i + 1]]:
            packed += number((to - before) * 2 if to >= before else (before - to) * 2 + 1)
            before = to
    return Table("uint8_t", "fold_packed", packed)


def generate(folder):
    ucd = Database(folder)
    values = break_values(ucd)
    folds = fold_tables(ucd)
    runs, count = packed_runs(values)
    ascii_ = Table("uint8_t", "lode_word_ascii", values[:128]).text().removeprefix("static ") + "\n"
    sizes = [f"RUNS = {count}", *(f"{t.name.upper()} = {len(t.values)}" for t in folds[::2])]
    files = {
        "src/index/words/break_tables.inc": ("word_property", ascii_, break_tables(values)),
        "src/index/words/fold_tables.inc": ("fold_special", "", folds),
        "wasm/word_tables.inc": (
            "word_tables",
            f"enum {{ {', '.join(sizes)} }};\n\n{ascii_}",
            [*runs, packed_folds(folds)],
        ),
    }
    head = "Made by tools/make_word_tables.py from Unicode 15.0: do not edit. Included by"
    return {
        path: source([head, f"{user}.c alone."], tables, before)
        for path, (user, before, tables) in files.items()
    }


if __name__ == "__main__":
    main(__doc__, generate, ucd=True)
