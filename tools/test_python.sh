#!/bin/sh
# Python for the tests that compare lode with other implementations.
#
#   tools/test_python.sh --prepare    make the environment in the cache: the packages tokenizers
#                                     and huggingface_hub
#   tools/test_python.sh FILE [ARG…]  run FILE in it, or in the system's Python 3 without it
#
# A test whose modules are missing exits with 77 and says which. --prepare never fails: it
# prints why the environment could not be made, and those tests are then skipped.
set -eu

venv="${XDG_CACHE_HOME:-$HOME/.cache}/lode/test-python"

install() { # OPTION… PACKAGE
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "$@" >&2
}

has() { "$venv/bin/python" -c "import $1" 2> /dev/null; }

prepare() {
  if ! has tokenizers; then
    echo "making a Python environment with the package tokenizers in $venv" >&2
    rm -rf "$venv"
    # --no-deps: what tokenizers depends on is for downloading from a hub, which its test does not.
    if ! python3 -m venv "$venv" >&2 || ! install --no-deps tokenizers; then
      rm -rf "$venv"
      echo "it could not be made: tests that need it will be skipped" >&2
      return
    fi
  fi
  has huggingface_hub || install huggingface_hub ||
    echo "huggingface_hub could not be installed: its test will be skipped" >&2
}

if [ "${1:-}" = --prepare ]; then
  prepare
elif [ -x "$venv/bin/python" ]; then
  exec "$venv/bin/python" "$@"
else
  exec python3 "$@"
fi
