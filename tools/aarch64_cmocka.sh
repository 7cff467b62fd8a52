#!/bin/sh
# Prints the path of an arm64 libcmocka.so for the cross build, fetching it once.
#
# Debian has no cross package of cmocka, and adding arm64 to dpkg's architectures only for one
# library would change the whole system. So apt gets lists of its own in the cache, and the
# package is unpacked there, not installed.
set -eu

cache="${XDG_CACHE_HOME:-$HOME/.cache}/lode/aarch64"
library="$cache/usr/lib/aarch64-linux-gnu/libcmocka.so.0"

if [ ! -e "$library" ]; then
  echo "fetching cmocka for arm64 into $cache" >&2
  mkdir -p "$cache"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  # Downloads as root are given to the user _apt, who must be able to enter the folder.
  chmod 755 "$work"
  cd "$work"
  for step in update "download libcmocka0:arm64"; do
    # shellcheck disable=SC2086 # two words on purpose
    if ! apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
      -o Acquire::Languages=none -o Dir::State::lists="$work/lists" \
      -o Dir::Cache="$work/cache" $step > "$work/log" 2>&1; then
      cat "$work/log" >&2
      exit 1
    fi
  done
  dpkg-deb -x libcmocka0_*_arm64.deb "$cache"
fi
echo "$library"
