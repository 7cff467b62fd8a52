"""Tables of C, for the make_*_tables.py that make them: how they are written, compared with what is
committed, and packed where there is an entry for each code point."""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE_POINTS = 0x110000


class Table:
    def __init__(self, kind, name, values):
        self.kind, self.name, self.values = kind, name, values
        self.bits = int(kind.removeprefix("uint").removesuffix("_t"))
        assert all(0 <= value < 1 << self.bits for value in values)

    def bytes(self):
        return len(self.values) * self.bits // 8

    def text(self):
        lines, line = [], " "
        for value in self.values:
            item = f" {value}," if self.bits == 8 else f" 0x{value:x},"
            if len(line) + len(item) > 100:
                lines.append(line)
                line = " "
            line += item
        lines.append(line)
        body = "\n".join(lines)
        return f"static const {self.kind} {self.name}[{len(self.values)}] = {{\n{body}\n}};\n"


def source(made_by, tables, before=""):
    """A file: who made it and who includes it, the size of each table, `before`, the tables."""
    total = sum(table.bytes() for table in tables)
    head = [
        *made_by[:-1],
        f"{made_by[-1]} {total:,} bytes:".lstrip(),
        *[f"  {table.bytes():6,}  {table.name}" for table in tables],
    ]
    comment = "/* " + "\n * ".join(head) + "\n */\n/* clang-format off */\n\n"
    return comment + before + "\n".join(table.text() for table in tables)


def pages(values):
    """A number for each code point, in three steps: code point / 4096 -> block of 16 pages -> page of
    256 -> runs of a number, each number << 8 | where in the page. (block_of, page_of, first_run,
    runs)"""
    page_numbers, blocks, page_of, block_of, numbers = {}, {}, [], [], []
    for start in range(0, CODE_POINTS, 256):
        page = tuple(values[start : start + 256])
        numbers.append(page_numbers.setdefault(page, len(page_numbers)))
    assert len(page_numbers) <= 256
    for start in range(0, len(numbers), 16):
        block = tuple(numbers[start : start + 16])
        if block not in blocks:
            blocks[block] = len(blocks)
            page_of.extend(block)
        block_of.append(blocks[block])
    first_run, runs = [], []
    for page in page_numbers:
        first_run.append(len(runs))
        for i, value in enumerate(page):
            if i == 0 or value != page[i - 1]:
                runs.append(value << 8 | i)
    first_run.append(len(runs))
    return block_of, page_of, first_run, runs


def main(about, make, ucd=False):
    """Write what `make` gives, {path below the root: text}, or, with --check, compare. With `ucd` it is
    given the folder of the Unicode character database."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    if ucd:
        parser.add_argument("--ucd", default="/usr/share/unicode", help="folder of UnicodeData.txt")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    for name, text in make(*([arguments.ucd] if ucd else [])).items():
        if not arguments.check:
            (ROOT / name).write_text(text, encoding="utf-8")
        elif (ROOT / name).read_text(encoding="utf-8") != text:
            sys.exit(f"{name} is not what this script makes")
