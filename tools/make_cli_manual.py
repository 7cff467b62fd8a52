#!/usr/bin/env python3
"""Puts the program's help texts into its manual, docs/cli.md.

    tools/make_cli_manual.py [PROGRAM]    (default: build/lode)

Between `<!-- help: NAME -->` and the end of the block behind it stands what
`lode help NAME` prints; everything else in the manual is written by hand.
tests/cli/test_cli_options.py fails when the two differ."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANUAL = ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"(<!-- help:([a-z ]*)-->\n)```text\n.*?^```$", re.DOTALL | re.MULTILINE)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "lode")

    def block(match):
        command = [program, "help", *match[2].split()]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
        return f"{match[1]}```text\n{text}```"

    text, count = BLOCK.subn(block, MANUAL.read_text())
    MANUAL.write_text(text)
    print(f"{MANUAL.relative_to(ROOT)}: {count} help texts")


if __name__ == "__main__":
    main()
