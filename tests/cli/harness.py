"""Running the program in tests: where it is, what it printed, how it ended.

Standard library only. LODE_PROGRAM names the program and LODE_SOURCE_DIR the source tree;
ctest sets both. Test files end with harness.main()."""

import contextlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("LODE_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PROGRAM = os.environ.get("LODE_PROGRAM", str(SOURCE / "build" / "lode"))
MODELS = SOURCE / "tests" / "data" / "models"
SHARED = pathlib.Path(os.environ.get("LODE_SHARED_DATA", SOURCE.parent / "shared" / "data"))
SKIPPED = 77  # what ctest takes for "skipped"

OK, RUN, USAGE, MODEL, INPUT = range(5)  # exit statuses, see docs/cli.md


def environment(**changes):
    """The tests' environment: no model unless one is named; sanitizers keep their options."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LODE_")}
    if "LODE_ISA" in os.environ:
        env["LODE_ISA"] = os.environ["LODE_ISA"]
    env.update({"LODE_MODEL": str(MODELS / "bert-plain"), "XDG_CACHE_HOME": "/nonexistent"})
    env.update(changes)
    return {k: v for k, v in env.items() if v is not None}


def lode(*args, stdin=b"", **changes):
    """Run the program to its end: a CompletedProcess with bytes; keywords go to environ."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    command = [PROGRAM, *[a if isinstance(a, bytes) else str(a) for a in args]]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment(**changes))


def read_npy(data):
    """(rows, dim, flat values) of NPY 1.0 bytes, by the format's own description."""
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    header = eval(data[10 : 10 + length].decode("latin-1"), {"__builtins__": {}})
    assert (10 + length) % 64 == 0 and data[10 + length - 1 : 10 + length] == b"\n"
    assert header["descr"] == "<f4" and header["fortran_order"] is False
    rows, dim = header["shape"]
    body = data[10 + length :]
    assert len(body) == 4 * rows * dim, (len(body), rows, dim)
    return rows, dim, struct.unpack(f"<{rows * dim}f", body)


def as_f32(values):
    """The floats as the bytes of float32, for comparing to the last bit."""
    return struct.pack(f"<{len(values)}f", *values)


def vectors_of(result):
    """The vectors of `lode embed --format jsonl`."""
    return [json.loads(line)["vector"] for line in result.stdout.splitlines()]


class Case(unittest.TestCase):
    maxDiff = None

    def assert_ok(self, result, stderr=b""):
        self.assertEqual((result.returncode, result.stderr), (OK, stderr))
        return result.stdout

    def assert_fails(self, result, status, *fragments):
        """Exit status, one line of message with the fragments, and nothing that looks like a
        crash or a sanitizer's report."""
        message = result.stderr.decode("utf-8", "replace")
        self.assertEqual(result.returncode, status, message)
        lines = message.splitlines()
        self.assertTrue(lines and lines[0].startswith("lode: "), message)
        self.assertEqual(len(lines), 2 if status == USAGE else 1, message)
        for fragment in fragments:
            self.assertIn(fragment, message)

    @contextlib.contextmanager
    def folder(self):
        with tempfile.TemporaryDirectory(prefix="lode-cli-") as name:
            yield pathlib.Path(name)


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIPPED)


def main():
    if not os.path.exists(PROGRAM):
        skip(f"there is no program {PROGRAM}")
    unittest.main(verbosity=1)
