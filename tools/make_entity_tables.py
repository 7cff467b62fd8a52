#!/usr/bin/env python3
"""Generates src/index/chunk/entity_tables.inc: HTML's named character references.

    python3 tools/make_entity_tables.py            # writes the file
    python3 tools/make_entity_tables.py --check    # fails if the committed file differs

The list is the HTML standard's, as Python has it in html.entities.html5: 2,231 names, of which
106 are also known without a semicolon. tests/test_index_entities.py compares what is made of it with
Python's html.unescape.
"""

import html.entities

from c_tables import Table, main, source


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


def generate():
    made_by = [
        "Made by tools/make_entity_tables.py from the HTML standard's list: do not edit. Included",
        "by html_entity.c alone.",
    ]
    return {"src/index/chunk/entity_tables.inc": source(made_by, tables())}


if __name__ == "__main__":
    main(__doc__, generate)
