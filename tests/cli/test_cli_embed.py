"""lode embed: inputs, formats, outputs, and what it says about texts that cannot be embedded."""

import json
import math
import os
import stat
import struct
import subprocess

import harness
from harness import INPUT, MODELS, RUN, USAGE, as_f32, lode, read_npy, vectors_of

TEXTS = ["the quick brown fox", "", "semantic search", "Ünïcödé café", "a"]
DIM = 24


def embed_each(texts, *options):
    return [vectors_of(lode("embed", *options, "--", text))[0] for text in texts]


class Vectors(harness.Case):
    def test_against_sentence_transformers(self):
        """Fixtures carry the vectors that sentence-transformers computed from them."""
        checked = 0
        for name in ("bert-mean-normalize", "bert-prompts", "bert-cls"):
            expected = json.loads((MODELS / name / "expected.json").read_text())
            for case in expected["cases"]:
                if case.get("prompt_name") is None and case.get("prompt") is not None:
                    continue
                texts = [t for t in case["texts"] if "\n" not in t and "\r" not in t]
                options = ["--model", MODELS / name, "--quiet"]
                if case.get("prompt_name") is not None:
                    options += ["--prompt", case["prompt_name"]]
                out = self.assert_ok(lode("embed", *options, stdin="\n".join(texts) + "\n"))
                rows = [json.loads(line)["vector"] for line in out.splitlines()]
                self.assertEqual(len(rows), len(texts))
                wanted = [v for t, v in zip(case["texts"], case["vectors"]) if t in texts]
                for row, want in zip(rows, wanted):
                    self.assertEqual(len(row), expected["dim"])
                    for a, b in zip(row, want):
                        self.assertLess(abs(a - b), 2e-5)
                        checked += 1
        self.assertGreater(checked, 1000)

    def test_alone_and_together(self):
        """Not one bit depends on what else is embedded, nor on how it is given."""
        alone = [as_f32(v) for v in embed_each(TEXTS)]
        lines = "".join(t + "\n" for t in TEXTS)
        with self.folder() as folder:
            (folder / "texts").write_text(lines, newline="")
            for args, stdin in [
                (["--", *TEXTS], ""),
                ([], lines),
                (["--input", "-"], lines),
                (["--input", folder / "texts"], ""),
                (["-i", folder / "texts", "--threads", "3"], ""),
                ([], lines.replace("\n", "\r\n")),
                ([], "\ufeff" + lines[:-1]),
            ]:
                together = vectors_of(lode("embed", *args, stdin=stdin))
                self.assertEqual([as_f32(v) for v in together], alone, args)

    def test_many_batches(self):
        texts = [f"text {i} {'words ' * (i % 9)}" for i in range(9000)]
        rows = vectors_of(lode("embed", "-q", "--dims=2", stdin="\n".join(texts)))
        self.assertEqual(len(rows), len(texts))
        for i in (0, 4095, 4096, 8191, 8192, 8999):
            self.assertEqual(rows[i], embed_each([texts[i]], "--dims=2", "-q")[0])

    def test_dims(self):
        full = embed_each(["search"], "--no-normalize")[0]
        self.assertEqual(embed_each(["search"], "--no-normalize", "--dims=5")[0], full[:5])
        unit = embed_each(["search"], "--normalize", "--dims=5")[0]
        self.assertAlmostEqual(math.hypot(*unit), 1.0, places=6)
        length = math.hypot(*full[:5])
        for a, b in zip(unit, full):
            self.assertAlmostEqual(a, b / length, places=6)

    def test_normalize(self):
        model = ["--model", MODELS / "bert-mean-normalize"]
        self.assertAlmostEqual(math.hypot(*embed_each(["search"], *model)[0]), 1.0, places=6)
        off = embed_each(["search"], *model, "--no-normalize")[0]
        self.assertNotAlmostEqual(math.hypot(*off), 1.0, places=3)
        on = embed_each(["search"], "--normalize")[0]
        self.assertAlmostEqual(math.hypot(*on), 1.0, places=6)

    def test_prompts(self):
        model = ["--model", MODELS / "bert-prompts"]
        default = embed_each(["dog"], *model)
        self.assertEqual(default, embed_each(["dog"], *model, "--prompt", "query"))
        self.assertEqual(default, embed_each(["dog"], *model, "--prompt-text=search the words: "))
        bare = embed_each(["dog"], *model, "--prompt-text", "")
        self.assertEqual(bare, embed_each(["dog"], *model, "--prompt", "none"))
        self.assertEqual(bare, embed_each(["dog"], "-m", MODELS / "bert-prompts", "--prompt=none"))
        self.assertNotEqual(default, bare)
        self.assertEqual(
            default, embed_each(["search the words: dog"], *model, "--prompt", "none")
        )
        self.assert_fails(
            lode("embed", *model, "--prompt", "qeury", "x"),
            USAGE,
            'no prompt "qeury"; it has "',
            '"query"',
        )


