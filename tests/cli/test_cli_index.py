"""lode index, search and watch: a collection from the command line, and what becomes of it when
files change, go, cannot be read, and when the work is interrupted."""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import tempfile
import time
import unittest

from harness import MODEL, MODELS, OK, PROGRAM, RUN, USAGE, Case, environment, lode, main

WORDS = ("--model", "none")
PAGES = {
    "install.md": "# Installing\n\nUnpack the archive and run the installer as root.\n\n"
    "## Linux\n\nPackages exist for Debian and Fedora.\n",
    "guide/usage.html": "<html><head><title>Usage - Site</title></head><body><nav>Home</nav>"
    "<main><h1 id=top>Usage</h1><p>Start the engine, then open the valve.</p></main></body></html>",
    "guide/notes.txt": "The zebra sleeps under the old bridge.\n",
    "src/valve.py": "def open_valve(engine):\n    return engine.valve.open()\n",
}


class Index(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="lode-cli-")
        self.addCleanup(temporary.cleanup)
        self.top = pathlib.Path(temporary.name)
        self.docs = self.top / "docs"
        for name, text in PAGES.items():
            (self.docs / name).parent.mkdir(parents=True, exist_ok=True)
            (self.docs / name).write_text(text)
        self.file = self.top / "docs.lode"

    def index(self, *options, **keywords):
        result = lode("index", "--json", "-o", self.file, *options, **keywords)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout)

    def search(self, *options):
        result = lode("search", "--json", self.file, *options)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout)

    def paths(self, *options):
        return [r["path"] for r in self.search(*options)["results"]]

    def name(self, page):
        return str(self.docs / page)

    # ---- words

    def test_words_find_documents(self):
        report = self.index(*WORDS, self.docs)
        self.assertEqual((report["documents"], report["added"], report["model"]), (4, 4, None))
        self.assertEqual(self.paths("zebra"), [self.name("guide/notes.txt")])
        found = self.search("packages fedora")["results"][0]
        self.assertEqual(found["path"], self.name("install.md"))
        self.assertEqual(found["title"], "Installing")
        self.assertIn("Fedora", found["text"])
        marked = {found["text"][a:b] for a, b in found["marks"]}
        self.assertTrue({"Packages", "Fedora"} <= marked, marked)
        source = (self.docs / "install.md").read_bytes()[found["begin"] : found["end"]]
        self.assertIn(b"Fedora", source)

    def test_nothing_typed_is_an_error(self):
        self.index(*WORDS, self.docs)
        for query in '"', "-", '"" ""', "(", "a AND OR *", "title:x", "-zebra", "\\", "é" * 5000, "":
            self.search("--", query)
        self.assertEqual(self.paths('"old bridge"'), [self.name("guide/notes.txt")])
        self.assertEqual(self.paths('"bridge old"'), [])
        self.assertNotIn(self.name("src/valve.py"), self.paths("valve -def"))

    def test_a_slip_of_typing(self):
        self.index(*WORDS, self.docs)
        found = self.search("zebar")
        self.assertEqual(found["results"][0]["path"], self.name("guide/notes.txt"))
        self.assertEqual(found["correction"], "zebra")

    def test_filters_and_pages(self):
        self.index(*WORDS, self.docs)
        self.assertEqual(self.paths("valve", "--path", "*.py"), [self.name("src/valve.py")])
        both = self.paths("valve")
        self.assertEqual(len(both), 2)
        self.assertEqual(self.paths("valve", "-k", "1"), both[:1])
        self.assertEqual(self.paths("valve", "-k", "1", "--offset", "1"), both[1:])
        self.assertEqual(self.paths("valve", "--offset", "5"), [])

    # ---- changes

    def test_changes(self):
        self.index(*WORDS, self.docs)
        again = self.index()
        self.assertEqual([again[k] for k in ("added", "updated", "removed")], [0, 0, 0])
        self.assertEqual(again["unchanged"], 4)
        (self.docs / "guide/notes.txt").write_text("The okapi sleeps there.\n")
        (self.docs / "src/valve.py").unlink()
        (self.docs / "new.rst").write_text("Quagga\n======\n\nA kind of zebra.\n")
        report = self.index()
        self.assertEqual([report[k] for k in ("added", "updated", "removed")], [1, 1, 1])
        self.assertEqual(self.paths("okapi"), [self.name("guide/notes.txt")])
        self.assertEqual(self.paths("zebra"), [self.name("new.rst")])
        self.assertEqual(self.paths("open_valve"), [])

    def test_remove_and_compact(self):
        big = " ".join(f"word{i}" for i in range(60000))
        (self.docs / "big.txt").write_text(big)
        before = self.index(*WORDS, self.docs)["bytes"]
        report = self.index("--remove", "--compact", self.name("big.txt"))
        self.assertEqual((report["removed"], report["documents"]), (1, 4))
        self.assertLess(report["bytes"], before / 4)
        self.assertEqual(self.paths("zebra"), [self.name("guide/notes.txt")])

    def test_what_is_left_out(self):
        (self.docs / "image.txt").write_bytes(bytes(range(256)))
        (self.docs / "latin.txt").write_bytes("caf\xe9".encode("latin-1"))
        (self.docs / ".hidden.txt").write_text("hidden")
        (self.docs / ".gitignore").write_text("ignored*\n")
        (self.docs / "ignored.txt").write_text("ignored")
        (self.docs / "loop").symlink_to(self.docs)
        result = lode("index", "-v", "-o", self.file, *WORDS, self.docs)
        self.assertEqual(result.returncode, OK, result.stderr)
        remarks = result.stderr.decode()
        for name in "image.txt", "latin.txt", ".hidden.txt", "ignored.txt", "loop":
            self.assertIn(name, remarks)
        self.assertIn("UTF-8", remarks)
        self.assertEqual(self.search("zebra")["total"], 1)

    # ---- vectors

    def test_vectors(self):
        report = self.index(self.docs)  # the tests' tiny model, by $LODE_MODEL
        self.assertEqual(report["documents"], 4)
        self.assertEqual(report["embedded"], report["new_chunks"])
        found = self.search("the engine", "--mode", "semantic", "--all")
        self.assertEqual(len(found["results"]), 4)
        self.assertTrue(all(-1.001 <= r["cosine"] <= 1.001 for r in found["results"]))
        like = self.paths("--like", self.name("install.md"), "--all")
        self.assertEqual(len(like), 3)
        self.assertNotIn(self.name("install.md"), like)
        # A changed document: only its changed passages are embedded.
        text = (self.docs / "install.md").read_text()
        (self.docs / "install.md").write_text(text + "\n## Windows\n\nThere is none yet.\n")
        again = self.index()
        self.assertEqual(again["updated"], 1)
        self.assertLessEqual(again["embedded"], again["new_chunks"])
        info = json.loads(lode("info", "--json", "--verify", self.file).stdout)
        self.assertEqual(info["documents"], 4)

    def test_another_model_is_refused(self):
        self.index(self.docs)
        other = lode("search", self.file, "x", "--model", MODELS / "bert-dense")
        self.assert_fails(other, MODEL, "bert-plain", "bert-dense")
        other = lode("index", "-o", self.file, "--model", MODELS / "bert-dense", self.docs)
        self.assert_fails(other, MODEL, "bert-plain", "bert-dense")

    # ---- what goes wrong

    def test_errors(self):
        self.assert_fails(lode("index", self.docs), USAGE, "--output")
        self.assert_fails(lode("index", "-o", self.file), MODEL, str(self.file))
        self.assert_fails(lode("search", self.file, "x"), MODEL, str(self.file))
        missing = lode("index", *WORDS, "-o", self.file, self.top / "missing")
        self.assert_fails(missing, MODEL, "missing")
        other = self.top / "other.lode"
        other.write_bytes(b"no collection " * 1000)
        self.assert_fails(lode("search", other, "x"), MODEL, "other.lode")
        self.assertEqual(other.read_bytes(), b"no collection " * 1000)
        self.assert_fails(lode("search", self.file), USAGE, "question")
        self.assert_fails(lode("search", self.file, "a", "b"), USAGE, '"b"')
        self.index(*WORDS, self.docs)
        self.assert_fails(lode("search", self.file, "--like", "none"), MODEL, "none")
        filters = lode("search", self.file, "x", "--filter", "nothing")
        self.assert_fails(filters, USAGE, "nothing")

    def test_an_interrupted_one_goes_on(self):
        for i in range(1200):
            (self.docs / f"page{i}.txt").write_text(f"page {i} " + "lorem ipsum dolor " * 100)
        process = subprocess.Popen(
            [PROGRAM, "index", "-q", "-o", str(self.file), str(self.docs)],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        while process.poll() is None and not self.file.exists():
            time.sleep(0.001)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate()[1]
        self.assertIn(process.returncode, (OK, -signal.SIGINT), stderr)
        self.assertEqual(lode("info", "--verify", self.file).returncode, OK)
        report = self.index(self.docs)  # named again: it may have been stopped before it kept that
        self.assertEqual(report["documents"], 1204)
        self.assertEqual(self.paths("1199", "--mode", "keyword"), [self.name("page1199.txt")])

    def test_a_full_disk(self):
        if os.geteuid() != 0:
            self.skipTest("a small file system needs root")
        small = self.top / "small"
        small.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True
        )
        if mounted.returncode != 0:
            self.skipTest("no small file system here")
        try:
            (self.docs / "big.txt").write_text(" ".join(f"word{i}" for i in range(60000)))
            result = lode("index", *WORDS, "-o", small / "full.lode", self.docs)
            self.assert_fails(result, RUN, "full.lode")
        finally:
            subprocess.run(["umount", str(small)], check=True)

    # ---- on and on

    def test_watch(self):
        process = subprocess.Popen(
            [PROGRAM, "watch", "--json", "-o", str(self.file), *WORDS, str(self.docs)],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            self.assertEqual(json.loads(process.stdout.readline())["added"], 4)
            (self.docs / "late.txt").write_text("A late wombat.\n")
            self.assertEqual(json.loads(process.stdout.readline())["added"], 1)
            self.assertEqual(self.paths("wombat"), [self.name("late.txt")])
        finally:
            process.terminate()  # SIGINT may be ignored here
            process.communicate()
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_typing(self):
        self.index(*WORDS, self.docs)
        child, terminal = pty.fork()
        if child == 0:
            os.execve(PROGRAM, [PROGRAM, "search", str(self.file)], environment(TERM="xterm"))
        shown = b""

        def wait_for(text):
            nonlocal shown
            deadline = time.monotonic() + 20
            while text not in shown and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 65536)
            self.assertIn(text, shown)

        wait_for(b"> ")
        os.write(terminal, b"zebr")
        wait_for(b"notes.txt")
        os.write(terminal, b"\x7f\x7f\x7f\x7finstaller")
        wait_for(b"install.md")
        os.write(terminal, b"\r")
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        os.close(terminal)


if __name__ == "__main__":
    main()
