#!/usr/bin/env python3
"""Generates src/index/chunk/entity_tables.inc: HTML's named character references.

    python3 tools/make_entity_tables.py            # writes the file
    python3 tools/make_entity_tables.py --check    # fails if the committed file differs

The list is the HTML standard's, as Python has it in html.entities.html5: 2,231 names, of which
106 are also known without a semicolon. tests/test_index_entities.py compares what is made of it with
Python's html.unescape.
"""

import argparse
import html.entities
import pathlib
import sys

from make_unicode_tables import Table

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src/index/chunk/entity_tables.inc"


def tables():
    names = sorted(name.encode() for name in html.entities.html5)
    values = {}
    pool, first, value_of, name_pool = bytearray(), [], [], bytearray()
    for name in names:
        value = html.entities.html5[name.decode()].encode()
        if value not in values:
            values[value] = len(values)
        first.append(len(name_pool))
        name_pool += name
        value_of.append(values[value])
    first.append(len(name_pool))
    value_first = []
    for value in values:
        value_first.append(len(pool))
        pool += value
    value_first.append(len(pool))
    return [
        Table("uint8_t", "entity_names", list(name_pool)),
        Table("uint16_t", "entity_first", first),
        Table("uint16_t", "entity_value_of", value_of),
        Table("uint16_t", "entity_value_first", value_first),
        Table("uint8_t", "entity_values", list(pool)),
    ]


def text():
    made = tables()
    total = sum(table.bytes() for table in made)
    head = [
        "/* Made by tools/make_entity_tables.py from the HTML standard's list: do not edit. Included",
        f" * by html_entity.c alone. {total:,} bytes:",
        *[f" *   {table.bytes():6,}  {table.name}" for table in made],
        " */",
        "/* clang-format off */",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(table.text() for table in made)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if not parser.parse_args().check:
        OUTPUT.write_text(text(), encoding="utf-8")
    elif OUTPUT.read_text(encoding="utf-8") != text():
        sys.exit(f"{OUTPUT.relative_to(ROOT)} is not what this script makes")


if __name__ == "__main__":
    main()
