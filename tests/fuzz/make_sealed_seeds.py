#!/usr/bin/env python3
"""Seeds for fuzz_index_sealed out of a sealed index: every kind of file with the byte in front that
the target reads.

    tests/fuzz/make_sealed_seeds.py FOLDER tests/fuzz/corpus/index_sealed"""

import hashlib
import pathlib
import sys

# As lode_sealed_list has them, then texts, lists of vectors, boot.
KINDS = {
    b"LST1": 0, b"LSD1": 1, b"LSP1": 2, b"LSL1": 3, b"LSU1": 4, b"LSI1": 5, b"LSV1": 6, b"LSF1": 7,
    b"LSC1": 8, b"LSN1": 9, b"LSX1": 10, b"LSW1": 11,
}  # fmt: skip
BOOT = 12
CHECK = 6  # bytes of the digest at the boot file's end, which the target puts there


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        data = path.read_bytes()
        if path.name == "boot.lode-site.txt":
            seed = bytes([BOOT]) + data[:-CHECK]
        elif data[:4] in KINDS:
            seed = bytes([KINDS[data[:4]]]) + data
        else:
            continue
        if len(seed) <= 8192:
            (target / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


main()
