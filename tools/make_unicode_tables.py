#!/usr/bin/env python3
"""Generates src/text/unicode*_tables.inc from the Unicode character database.

    python3 tools/make_unicode_tables.py            # writes the files
    python3 tools/make_unicode_tables.py --check    # fails if a committed file differs

Needs Debian's unicode-data 15.0 (/usr/share/unicode; --ucd names another folder).

The tables follow the Hugging Face `tokenizers` library, which takes each property from
another Rust crate, each with its own version of Unicode. Debian has one version. So a
property is cut off by age where the library's is older, and the few characters that an age
cannot explain are listed below, with the reason. tools/check_unicode_tables.py compares the
result with the library on every code point. docs/unicode.md is the prose to this.
"""

import pathlib

from c_tables import CODE_POINTS, Table, main, pages, source

# unicode_categories 0.1.1: punctuation, "other" (Cc, Cf, Co) and Mn.
CATEGORIES_AGE = (8, 0)
# unicode-normalization-alignments 0.1: combining classes, decompositions, "any mark".
NORMALIZATION_AGE = (9, 0)
# Lower case is Rust's std (Unicode 17), \w is regex-syntax (Unicode 16): newer than Debian.

# General categories that changed after the crate's version: {code point: what it was}.
CATEGORIES_THEN = {
    0x166D: "Po",  # CANADIAN SYLLABICS CHI SIGN; So since 12.0
    0x111C9: "Po",  # SHARADA SANDHI MARK; Mn since 11.0
    0x1734: "Mn",  # HANUNOO SIGN PAMUDPOD; Mc since 14.0
    0x1885: "Lo",  # MONGOLIAN LETTER ALI GALI BALUDA; Mn since 9.0
    0x1886: "Lo",  # MONGOLIAN LETTER ALI GALI THREE BALUDA; Mn since 9.0
    0xA9BD: "Mc",  # JAVANESE CONSONANT SIGN KERET; Mn since 11.0
}
NORMALIZATION_THEN = {
    0x111C9: "Po",  # as above
    0x1CF2: "Mc",  # VEDIC SIGN ARDHAVISARGA; Lo since 12.0
    0x1CF3: "Mc",  # VEDIC SIGN ROTATED ARDHAVISARGA; Lo since 12.0
}

# Not in Unicode 15: lower case of 16.0 and 17.0, as (first, last, step, lower case of first).
LOWER_SINCE = [
    (0x1C89, 0x1C89, 1, 0x1C8A),  # 16.0 Cyrillic TJE
    (0xA7CB, 0xA7CB, 1, 0x0264),  # 16.0 Latin RAMS HORN
    (0xA7CC, 0xA7CC, 1, 0xA7CD),  # 16.0 Latin S WITH DIAGONAL STROKE
    (0xA7CE, 0xA7CE, 1, 0xA7CF),  # 17.0 Latin
    (0xA7D2, 0xA7D2, 1, 0xA7D3),  # 17.0 Latin DOUBLE THORN
    (0xA7D4, 0xA7D4, 1, 0xA7D5),  # 17.0 Latin DOUBLE WYNN
    (0xA7DA, 0xA7DA, 1, 0xA7DB),  # 16.0 Latin LAMBDA
    (0xA7DC, 0xA7DC, 1, 0x019B),  # 16.0 Latin LAMBDA WITH STROKE
    (0x10D50, 0x10D65, 1, 0x10D70),  # 16.0 Garay
    (0x16EA0, 0x16EB8, 1, 0x16EBB),  # 17.0 Beria Erfe
]
# Word characters of 15.1 and 16.0.
WORD_SINCE = [
    (0x897, 0x897), (0x1C89, 0x1C8A), (0xA7CB, 0xA7CD), (0xA7DA, 0xA7DC), (0x105C0, 0x105F3),
    (0x10D40, 0x10D65), (0x10D69, 0x10D6D), (0x10D6F, 0x10D85), (0x10EC2, 0x10EC4),
    (0x10EFC, 0x10EFC), (0x11380, 0x11389), (0x1138B, 0x1138B), (0x1138E, 0x1138E),
    (0x11390, 0x113B5), (0x113B7, 0x113C0), (0x113C2, 0x113C2), (0x113C5, 0x113C5),
    (0x113C7, 0x113CA), (0x113CC, 0x113D3), (0x113E1, 0x113E2), (0x116D0, 0x116E3),
    (0x11BC0, 0x11BE0), (0x11BF0, 0x11BF9), (0x11F5A, 0x11F5A), (0x13460, 0x143FA),
    (0x16100, 0x16139), (0x16D40, 0x16D6C), (0x16D70, 0x16D79), (0x18CFF, 0x18CFF),
    (0x1CCF0, 0x1CCF9), (0x1E5D0, 0x1E5FA), (0x2EBF0, 0x2EE5D),
]  # fmt: skip

