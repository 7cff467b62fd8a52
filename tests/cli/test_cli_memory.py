"""Streaming in constant memory: the peak of a long run is that of a shorter one."""

import re
import subprocess
import sys

import harness

MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
DIMS = 8


class Memory(harness.Case):
    def peak_kilobytes(self, lines, line):
        """Peak resident size of `lode embed` over so many lines, from the kernel's account."""
        with self.folder() as folder:
            with open(folder / "texts", "w") as file:
                file.writelines(line(i) + "\n" for i in range(lines))
            command = [
                *(sys.executable, "-c", MEASURE, harness.PROGRAM, "embed", "--quiet"),
                *("--format=f32", f"--dims={DIMS}", "--threads=2", "--input", folder / "texts"),
                *("--output", folder / "out"),
            ]
            done = subprocess.run(command, capture_output=True, env=harness.environment())
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual((folder / "out").stat().st_size, 4 * DIMS * lines)
            return int(done.stdout)

    def test_many_lines(self):
        with open(harness.PROGRAM, "rb") as file:
            if re.search(rb"__[at]san_init", file.read()):
                self.skipTest("a sanitizer keeps memory of its own")
        blanks = 80 * " "  # bytes, but no tokens: the test is about memory, not computing
        few = self.peak_kilobytes(20_000, lambda i: f"dog {i % 10}{blanks}")
        many = self.peak_kilobytes(200_000, lambda i: f"dog {i % 10}{blanks}")
        # The texts that are more have 15 MB, their vectors 6 MB.
        self.assertLess(many, few + 4 * 1024)
        self.assertLess(many, 64 * 1024)


if __name__ == "__main__":
    harness.main()
