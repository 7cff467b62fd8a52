#!/usr/bin/env python3
"""What takes the bytes of a WebAssembly module, and whether it keeps to its budget.

    tools/wasm_size.py build-wasm/lode-embed-relaxed.wasm [--budget 200000] [--symbols 20]

The table is of the linker's map, MODULE.map beside the module, before wasm-opt, which takes off
about a fifth; the budget, in bytes, is for the module itself. Exit status 1: it is larger.
"""
import argparse
import collections
import pathlib
import re
import sys

# A line of a piece of a section: address, offset, size, file:(symbol). Other lines, for sections
# and for the symbols of a piece, have no such name.
PIECE = re.compile(r"\s*(?:-|[0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+(\S+):\((.*)\)$")


def room_of(file):
    if file.startswith("<internal>"):
        return "constants that the linker merged"
    library = re.search(r"(lib[^/]*\.a)\(", file)
    if library:
        return library[1]
    room = re.search(r"/src/(kernels/[^/]+|[^/]+)/", file)
    return room[1] if room else pathlib.PurePath(file).name.removesuffix(".c.obj")


def read_map(path):
    rooms, symbols = collections.Counter(), collections.Counter()
    for line in path.read_text().splitlines():
        piece = PIECE.match(line)
        if piece:
            size = int(piece[1], 16)
            rooms[room_of(piece[2])] += size
            symbols[f"{piece[3]} ({re.split(r'[/(]', piece[2].rstrip(')'))[-1]})"] += size
    return rooms, symbols


def print_table(title, counts, most=None):
    print(f"\n{'bytes':>8}  {title}")
    for name, size in counts.most_common(most):
        print(f"{size:8}  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("module", type=pathlib.Path)
    parser.add_argument("--budget", type=int, help="bytes that the module may have")
    parser.add_argument("--symbols", type=int, default=20, help="how many to list")
    args = parser.parse_args()
    size = args.module.stat().st_size
    rooms, symbols = read_map(args.module.with_suffix(".map"))
    print(f"{args.module.name}: {size} bytes" + (f" of {args.budget}" if args.budget else ""))
    print_table("linked, by room", rooms)
    print_table("the largest pieces", symbols, args.symbols)
    if args.budget and size > args.budget:
        sys.exit(f"{args.module.name}: {size - args.budget} bytes over its budget")


if __name__ == "__main__":
    main()
