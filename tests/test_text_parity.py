#!/usr/bin/env python3
"""A few thousand random texts through lode and the `tokenizers` package: the same tokens.

tools/tokenizer_parity.py, with fewer texts than it compares by default (100,000).
"""

import os
import pathlib
import subprocess
import sys

root = pathlib.Path(os.environ.get("LODE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[1]))
driver = pathlib.Path(os.environ.get("LODE_TEST_BIN", "build/tests")) / "tokenize_driver"
tool = root / "tools/tokenizer_parity.py"
count = os.environ.get("LODE_PARITY_TEXTS", "6000")
sys.exit(subprocess.run([sys.executable, tool, "--driver", driver, "--count", count], check=False).returncode)
