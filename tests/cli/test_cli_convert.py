"""lode convert and lode info --verify: one file for a model, and what becomes of a damaged one."""

import json
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from harness import MODEL, MODELS, OK, PROGRAM, RUN, USAGE, Case, environment, lode, main

FOLDER = MODELS / "bert-dense"


class Convert(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="lode-cli-")
        self.addCleanup(temporary.cleanup)
        self.out = pathlib.Path(temporary.name)

    def convert(self, *options):
        path = self.out / "small.lode-model"
        result = lode("convert", FOLDER, "-o", path, *options)
        self.assertEqual(result.returncode, OK, result.stderr)
        return path, result

    def test_the_file_gives_the_folders_vectors(self):
        path, _ = self.convert("--dtype", "f32")
        texts = ("-f", "f32", "a text", "", "another")
        there = lode("embed", "--model", FOLDER, *texts)
        here = lode("embed", "--model", path, *texts)
        self.assertEqual((there.returncode, here.returncode), (OK, OK), here.stderr)
        self.assertEqual(there.stdout, here.stdout)

    def test_int8_is_rounded_better_than_the_folder(self):
        path, _ = self.convert()
        texts = ("-f", "f32", "a text", "", "another")
        there = lode("embed", "--model", FOLDER, "--dtype", "int8", *texts)
        here = lode("embed", "--model", path, *texts)
        self.assertEqual((there.returncode, here.returncode), (OK, OK), here.stderr)
        self.assertNotEqual(there.stdout, here.stdout)
        first = path.read_bytes()
        self.assertEqual(self.convert()[0].read_bytes(), first)

    def test_int8_is_what_is_written(self):
        path, result = self.convert("--json")
        report = json.loads(result.stdout)
        self.assertEqual(report["dtype"], "int8")
        self.assertEqual(report["bytes"], path.stat().st_size)
        self.assertGreater(report["self_test"]["least_cosine"], 0.98)
        info = json.loads(lode("info", "--json", "--verify", "--model", path).stdout)
        self.assertEqual(info["dtype"], "int8")
        self.assertEqual(info["self_test"]["texts"], report["self_test"]["texts"])

    def test_it_is_a_safetensors_file(self):
        path, _ = self.convert()
        data = path.read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        self.assertEqual(header.pop("__metadata__")["format"], "lode-model")
        places = sorted(tensor["data_offsets"] for tensor in header.values())
        self.assertEqual(places[0][0], 0)
        self.assertEqual([end for _, end in places[:-1]], [begin for begin, _ in places[1:]])
        self.assertEqual(8 + size + places[-1][1], len(data))

    def test_a_flipped_bit_is_found_and_named(self):
        path, _ = self.convert()
        data = bytearray(path.read_bytes())
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        for name in "encoder.layer.0.output.dense.weight", "file:config.json", "selftest.vectors":
            begin, end = header[name]["data_offsets"]
            at = 8 + size + (begin + end) // 2
            data[at] ^= 1
            path.write_bytes(data)
            data[at] ^= 1
            result = lode("info", "--verify", "--model", path)
            self.assertEqual(result.returncode, MODEL, result.stderr)
            self.assertIn(path.name.encode(), result.stderr)
            # What is read before the digests are compared may be refused for what it says.
            self.assertTrue(name.encode() in result.stderr or name.startswith("file:"))

    def test_a_full_disk_leaves_no_file(self):
        self.assert_fails(lode("convert", FOLDER, "-o", "/dev/full"), RUN, "No space left")

    def test_the_command_line(self):
        self.assert_fails(lode("convert", FOLDER), USAGE, "--output")
        self.assert_fails(lode("convert", "a", "b", "-o", "c"), USAGE, "needless")
        self.assert_fails(lode("convert", "a", "--model", "b", "-o", "c"), USAGE, "twice")
        missing = lode("convert", "/nonexistent/model", "-o", self.out / "x")
        self.assert_fails(missing, MODEL, "/nonexistent/model")
        unknown = lode("convert", FOLDER, "--dtype", "int3", "-o", self.out / "x")
        self.assert_fails(unknown, USAGE, "int3")

    def test_an_interrupted_one_leaves_the_old_file(self):
        path, _ = self.convert()
        before = path.read_bytes()
        process = subprocess.Popen(
            [PROGRAM, "convert", str(FOLDER), "-o", str(path), "--dtype", "f32"],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.003)
        process.send_signal(signal.SIGINT)
        process.wait()
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name])
        if path.read_bytes() != before:  # it was faster than the signal
            self.assertEqual(lode("info", "--verify", "--model", path).returncode, OK)

    def test_two_at_once(self):
        path = self.out / "both.lode-model"
        command = [PROGRAM, "convert", str(FOLDER), "-q", "-o", str(path)]
        both = [subprocess.Popen(command, env=environment()) for _ in range(2)]
        self.assertEqual([p.wait() for p in both], [OK, OK])
        self.assertEqual(lode("info", "--verify", "--model", path).returncode, OK)
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name])


if __name__ == "__main__":
    main()
