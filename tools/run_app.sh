#!/bin/sh
# The app in web/, built where it is not yet and served on this machine.
#
#   tools/run_app.sh --ask      the end of `make run`: only in a terminal, and only where npm is;
#                               else it says how
#   tools/run_app.sh            `make app`: built anew, then served where this is a terminal
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = --ask ]; then
  if [ ! -t 0 ] || [ ! -t 1 ] || ! command -v npm > /dev/null; then
    printf '\nIn a browser: make app       builds the app in web/ and serves it here\n'
    exit 0
  fi
  if [ ! -f web/dist/index.html ]; then
    printf '\nBuilding the app for the browser: some minutes, once. Ctrl-C leaves it at that.\n'
    tools/dev app build
  fi
else
  tools/dev app build
fi

if [ -t 1 ]; then
  exec tools/serve.py web/dist
fi
echo "web/dist is built: tools/serve.py web/dist serves it"
