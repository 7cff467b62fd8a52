#!/usr/bin/env python3
"""Writes tests/data/nfd_cases.txt: texts and their canonical decomposition, by Python.

    python3 tools/make_nfd_cases.py

Python's unicodedata is an implementation of its own, of a newer Unicode; characters later
than 9.0 are left out (see tools/make_unicode_tables.py). Every line is a text and its NFD,
as code points in hexadecimal.
"""

import pathlib
import random
import unicodedata

from make_unicode_tables import NORMALIZATION_AGE, Database

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "tests/data/nfd_cases.txt"


def line(text):
    def codes(s):
        return " ".join(f"{ord(c):04X}" for c in s)

    return f"{codes(text)};{codes(unicodedata.normalize('NFD', text))}\n"


def main():
    ucd = Database("/usr/share/unicode")
    known = [chr(c) for c in range(0x110000) if ucd.age[c] <= NORMALIZATION_AGE]
    marks = [c for c in known if unicodedata.combining(c)]
    decomposable = [c for c in known if not 0xAC00 <= ord(c) < 0xD7A4 and unicodedata.normalize("NFD", c) != c]
    rng = random.Random(9)
    lines = [line(c) for c in decomposable[::9]]
    lines += [line(chr(0xAC00 + i)) for i in range(0, 11172, 1001)]
    for _ in range(200):
        kinds = (marks, marks, decomposable, "aeiou가각")
        lines.append(line("".join(rng.choice(rng.choice(kinds)) for _ in range(rng.randint(2, 9)))))
    # Longer runs of marks than are sorted by insertion.
    for size in (32, 33, 100):
        lines.append(line("a" + "".join(rng.choice(marks) for _ in range(size))))
    OUTPUT.write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
