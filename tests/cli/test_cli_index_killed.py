"""lode index is killed at random moments while it indexes, updates and compacts: the file opens,
everything in it agrees, nothing that was committed is lost, and the next run completes it.

LODE_KILLS sets the number of kills (12; 200 take some minutes), LODE_SEED the sequence."""

import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

from harness import OK, PROGRAM, Case, environment, lode, main

KILLS = int(os.environ.get("LODE_KILLS", "12"))
PAGES = 60
SEED = int(os.environ.get("LODE_SEED", "1"))
WORDS = "zebra engine valve harbour lantern meadow copper violin saddle turnip glacier".split()


class Killed(Case):
    def write(self, random_, name):
        lines = [f"# {name}\n"]
        for section in range(random_.randrange(1, 6)):
            lines.append(f"\n## Section {section}\n")
            lines.append("\n" + " ".join(random_.choices(WORDS, k=random_.randrange(5, 400))) + "\n")
        (self.docs / name).write_text("".join(lines))

    def change(self, random_):
        for _ in range(random_.randrange(1, 15)):
            name = f"page{random_.randrange(PAGES)}.md"
            if random_.random() < 0.2:
                (self.docs / name).unlink(missing_ok=True)
            else:
                self.write(random_, name)

    def kill_one(self, random_, compact):
        command = [PROGRAM, "index", "-q", "-o", str(self.file), str(self.docs)]
        process = subprocess.Popen(command + (["--compact"] if compact else []),
                                   env=environment(), stderr=subprocess.PIPE)  # fmt: skip
        time.sleep(random_.random() ** 2 * self.longest)
        process.send_signal(signal.SIGKILL)
        stderr = process.communicate()[1]
        self.assertIn(process.returncode, (OK, -signal.SIGKILL), stderr)
        return process.returncode != OK

    def documents(self):
        """What the collection says of every document, and the passage that is found for it."""
        found = {}
        for word in WORDS:
            result = lode("search", "--json", "--all", "--mode", "keyword", "-k", "1000", self.file, word)
            self.assertEqual(result.returncode, OK, result.stderr)
            for r in json.loads(result.stdout)["results"]:
                found[word, r["path"]] = (r["title"], r["begin"], r["end"], r["text"])
        return found

    def test_killed(self):
        random_ = random.Random(SEED)
        with tempfile.TemporaryDirectory(prefix="lode-cli-") as top:
            self.docs = pathlib.Path(top) / "docs"
            self.file = pathlib.Path(top) / "docs.lode"
            self.docs.mkdir()
            for i in range(PAGES):
                self.write(random_, f"page{i}.md")
            start = time.monotonic()
            self.assertEqual(lode("index", "-o", self.file, self.docs).returncode, OK)
            self.longest = time.monotonic() - start
            self.file.unlink()

            killed = 0
            for i in range(KILLS):
                killed += self.kill_one(random_, compact=i % 3 == 2)
                if self.file.exists():
                    result = lode("info", "--verify", self.file)
                    # Killed before the first commit, it is not a collection yet, but an empty file.
                    if self.file.stat().st_size > 0 or result.returncode == OK:
                        self.assertEqual(result.returncode, OK, result.stderr)
                self.change(random_)
            self.assertGreater(killed, 0)

            last = lode("index", "--json", "-o", self.file, self.docs)
            self.assertEqual(last.returncode, OK, last.stderr)
            self.assertEqual(lode("info", "--verify", self.file).returncode, OK)
            self.assertEqual(json.loads(last.stdout)["documents"], len(list(self.docs.iterdir())))
            survived = self.documents()
            self.file.unlink()
            self.assertEqual(lode("index", "-o", self.file, self.docs).returncode, OK)
            self.assertEqual(survived, self.documents())
            print(f"killed {killed} times of {KILLS}")


if __name__ == "__main__":
    main()