class Formats(harness.Case):
    def setUp(self):
        self.rows = embed_each(TEXTS)

    def test_json(self):
        for count in (0, 1, 5):
            stdin = "".join(t + "\n" for t in TEXTS[:count])
            document = json.loads(self.assert_ok(lode("embed", "--format=json", stdin=stdin)))
            self.assertEqual(
                document,
                {"model": "bert-plain", "dim": DIM, "vectors": self.rows[:count], "count": count},
            )

    def test_jsonl(self):
        out = self.assert_ok(lode("embed", "-f", "jsonl", "--", *TEXTS))
        self.assertEqual(out, self.assert_ok(lode("embed", "--", *TEXTS)))
        objects = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(objects, [{"index": i, "vector": v} for i, v in enumerate(self.rows)])

    def test_f32(self):
        out = self.assert_ok(lode("embed", "--format=f32", "--", *TEXTS))
        self.assertEqual(out, b"".join(as_f32(v) for v in self.rows))

    def test_json_numbers_are_exact_and_short(self):
        text = self.assert_ok(lode("embed", "--", *TEXTS)).decode()
        raw = self.assert_ok(lode("embed", "--format=f32", "--", *TEXTS))
        numbers = [n for line in text.splitlines() for n in line.split("[")[1].rstrip("]}").split(",")]
        for number, value in zip(numbers, struct.iter_unpack("<f", raw), strict=True):
            self.assertEqual(struct.pack("<f", float(number)), struct.pack("<f", *value))
            digits = number.lstrip("-").split("e")[0].replace(".", "").lstrip("0")
            self.assertLessEqual(len(digits), 9, number)

    def test_npy(self):
        with self.folder() as folder:
            path = folder / "vectors.npy"
            flat = [x for row in self.rows for x in row]
            for args, stdin in [(TEXTS, ""), ([], "".join(t + "\n" for t in TEXTS))]:
                self.assert_ok(lode("embed", "--output", path, "--", *args, stdin=stdin))
                rows, dim, values = read_npy(path.read_bytes())
                self.assertEqual((rows, dim), (len(TEXTS), DIM))
                self.assertEqual(as_f32(values), as_f32(flat))
            self.assert_ok(lode("embed", "--output", path, stdin=""))
            self.assertEqual(read_npy(path.read_bytes()), (0, DIM, ()))

    def test_npy_into_a_pipe(self):
        """Possible only where the number of rows is known before the end."""
        rows, _, _ = read_npy(self.assert_ok(lode("embed", "-f", "npy", "--", *TEXTS)))
        self.assertEqual(rows, len(TEXTS))
        result = lode("embed", "-f", "npy", stdin="a\nb\n")
        self.assert_fails(result, USAGE, "--format npy needs a file", "--output FILE")
        self.assertEqual(result.stdout, b"")

    def test_npy_into_a_redirected_file(self):
        """As in `lode embed --format npy > out.npy`, also behind other output."""
        with self.folder() as folder:
            path = folder / "out"
            command = [harness.PROGRAM, "embed", "-f", "npy"]
            for before in (b"", b"something before\n"):
                with open(path, "wb", buffering=0) as file:
                    file.write(before)
                    done = subprocess.run(
                        command, input=b"a\nb\n", stdout=file, env=harness.environment()
                    )
                self.assertEqual(done.returncode, 0)
                data = path.read_bytes()
                self.assertTrue(data.startswith(before))
                self.assertEqual(read_npy(data[len(before) :])[0], 2)
            with open(path, "ab") as file:  # appending: the header cannot be written later
                done = subprocess.run(
                    command, input=b"a\n", stdout=file,
                    stderr=subprocess.PIPE, env=harness.environment(),
                )
            self.assertEqual(done.returncode, USAGE)

    def test_format_by_name(self):
        with self.folder() as folder:
            for name, format in [("v.json", "json"), ("v.jsonl", "jsonl"), ("v.npy", "npy"),
                                 ("v.f32", "f32"), ("v", "jsonl"), ("v.npy.txt", "jsonl")]:
                self.assert_ok(lode("embed", "-o", folder / name, "--", *TEXTS))
                wanted = self.assert_ok(lode("embed", "-f", format, "--", *TEXTS))
                self.assertEqual((folder / name).read_bytes(), wanted, name)
            self.assert_ok(lode("embed", "-o", folder / "v.npy", "-f", "f32", "a"))
            self.assertEqual(len((folder / "v.npy").read_bytes()), 4 * DIM)


