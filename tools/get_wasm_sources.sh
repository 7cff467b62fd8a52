#!/bin/sh
# Gets the C sources of the libraries that modules with collections have inside, and prints the
# folder where they lie: what -DLODE_WASM_SOURCES of wasm/CMakeLists.txt wants.
#
#   tools/get_wasm_sources.sh
#
#   sqlite3.c sqlite3.h     SQLite's amalgamation, which the npm package better-sqlite3 carries
#   libstemmer/             Snowball's stemmers for UTF-8, generated from Debian's source package:
#                           the version that the native library is linked with, so that both cut
#                           words alike
#
# Nothing of either is installed. They go to the user's cache,
# ${XDG_CACHE_HOME:-~/.cache}/lode/wasm-sources, outside the source tree. Archives are checked
# against their sha-256; a folder appears there only when it is complete.
set -eu
. "$(dirname "$0")/download.inc.sh"

sqlite_package=better-sqlite3@13.2.0
sqlite_sha256=40487589df3496f2ee0079d22b73c63fccebe7db0e8ee9a2c42421861e321e0b
snowball_package=snowball=2.2.0-2
snowball_release=bookworm
snowball_sha256=425cdb5fba13a01db59a1713780f0662e984204f402d3dae1525bda9e6d30f1a
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
target="$lode_cache/wasm-sources/sqlite-13.2.0-snowball-2.2.0-small"

if [ -f "$target/sqlite3.c" ]; then
  echo "$target"
  exit 0
fi

start_download "$target"
mkdir -p "$work/done/libstemmer"

# ---- SQLite

say "downloading SQLite (11 MB, once) with npm"
(cd "$work" && npm pack --silent --ignore-scripts "$sqlite_package" > name) || {
  say "npm could not download $sqlite_package. On Debian, npm: apt-get install npm"
  exit 1
}
archive="$work/$(cat "$work/name")"
check_sha256 "$sqlite_sha256" "$archive"
tar -xzf "$archive" -C "$work/done" --strip-components=3 --no-same-owner \
  package/deps/sqlite3/sqlite3.c package/deps/sqlite3/sqlite3.h

# ---- Snowball

# A list of source packages of our own, from where the system has its packages from.
mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Codename: $snowball_release" \
  "Created-By: Packages" | sort -u | head -n 1)
if [ -z "$mirror" ]; then
  say "apt-get knows no mirror of Debian $snowball_release, whose package $snowball_package is wanted"
  exit 1
fi
say "downloading $snowball_package (224 KB, once) with apt-get"
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
echo "deb-src [signed-by=$keyring] $mirror $snowball_release main" > "$work/apt/sources.list"
apt() {
  (cd "$work/apt" && apt-get -qq -o Dir::Etc::sourcelist="$work/apt/sources.list" \
    -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/apt/lists" \
    -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@" >&2)
}
apt update && apt source --download-only "$snowball_package" || {
  say "apt-get could not download $snowball_package"
  exit 1
}
check_sha256 "$snowball_sha256" "$work/apt/snowball_2.2.0.orig.tar.gz"
tar -xzf "$work/apt/snowball_2.2.0.orig.tar.gz" -C "$work" --no-same-owner

# Its compiler makes the C files; `make` by its own rules.
say "generating the stemmers"
source="$work/snowball-2.2.0"
sed -i '/^porter/d' "$source/libstemmer/modules.txt" # the older of the two for English
files=$(sed -n 's/^\([a-z_]*\)[[:space:]].*UTF_8.*/src_c\/stem_UTF_8_\1.c/p' \
  "$source/libstemmer/modules.txt" | sort -u)
# shellcheck disable=SC2086 # a list of names
make -s -C "$source" $files libstemmer/modules_utf8.h libstemmer/libstemmer_utf8.c > /dev/null
mkdir -p "$work/done/libstemmer/src_c" "$work/done/libstemmer/runtime" \
  "$work/done/libstemmer/libstemmer" "$work/done/libstemmer/include"
# Its tables are 7,259 rows of numbers below 2,048: as small as they can be, that is 50 KB less.
sed -i '/^struct among$/,/^};$/{
  s/int s_size;/signed char s_size;/
  s/int substring_i;/short substring_i;/
  s/int result;/short result;/
  s/^};$/} __attribute__((packed));/
}' "$source/runtime/header.h"
cp "$source"/src_c/stem_UTF_8_*.[ch] "$work/done/libstemmer/src_c"
cp "$source/runtime/api.c" "$source/runtime/api.h" "$source/runtime/header.h" \
  "$source/runtime/utilities.c" "$work/done/libstemmer/runtime"
cp "$source/libstemmer/libstemmer_utf8.c" "$source/libstemmer/modules_utf8.h" \
  "$work/done/libstemmer/libstemmer"
cp "$source/include/libstemmer.h" "$work/done/libstemmer/include"
cp "$source/COPYING" "$work/done/libstemmer"

keep_download "$work/done" "$target" sqlite3.c
say "the sources are in $target"
echo "$target"
