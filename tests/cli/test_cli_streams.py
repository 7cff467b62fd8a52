"""The program among others: pipes, full disks, signals, closed streams, terminals."""

import json
import os
import pty
import signal
import subprocess
import threading
import time

import harness
from harness import RUN, lode

def start(*args, **options):
    return subprocess.Popen([harness.PROGRAM, *map(str, args)], env=harness.environment(), **options)


class Pipes(harness.Case):
    def test_a_reader_that_leaves_early(self):
        """As in `lode embed | head -1`: no message, and the signal's status."""
        with self.folder() as folder:
            (folder / "texts").write_bytes(b"some text to embed\n" * 100_000)
            with open(folder / "texts", "rb") as texts, start(
                "embed", "--quiet", stdin=texts, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                first = process.stdout.readline()
                process.stdout.close()
                status = process.wait(60)
                message = process.stderr.read()
        self.assertEqual(json.loads(first)["index"], 0)
        self.assertEqual((status, message), (-signal.SIGPIPE, b""))

    def test_the_same_where_the_signal_is_ignored(self):
        done = subprocess.run(
            ["sh", "-c", 'trap "" PIPE; "$0" embed --quiet | true; echo done', harness.PROGRAM],
            input=b"text\n" * 30_000, capture_output=True, env=harness.environment(),
        )
        self.assertEqual(done.stdout, b"done\n")
        self.assertEqual(done.stderr, b"lode: embed: standard output: Broken pipe\n")

    def test_lines_are_answered_as_they_come(self):
        """A slow writer sees its results before it closes the pipe."""
        with start("embed", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for i, text in enumerate((b"one\n", b"two\nthree\n")):
                process.stdin.write(text)
                process.stdin.flush()
                for _ in text.splitlines():
                    self.assertIn(b'"vector":[', process.stdout.readline())
            process.stdin.close()
            self.assertEqual((process.stdout.read(), process.wait(60)), (b"", 0))


class FullDisk(harness.Case):
    def test_every_command_says_so(self):
        for args in (["embed", "a"], ["embed", "-f", "json", "a"], ["embed", "-f", "npy", "a"],
                     ["tokenize", "a"], ["similarity", "a", "b"], ["similarity", "--query=a", "b"],
                     ["info"], ["info", "--json"], ["--help"], ["help", "embed"], ["--version"]):
            with self.subTest(args=args), open("/dev/full", "wb") as full:
                done = subprocess.run([harness.PROGRAM, *args], stdout=full, stderr=subprocess.PIPE,
                                      env=harness.environment())
                self.assertEqual(done.returncode, RUN)
                self.assertRegex(done.stderr.decode(),
                                 r"^lode: (\w+: )?standard output: No space left on device\n$")

    def test_named(self):
        self.assert_fails(lode("embed", "-o", "/dev/full", "a"), RUN, "/dev/full: No space left on device")

    def test_a_file_that_may_not_grow(self):
        with self.folder() as folder:
            done = subprocess.run(
                ["sh", "-c", 'trap "" XFSZ; ulimit -f 16; exec "$0" embed -q -o "$1/out"',
                 harness.PROGRAM, str(folder)],
                input=b"text\n" * 5000, capture_output=True, env=harness.environment(),
            )
            self.assert_fails(done, RUN, "out: File too large")
            self.assertEqual(os.listdir(folder), [])


class Signals(harness.Case):
    def interrupt(self, number, **options):
        """Signal a run while it is writing; (status, stderr, what is left in the folder)."""
        with self.folder() as folder:
            with start("embed", "--quiet", "--output", folder / "out.npy", stdin=subprocess.PIPE,
                       stderr=subprocess.PIPE, **options) as process:
                process.stdin.write(b"text\n" * 100)
                process.stdin.flush()
                for _ in range(600):  # until the file is there: at most a minute
                    if any(os.path.getsize(folder / f) > 128 for f in os.listdir(folder)):
                        break
                    time.sleep(0.1)
                names = os.listdir(folder)
                process.send_signal(number)
                try:
                    status = process.wait(2 if options else 60)
                except subprocess.TimeoutExpired:
                    process.stdin.close()
                    status = process.wait(60)
                message = process.stderr.read()
            self.assertEqual(len(names), 1)
            self.assertRegex(names[0], r"^out\.npy\.tmp-[0-9a-f]{16}$")
            return status, message, os.listdir(folder)

    def test_no_file_is_left(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.assertEqual(self.interrupt(number), (-number, b"", []))

    def test_an_ignored_signal_stays_ignored(self):
        """As under nohup."""
        status, message, left = self.interrupt(
            signal.SIGHUP, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
        self.assertEqual((status, message, left), (0, b"", ["out.npy"]))


class ClosedStreams(harness.Case):
    def test_standard_output(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" embed a >&-', harness.PROGRAM],
                              capture_output=True, env=harness.environment())
        self.assert_fails(done, RUN, "standard output: Bad file descriptor")

    def test_standard_input(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" embed <&-', harness.PROGRAM],
                              capture_output=True, env=harness.environment())
        self.assert_fails(done, RUN, "standard input: Bad file descriptor")

    def test_standard_error(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" embed 2>&- a', harness.PROGRAM],
                              capture_output=True, env=harness.environment())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout.startswith(b'{"index":0'))


class Terminal(harness.Case):
    def on_terminal(self, *args, stdin=b"", stdout=subprocess.PIPE):
        """Run with standard error on a terminal; what it showed there."""
        terminal, theirs = pty.openpty()
        with start(*args, stdin=subprocess.PIPE, stdout=theirs if stdout is None else stdout,
                   stderr=theirs) as process:
            os.close(theirs)
            shown = []

            def watch():
                try:
                    while data := os.read(terminal, 4096):
                        shown.append(data)
                except OSError:  # the other side is closed
                    pass

            watcher = threading.Thread(target=watch)
            watcher.start()
            out, _ = process.communicate(stdin)
            watcher.join()
        os.close(terminal)
        return process.returncode, out, b"".join(shown).decode()

    def test_progress(self):
        """Long work draws a line again and again and takes it away at the end."""
        with self.folder() as folder:
            path = folder / "texts"
            path.write_bytes(b"some words to embed, again and again\n" * 20_000)
            status, _, shown = self.on_terminal("embed", "-t1", "-f", "f32", "-o", "/dev/null", "-i", path)
            self.assertEqual(status, 0)
            if shown:  # a fast machine is done before a second has gone
                self.assertRegex(shown, r"\r[\d,]+ texts, [\d,]+ texts/s, [\d,]+ tokens/s, \d+%, \d+:\d\d:\d\d left")
                self.assertTrue(shown.endswith("\r\x1b[K"), shown[-80:])
            status, _, shown = self.on_terminal("embed", "-q", "-t1", "-f", "f32", "-o", "/dev/null", "-i", path)
            self.assertEqual((status, shown), (0, ""))

    def test_time_taken(self):
        status, out, shown = self.on_terminal("similarity", "--query=a", "b", "c")
        self.assertEqual((status, len(out.splitlines())), (0, 2))
        self.assertRegex(shown, r"^2 texts \(\d+ tokens\) ranked in [\d.]+ ms; model opened in [\d.]+ ms\r\n$")
        self.assertEqual(self.on_terminal("similarity", "-q", "--query=a", "b")[2], "")

    def test_a_terminal_as_input_is_explained(self):
        terminal, theirs = pty.openpty()
        with start("embed", stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            hint = os.read(terminal, 4096)
            os.write(terminal, b"a dog\n\x04")
            out = process.stdout.read()
            self.assertEqual(process.wait(60), 0)
        os.close(terminal)
        self.assertEqual(hint, b"lode: reading texts from the terminal, one a line; Ctrl-D ends\r\n")
        self.assertEqual(out, self.assert_ok(lode("embed", "a dog")))

    def test_no_binary_on_a_terminal(self):
        for format in ("npy", "f32"):
            status, _, shown = self.on_terminal("embed", "-f", format, "a", stdout=None)
            self.assertEqual(status, harness.USAGE)
            self.assertIn("binary vectors are not for a terminal", shown)


if __name__ == "__main__":
    harness.main()
