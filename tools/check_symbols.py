#!/usr/bin/env python3
"""Checks that the shared library exports exactly the functions of include/lode.h.

    tools/check_symbols.py HEADER MAP SHARED_LIBRARY STATIC_LIBRARY

Three lists must agree: what the header marks LODE_API, what the version script names, and
what `nm` finds in the shared library. In the static library, where nothing can be hidden
from a linker, every global name must begin with lode_ so that it cannot clash.
"""

import pathlib
import re
import subprocess
import sys


def declared(header):
    """Names of the functions that the header marks LODE_API."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", pathlib.Path(header).read_text(), flags=re.DOTALL)
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
    return set(re.findall(r"\bLODE_API\b[^;{(]*?(\w+)\s*\(", text))


def mapped(script):
    """Names in the global part of the version script."""
    text = re.sub(r"/\*.*?\*/", " ", pathlib.Path(script).read_text(), flags=re.DOTALL)
    return set(re.findall(r"(\w+)\s*;", text.split("global:")[1].split("local:")[0]))


def symbols(library, *options):
    """Names of the defined global symbols, without version (lode_embed@@LODE_0.1)."""
    command = ["nm", "--defined-only", "--extern-only", "--format=posix", *options, library]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in output.splitlines()]
    # Archive members are headed "lib.a[member.o]:"; a version node is an absolute symbol "A".
    return {row[0].split("@")[0] for row in rows if len(row) > 1 and row[1] != "A"}


def main():
    header, script, shared, static = sys.argv[1:5]
    functions = declared(header)
    wrong = []
    for what, names in (("cmake/lode.map", mapped(script)),
                        ("the shared library", symbols(shared, "--dynamic"))):
        wrong += [f"{what} lacks {name}, which lode.h declares" for name in functions - names]
        wrong += [f"{what} has {name}, which lode.h does not declare" for name in names - functions]
    wrong += [
        f"the static library has {name}: a global name must begin with lode_"
        for name in symbols(static)
        if not name.startswith("lode_")
    ]
    if not functions:
        wrong.append("found no LODE_API function in lode.h")
    print("\n".join(sorted(wrong)) or f"{len(functions)} functions exported, as lode.h says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
