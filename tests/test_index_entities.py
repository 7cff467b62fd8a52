#!/usr/bin/env python3
"""Character references: every name of the HTML standard, numbers and broken ones, against Python's
html.unescape."""

import html
import html.entities
import os
import pathlib
import random
import subprocess
import sys

driver = pathlib.Path(os.environ.get("LODE_TEST_BIN", "build/tests")) / "index_document_driver"


def cases():
    for name in html.entities.html5:
        bare = name.rstrip(";")
        for text in (f"&{name}", f"&{bare}", f"a&{bare}b", f"&{bare};;", f"&{bare}=", f"&{bare[:-1]}"):
            yield text
    for number in [*range(0x300), *range(0xD7F0, 0xE010), *range(0xFDC0, 0xFE00), *range(0xFFF0, 0x10010),
                   0x1FFFE, 0x10FFFF, 0x110000, 2**32, 2**64 + 65]:  # fmt: skip
        yield f"&#{number};"
        yield f"x&#x{number:x}y"
        yield f"&#X{number:X}&#{number}"
    pieces = ["&", "#", "x", ";", "a", "amp", "lt", "not", "notin", "12", "=", " ", "é", "copy", "\n"]
    generator = random.Random(7)
    for _ in range(20000):
        yield "".join(generator.choice(pieces) for _ in range(generator.randint(1, 12)))


def main():
    texts = [text for text in dict.fromkeys(cases()) if "\0" not in text]
    done = subprocess.run(
        [driver, "unescape"], input="".join(text + "\0" for text in texts).encode(),
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    results = done.stdout.decode().split("\0")[:-1]
    assert len(results) == len(texts), (len(results), len(texts))
    different = [(t, r, html.unescape(t)) for t, r in zip(texts, results) if r != html.unescape(t)]
    for text, ours, theirs in different[:20]:
        print(f"{text!r}: {ours!r}, Python: {theirs!r}")
    print(f"{len(texts)} texts, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
