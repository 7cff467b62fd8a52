#!/usr/bin/env python3
"""The generated tables are what their scripts make of the data that is here."""

import os
import pathlib
import subprocess
import sys

root = pathlib.Path(os.environ.get("LODE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[1]))
scripts = ["make_language_tables.py", "make_entity_tables.py"]
if pathlib.Path("/usr/share/unicode/UnicodeData.txt").is_file():
    scripts += ["make_unicode_tables.py", "make_word_tables.py"]
else:
    print("skipped two scripts: no /usr/share/unicode (Debian's unicode-data)")
failed = [
    name
    for name in scripts
    if subprocess.run([sys.executable, "-B", root / "tools" / name, "--check"]).returncode != 0
]
print(f"{len(scripts)} scripts, {len(failed)} differ")
sys.exit(1 if failed else 0)
