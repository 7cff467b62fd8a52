#!/bin/sh
# Gets the C sources of the libraries that modules with collections have inside, and prints the
# folder where they lie: what -DLODE_WASM_SOURCES of wasm/CMakeLists.txt wants.
#
#   tools/get_wasm_sources.sh
#
#   sqlite3.c sqlite3.h     SQLite, generated without what wasm/sqlite_options.txt says
#   libstemmer/             Snowball's stemmers for UTF-8
#
# Both come from Debian's source packages, in the versions that the native library is linked with, so
# that both write the same files and cut words alike. Nothing of either is installed. They go to the
# user's cache, ${XDG_CACHE_HOME:-~/.cache}/lode/wasm-sources, outside the source tree. Archives are
# checked against their sha-256; a folder appears there only when it is complete.
set -eu
. "$(dirname "$0")/download.inc.sh"

release=bookworm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
sqlite_package=sqlite3=3.40.1-2+deb12u2
sqlite_sha256=aaa776260ab4dc976db34aa7891819484c8676b5b2783123ebc6301e2ca5d655
sqlite_debian_sha256=0843bc12e4364076477935ce313a6d0796fd899a989ff18ebb6545540e10e4ca
snowball_package=snowball=2.2.0-2
snowball_sha256=425cdb5fba13a01db59a1713780f0662e984204f402d3dae1525bda9e6d30f1a
omitted=$(grep '^SQLITE_OMIT_' "$(dirname "$0")/../wasm/sqlite_options.txt" | sort)
target="$lode_cache/wasm-sources/sqlite-3.40.1-snowball-2.2.0-$(echo "$omitted" | cksum | cut -d ' ' -f 1)"

if [ -f "$target/sqlite3.c" ]; then
  echo "$target"
  exit 0
fi
for tool in apt-get cc make patch tclsh xz; do
  command -v $tool > /dev/null && continue
  say "$tool is missing: tools/bootstrap.sh --wasm"
  exit 1
done

start_download "$target"
mkdir -p "$work/done" "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/sqlite"

# ---- downloading

# A list of source packages of our own, from where the system has its packages from.
mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Codename: $release" "Created-By: Packages" |
  sort -u | head -n 1)
if [ -z "$mirror" ]; then
  say "apt-get knows no mirror of Debian $release, whose source packages are wanted"
  exit 1
fi
echo "deb-src [signed-by=$keyring] $mirror $release main" > "$work/apt/sources.list"
apt() {
  (cd "$work/apt" && apt-get -qq -o Dir::Etc::sourcelist="$work/apt/sources.list" \
    -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/apt/lists" \
    -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@" >&2)
}
say "downloading $sqlite_package and $snowball_package (14 MB, once) with apt-get"
apt update && apt source --download-only "$sqlite_package" "$snowball_package" || {
  say "apt-get could not download $sqlite_package and $snowball_package"
  exit 1
}
unpack() { # archive, sha-256, folder
  check_sha256 "$2" "$work/apt/$1"
  tar -xf "$work/apt/$1" -C "$3" --no-same-owner
}

# ---- SQLite

say "generating SQLite"
unpack sqlite3_3.40.1.orig.tar.xz "$sqlite_sha256" "$work/sqlite"
unpack sqlite3_3.40.1-2+deb12u2.debian.tar.xz "$sqlite_debian_sha256" "$work/sqlite"
source="$work/sqlite/sqlite3-3.40.1"
# Of Debian's patches those of mistakes; the others are about how it builds its packages.
for name in $(grep -E '^(4[1-9]|0)[0-9]*-(fix|CVE|Fix|Avoid)' "$work/sqlite/debian/patches/series"); do
  patch -s -p1 -d "$source" < "$work/sqlite/debian/patches/$name" >&2
done
# FTS5 registers only the smallest of its tokenizers, ours comes from outside, and of its functions
# that which ranks; so the linker leaves the others out.
sed -i '/^ *{ "\(unicode61\|porter\|trigram\)",/d' "$source/ext/fts5/fts5_tokenize.c"
sed -i '/^ *{ "\(snippet\|highlight\)",/d' "$source/ext/fts5/fts5_aux.c"
mkdir "$work/sqlite/generated"
options=$(echo "$omitted" | sed 's/^/-D/')
make -s -C "$work/sqlite/generated" -f "$source/main.mk" TOP="$source" BCC=cc TCC=cc \
  OPTS="$(echo $options)" sqlite3.c sqlite3.h > /dev/null
cp "$work/sqlite/generated/sqlite3.c" "$work/sqlite/generated/sqlite3.h" "$work/done"

# ---- Snowball

# Its compiler makes the C files; `make` by its own rules.
say "generating the stemmers"
unpack snowball_2.2.0.orig.tar.gz "$snowball_sha256" "$work"
source="$work/snowball-2.2.0"
files=$(sed -n 's/^\([a-z_]*\)[[:space:]].*UTF_8.*/src_c\/stem_UTF_8_\1.c/p' \
  "$source/libstemmer/modules.txt" | sort -u)
# shellcheck disable=SC2086 # a list of names
make -s -C "$source" $files > /dev/null
mkdir -p "$work/done/libstemmer/src_c" "$work/done/libstemmer/runtime"
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
cp "$source/COPYING" "$work/done/libstemmer"

keep_download "$work/done" "$target" sqlite3.c
say "the sources are in $target"
echo "$target"