class Lines(harness.Case):
    def count(self, stdin):
        return len(vectors_of(lode("embed", "-q", "--dims=1", stdin=stdin)))

    def test_what_a_line_is(self):
        for stdin, count in [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\n", 1), (b"a\nb", 2),
                             (b"\n\n", 2), (b"a\r\n\r\nb\r\n", 3), (b"\xef\xbb\xbf", 1),
                             (b"\xef\xbb\xbfa\nb\n", 2)]:
            self.assertEqual(self.count(stdin), count, stdin)

    def test_nul_is_data(self):
        out = self.assert_ok(lode("tokenize", "-f", "json", stdin=b"a\0b\n"))
        self.assertEqual(json.loads(out)["text"], "a\0b")

    def test_a_carriage_return_inside_stays(self):
        out = self.assert_ok(lode("tokenize", "-f", "json", stdin=b"a\rb\r\n"))
        self.assertEqual(json.loads(out)["text"], "a\rb")

    def test_a_very_long_line(self):
        line = b"word " * 600_000  # 3 MB, several times the buffer
        out = self.assert_ok(lode("embed", "-q", stdin=b"a\n" + line + b"\nb\n"))
        rows = [json.loads(l)["vector"] for l in out.splitlines()]
        self.assertEqual(len(rows), 3)
        self.assertEqual([rows[0], rows[2]], embed_each(["a", "b"]))
        self.assertEqual(rows[1], embed_each(["word " * 1000], "-q")[0])

    def test_missing_input(self):
        self.assert_fails(lode("embed", "-i", "/nonexistent/f"), RUN, "/nonexistent/f: No such file")
        self.assert_fails(lode("embed", "-i", "/"), RUN, "/: Is a directory")


class LongTexts(harness.Case):
    LONG = "fox " * 100

    def test_truncated(self):
        result = lode("embed", stdin=f"a\n{self.LONG}\nb\n{self.LONG}\n")
        self.assertEqual(result.returncode, 0)
        message = result.stderr.decode()
        self.assertEqual(message, "lode: embed: 2 of 4 texts were longer than 40 tokens and were "
                                  "cut; --long chunk embeds them whole\n")
        message = lode("embed", "a", self.LONG).stderr.decode()
        self.assertEqual(message, "lode: embed: 1 of 2 texts was longer than 40 tokens and was "
                                  "cut; --long chunk embeds it whole\n")
        self.assert_ok(lode("embed", "--quiet", self.LONG))

    def test_chunk(self):
        whole = vectors_of(lode("embed", "--long=chunk", "dog " * 35 + self.LONG))[0]
        self.assertNotEqual(whole, embed_each(["dog " * 35 + self.LONG], "-q")[0])
        self.assertEqual(self.assert_ok(lode("embed", "--long=chunk", "dog")),
                         self.assert_ok(lode("embed", "dog")))

    def test_error(self):
        result = lode("embed", "--long", "error", stdin=f"a\nb\n{self.LONG}\n")
        self.assert_fails(result, INPUT, "standard input:3: longer than the 40 tokens", "--long chunk")
        self.assert_fails(lode("embed", "--long=error", "a", self.LONG), INPUT, "text 2: longer")


class IllFormedText(harness.Case):
    def test_error_names_line_and_byte(self):
        with self.folder() as folder:
            path = folder / "notes.txt"
            path.write_bytes(b"fine\nalso fine\nab\xffcd\n")
            result = lode("embed", "--input", path)
            self.assert_fails(result, INPUT, f"lode: embed: {path}:3: invalid UTF-8 at byte 2",
                              "--utf8 replace")
        self.assert_fails(lode("embed", "ok", b"\xc3("), INPUT, "text 2: invalid UTF-8 at byte 0")
        self.assert_fails(lode("tokenize", stdin=b"\n\xed\xa0\x80\n"), INPUT,
                          "standard input:2: invalid UTF-8 at byte 0")
        self.assert_fails(lode("similarity", "a", b"b\xf8"), INPUT, "text 2: invalid UTF-8 at byte 1")
        self.assert_fails(lode("similarity", "--query", b"\x80", "x"), INPUT, "query: invalid UTF-8")

    def test_replace(self):
        bad = b"ab\xffcd\xe4\xb8\n"
        self.assertEqual(
            self.assert_ok(lode("embed", "--utf8", "replace", stdin=bad)),
            self.assert_ok(lode("embed", stdin=bad.decode("utf-8", "replace"))),
        )