# Bits of a class; src/text/unicode.h has the same.
OTHER, SPACE, PUNCT, MN, MARK, WORD = 1, 2, 4, 8, 16, 32


class Database:
    """The properties of Unicode 15.0 that are used here."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.category = ["Cn"] * CODE_POINTS
        self.ccc = [0] * CODE_POINTS
        self.decomposition = {}  # canonical, one step
        self.lower = {}
        self.age = [(99, 0)] * CODE_POINTS
        self.read_unicode_data()
        for first, last, value in self.ranges("DerivedAge.txt"):
            age = tuple(int(part) for part in value.split("."))
            self.age[first : last + 1] = [age] * (last + 1 - first)
        self.alphabetic = self.property("DerivedCoreProperties.txt", "Alphabetic")
        self.join_control = self.property("PropList.txt", "Join_Control")
        self.white_space = self.property("PropList.txt", "White_Space")

    def lines(self, name):
        with open(self.folder / name, encoding="utf-8") as file:
            for line in file:
                line = line.partition("#")[0].strip()
                if line:
                    yield [field.strip() for field in line.split(";")]

    def ranges(self, name):
        for fields in self.lines(name):
            first, _, last = fields[0].partition("..")
            yield int(first, 16), int(last or first, 16), fields[1]

    def property(self, name, wanted):
        return {
            c for a, b, value in self.ranges(name) if value == wanted for c in range(a, b + 1)
        }

    def read_unicode_data(self):
        first = None
        for fields in self.lines("UnicodeData.txt"):
            c = int(fields[0], 16)
            if fields[1].endswith(", First>"):
                first = c
                continue
            for x in range(first if first is not None else c, c + 1):
                self.category[x] = fields[2]
                self.ccc[x] = int(fields[3])
            first = None
            if fields[5] and not fields[5].startswith("<"):
                self.decomposition[c] = [int(part, 16) for part in fields[5].split()]
            if fields[13]:
                self.lower[c] = int(fields[13], 16)


def classes(ucd):
    """Each code point's (flags, combining class)."""
    result = []
    word_since = {c for a, b in WORD_SINCE for c in range(a, b + 1)}
    for c in range(CODE_POINTS):
        if 0xD800 <= c < 0xE000:  # no UTF-8 text has them
            result.append((0, 0))
            continue
        now = ucd.category[c]
        then = CATEGORIES_THEN.get(c, now) if ucd.age[c] <= CATEGORIES_AGE else "Cn"
        flags = 0
        if then in ("Cc", "Cf", "Co"):
            flags |= OTHER
        if c in ucd.white_space:
            flags |= SPACE
        if then.startswith("P") or (c < 0x80 and chr(c) in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"):
            flags |= PUNCT
        if then == "Mn":
            flags |= MN
        normalized = ucd.age[c] <= NORMALIZATION_AGE
        if normalized and NORMALIZATION_THEN.get(c, now).startswith("M"):
            flags |= MARK
        if (
            c in ucd.alphabetic
            or c in ucd.join_control
            or now in ("Mn", "Mc", "Me", "Nd", "Pc")
            or c in word_since
        ):
            flags |= WORD
        result.append((flags, ucd.ccc[c] if normalized else 0))
    return result


def class_tables(per_code_point):
    """Three steps: code point / 4096 -> block of 16 pages -> page of 256 -> runs of a class."""
    order = {}
    numbers = [order.setdefault(k, len(order)) for k in per_code_point]
    assert len(order) <= 256
    block_of, page_of, first_run, runs = pages(numbers)
    return [
        Table("uint8_t", "class_flags", [flags for flags, _ in order]),
        Table("uint8_t", "class_ccc", [ccc for _, ccc in order]),
        Table("uint8_t", "block_of", block_of),
        Table("uint8_t", "page_of", page_of),
        Table("uint16_t", "first_run", first_run),
        Table("uint16_t", "runs", runs),
    ]


def lower_tables(ucd):
    """Runs of every or every second code point that are the same distance from lower case.
    U+0130 is the one that gives two characters: unicode_lower.c has it."""
    lower = {c: to for c, to in ucd.lower.items() if c > 0x7F and c != 0x130}
    for first, last, step, to in LOWER_SINCE:
        lower.update({c: to + c - first for c in range(first, last + 1, step)})
    left = sorted(lower)
    runs, distances = [], {}
    i = 0
    while i < len(left):
        best = (0, 0)
        for step in (1, 2):
            n = 1
            while (
                i + n < len(left)
                and left[i + n] == left[i] + n * step
                and lower[left[i + n]] - left[i + n] == lower[left[i]] - left[i]
                and n < 128
            ):
                n += 1
            best = max(best, (n, step))
        n, step = best
        c = left[i]
        assert c >> 16 == lower[c] >> 16  # unicode_lower.c adds the distance within the plane
        number = distances.setdefault((lower[c] - c) & 0xFFFF, len(distances))
        runs.append(c << 15 | (step - 1) << 14 | (n - 1) << 7 | number)
        i += n
    assert len(distances) <= 128
    return [
        Table("uint32_t", "lower_runs", runs),
        Table("uint16_t", "lower_distances", list(distances)),
    ]


CJK_RANGES = [("cjk_f900", 0xF900, 0xFB00), ("cjk_2f800", 0x2F800, 0x2FA20)]


def decomposition_tables(ucd):
    """Pairs and single characters, as UnicodeData.txt gives them: one step at a time."""
    steps = {c: d for c, d in ucd.decomposition.items() if ucd.age[c] <= NORMALIZATION_AGE}
    tables = []
    for name, first, last in CJK_RANGES:
        to = [0] * (last - first)
        for c in range(first, last):
            if c in steps:
                assert len(steps[c]) == 1 and steps[c][0] not in steps
                to[c - first] = steps[c][0]
                del steps[c]
        assert all(value >> 16 in (0, 2) for value in to)
        plane_2 = [
            sum((to[i + bit] >> 17) << bit for bit in range(8)) for i in range(0, len(to), 8)
        ]
        tables.append(Table("uint16_t", name, [value & 0xFFFF for value in to]))
        tables.append(Table("uint8_t", name + "_plane_2", plane_2))
    seconds = {None: 0}
    for c in sorted(steps):
        for second in steps[c][1:]:
            assert second not in steps and len(steps[c]) == 2
            seconds.setdefault(second, len(seconds))
    assert len(seconds) <= 256
    bmp = [c for c in sorted(steps) if c < 0x10000]
    beyond = [c for c in sorted(steps) if c >= 0x10000]
    assert all(c < 0x20000 for c in beyond) and all(steps[c][0] < 0x10000 for c in bmp)
    assert all(steps[c][0] >= 0x10000 for c in beyond)

    def second_of(c):
        return seconds[steps[c][1] if len(steps[c]) == 2 else None]

    def length(c):
        return 1 if c not in steps else length(steps[c][0]) + len(steps[c]) - 1

    assert max(length(c) for c in steps) == 4  # LODE_UNICODE_NFD_MAX
    second_values = [0] + [c for c in seconds if c is not None]
    tables += [
        Table("uint32_t", "nfd_seconds", second_values),
        Table("uint16_t", "nfd_bmp", bmp),
        Table("uint16_t", "nfd_bmp_first", [steps[c][0] for c in bmp]),
        Table("uint8_t", "nfd_bmp_second", [second_of(c) for c in bmp]),
        # Plane 1: the low 16 bits of both.
        Table("uint16_t", "nfd_smp", [c & 0xFFFF for c in beyond]),
        Table("uint16_t", "nfd_smp_first", [steps[c][0] & 0xFFFF for c in beyond]),
        Table("uint8_t", "nfd_smp_second", [second_of(c) for c in beyond]),
    ]
    return tables


def generate(folder):
    ucd = Database(folder)
    files = {
        "unicode": class_tables(classes(ucd)) + decomposition_tables(ucd),
        "unicode_lower": lower_tables(ucd),
    }
    head = "Made by tools/make_unicode_tables.py from Unicode 15.0: do not edit. Included by"
    return {
        f"src/text/{name}_tables.inc": source([head, f"{name}.c alone."], tables)
        for name, tables in files.items()
    }


if __name__ == "__main__":
    main(__doc__, generate, ucd=True)
