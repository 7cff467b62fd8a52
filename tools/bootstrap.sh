#!/bin/sh
# Installs what building and testing need on Debian 12, only what is absent.
#
#   tools/bootstrap.sh          compiler, CMake, libraries, Python for the model and tests,
#                               documentation for `make run` to search
#   tools/bootstrap.sh --dev    and clang 19, clang-format, clang-tidy (lint and fuzzing)
#   tools/bootstrap.sh --wasm   and clang 19 for WebAssembly, its linker and C library, Chromium
#   tools/bootstrap.sh --arm    and the cross compiler and emulator for 64-bit Arm
set -eu

packages="gcc g++ cmake ninja-build pkg-config libc6-dev libcmocka-dev libjsmn-dev
libsqlite3-dev libstemmer-dev unicode-data libcurl4-openssl-dev libssl-dev
python3 python3-venv python3-pip ca-certificates debian-reference-en debian-faq"
for option in "$@"; do
  case $option in
    --dev) packages="$packages clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev" ;;
    --wasm)
      packages="$packages clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 chromium
tcl make patch xz-utils"
      # Node.js often comes from elsewhere, in a later version than Debian's.
      command -v node > /dev/null || packages="$packages nodejs"
      command -v npm > /dev/null || packages="$packages npm"
      ;;
    --arm) packages="$packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" ;;
    *) echo "$0: unknown option $option" >&2 && exit 2 ;;
  esac
done

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  # Another system: take it that its owner has installed the equivalents, if the basics answer.
  for tool in cc cmake ninja python3; do
    command -v "$tool" > /dev/null && continue
    echo "$0: $tool is missing, and this system has no apt-get." >&2
    echo "Install the equivalents of these Debian packages:" $packages >&2
    exit 1
  done
  exit 0
fi

# A package can be there for a foreign architecture only: that does not count.
native=$(dpkg --print-architecture)
missing=""
for package in $packages; do
  dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$package" 2> /dev/null |
    grep -qxE "(all|$native) installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "$0: these packages are missing, and there is no sudo to install them with:" >&2
    echo " $missing" >&2
    exit 1
  fi
  as_root="sudo"
fi
echo "installing:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    $missing; } > "$log" 2>&1; then
  cat "$log" >&2
  echo "$0: apt-get could not install:$missing" >&2
  exit 1
fi