class JsonLines(harness.Case):
    def embed(self, data, field="text", *options):
        return lode("embed", "--jsonl", field, *options, stdin=data)

    def texts(self, data, field="text"):
        out = self.assert_ok(lode("tokenize", "-f", "json", "--jsonl", field, stdin=data))
        return [json.loads(line)["text"] for line in out.splitlines()]

    def test_same_as_lines(self):
        data = "".join(json.dumps({"n": i, "text": t}) + "\n" for i, t in enumerate(TEXTS))
        self.assertEqual(self.assert_ok(self.embed(data)), self.assert_ok(lode("embed", "--", *TEXTS)))

    def test_texts_are_decoded(self):
        strings = ["plain", 'q"uote\\', "\b\f\n\r\t/", "\0nul\x7f", "é\u3042\U0001f642", "\ud7ff\ue000", ""]
        for ascii in (True, False):
            data = "".join(json.dumps({"text": s}, ensure_ascii=ascii) + "\n" for s in strings)
            self.assertEqual(self.texts(data), strings)
        self.assertEqual(self.texts(b'{"text":"\\ud83d\\uDE42 \\/ \\u00e9"}'), ["\U0001f642 / é"])

    def test_paths(self):
        data = b'{"a":{"b":[1,{"x":"no"}],"c":{"text":"deep"}},"a.c":5,"x":{"text":"y"}}'
        self.assertEqual(self.texts(data, "a.c.text"), ["deep"])
        self.assertEqual(self.texts(data, "x.text"), ["y"])
        self.assertEqual(self.texts(b'{"a.b":"whole","a":{"b":"inside"}}', "a.b"), ["whole"])
        self.assertEqual(self.texts(b'{"text":"1","x":{"text":"2"},"text":"3"}'), ["3"])
        self.assertEqual(self.texts(b'{"t\\u0065xt":"escaped name"}'), ["escaped name"])

    def test_blank_lines_and_blanks(self):
        self.assertEqual(self.texts(b'\n {"text" : "a"} \r\n\n\t\n{"text":"b"}'), ["a", "b"])
        self.assertEqual(self.texts(b"\n\n\n"), [])

    def test_ids(self):
        data = b'{"id":7,"text":"a"}\n{"id":"x\\"\\u00e9","text":"b"}\n{"text":"c","id":-1.5e3}\n'
        out = self.assert_ok(self.embed(data, "text", "--id", "id", "--dims=1"))
        self.assertEqual([json.loads(l)["id"] for l in out.splitlines()], [7, 'x"é', -1500.0])
        out = self.assert_ok(self.embed(data, "text", "--id", "text", "--dims=1"))
        self.assertEqual([json.loads(l)["id"] for l in out.splitlines()], ["a", "b", "c"])
        out = self.assert_ok(lode("similarity", "--query=a", "--jsonl=text", "--id=id", "--json", stdin=data))
        self.assertEqual(json.loads(out)["matches"][0]["id"], 7)
        for bad, reason in [(b'{"id":null,"text":"a"}', 'field "id" is null'),
                            (b'{"id":[1],"text":"a"}', 'field "id" is an array'),
                            (b'{"id":true,"text":"a"}', 'field "id" is true or false'),
                            (b'{"id":"\xff","text":"a"}', 'field "id" is not well-formed UTF-8'),
                            (b'{"text":"a"}', 'no field "id"')]:
            self.assert_fails(self.embed(bad, "text", "--id=id"), INPUT, "standard input:1: " + reason)

    def test_errors_name_line_and_reason(self):
        good = b'{"text":"a"}\n'
        for bad, reason in [
            (b'{"text":"a"', "not JSON: the value is not complete"),
            (b'{"text":"a"}}', "not JSON: something follows the value"),
            (b'{"text":"a" "b":1}', "not JSON: a comma or a closing bracket is missing"),
            (b'{"text":"a",}', "not JSON: a member's name is missing"),
            (b'{"text" "a"}', "not JSON: a colon is missing"),
            (b'{text:"a"}', "not JSON: a member's name is missing"),
            (b"{'text':1}", "not JSON"),
            (b'{"text":01}', "not JSON"),
            (b'{"text":1.}', "not JSON: a malformed number"),
            (b'{"text":-}', "not JSON: a malformed number"),
            (b'{"text":1e}', "not JSON: a malformed number"),
            (b'{"text":nul}', "not JSON: no JSON value begins here"),
            (b'{"text":"\\x"}', "not JSON: an unknown escape in a string"),
            (b'{"text":"\\u12g4"}', "not JSON: a \\u without four hexadecimal digits"),
            (b'{"text":"a', "not JSON: a string without an end"),
            (b'{"text":"a\tb"}', "not JSON: a control character in a string"),
            (b'{"text":"a\0b"}', "not JSON: a control character in a string"),
            (b'{"text":"a"}\0', "not JSON: something follows the value"),
            (b'{"text":["a"}', "not JSON"),
            (b"[" * 600, "not JSON: nested too deeply"),
            (b'["text"]', "not a JSON object"),
            (b'"text"', "not a JSON object"),
            (b"{}", 'no field "text"'),
            (b'{"x":{"text":"a"}}', 'no field "text"'),
            (b'{"text":null}', 'field "text" is null, not a string'),
            (b'{"text":12}', 'field "text" is a number, not a string'),
            (b'{"text":false}', 'field "text" is true or false, not a string'),
            (b'{"text":{}}', 'field "text" is an object, not a string'),
            (b'{"text":"\\ud800"}', 'field "text" has an unpaired surrogate'),
            (b'{"text":"\\udc00\\ud800"}', 'field "text" has an unpaired surrogate'),
            (b'{"text":"a\xff"}', "invalid UTF-8 at byte 1"),
        ]:
            with self.subTest(line=bad[:40]):
                result = self.embed(good + b"\n" + bad + b"\n" + good)
                self.assert_fails(result, INPUT, "lode: embed: standard input:3: " + reason)

    def test_replacing(self):
        data = b'{"text":"a\\ud800b\\udc00\xff"}\n'
        out = self.assert_ok(lode("tokenize", "-f", "json", "--utf8=replace", "--jsonl=text", stdin=data))
        self.assertEqual(json.loads(out)["text"], "a\ufffdb\ufffd\ufffd")

    def test_many_values_in_a_line(self):
        data = json.dumps({"v": list(range(100_000)), "deep": {"d": [[[]]] * 500}, "text": "a"})
        self.assertEqual(self.texts(data + "\n" + data), ["a", "a"])


