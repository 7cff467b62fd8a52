#!/usr/bin/env python3
"""Runs ctest, then lists what was skipped and why.

    tools/run_tests.py BUILD_DIR [CTEST_OPTION...]

ctest names the tests that were skipped, but not their reasons; and a cmocka program that skips
one of its cases passes, so nobody would see it. Exit status: ctest's.
"""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SKIPPED_LINE = re.compile(r"skipped|\[  SKIPPED \]", re.IGNORECASE)


def skips(report):
    """(test, line) of every line of a test's output that says that something was skipped."""
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        before = ""
        for line in (case.findtext("system-out") or "").splitlines():
            line, last, before = line.strip(), before, line.strip()
            # cmocka's own summaries repeat its cases: "1 SKIPPED TEST(S)"
            if not SKIPPED_LINE.search(line) or "test(s)" in line.lower():
                continue
            if line.startswith("[  SKIPPED ]") and last.startswith("[  SKIPPED ]"):
                continue
            # and it names the case, behind the line in which the case says why.
            if line.startswith("[  SKIPPED ]") and last and not last.startswith("["):
                line = f"{line.removeprefix('[  SKIPPED ] ')}: {last}"
            yield case.get("name"), line


def main():
    build, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        # One more than there are cores: some tests mostly wait, for servers that are slow on purpose.
        jobs = str(int(os.environ.get("JOBS") or os.cpu_count() or 1) + 1)
        command = ["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error",
                   "-j", jobs, "--output-junit", report, *options]
        status = subprocess.run(command).returncode
        seen = dict.fromkeys(skips(report)) if os.path.exists(report) else {}
    if seen:
        print("\nSkipped, in their own words:")
        for name, line in seen:
            print(f"  {name}: {line}")
    return status


if __name__ == "__main__":
    sys.exit(main())