class Outputs(harness.Case):
    def test_replaces_a_file_at_the_end(self):
        with self.folder() as folder:
            path = folder / "out.jsonl"
            path.write_text("old")
            path.chmod(0o640)
            self.assert_ok(lode("embed", "-o", path, "a"))
            self.assertEqual(path.read_bytes(), self.assert_ok(lode("embed", "a")))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o640)
            self.assertEqual(os.listdir(folder), ["out.jsonl"])

    def test_a_failure_leaves_the_old_file(self):
        with self.folder() as folder:
            path = folder / "out.jsonl"
            for before in (None, "old"):
                if before is not None:
                    path.write_text(before)
                self.assert_fails(lode("embed", "-o", path, stdin=b"a\n\xff\n"), INPUT, ":2:")
                self.assertEqual(os.listdir(folder), [] if before is None else ["out.jsonl"])
            self.assertEqual(path.read_text(), "old")

    def test_follows_a_link(self):
        with self.folder() as folder:
            (folder / "real").write_text("old")
            (folder / "link").symlink_to("real")
            self.assert_ok(lode("embed", "-o", folder / "link", "a"))
            self.assertTrue((folder / "link").is_symlink())
            self.assertEqual((folder / "real").read_bytes(), self.assert_ok(lode("embed", "a")))

    def test_devices_and_standard_output(self):
        self.assertEqual(self.assert_ok(lode("embed", "-o", "/dev/null", "a")), b"")
        self.assertTrue(self.assert_ok(lode("embed", "-o", "-", "a")).startswith(b'{"index":0'))
        self.assertTrue(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))

    def test_no_such_folder(self):
        self.assert_fails(lode("embed", "-o", "/nonexistent/out", "a"), RUN, "/nonexistent/out: No such")
        self.assert_fails(lode("embed", "-o", "/", "a"), RUN, "/: Is a directory")


if __name__ == "__main__":
    harness.main()
