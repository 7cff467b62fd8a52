#!/bin/sh
# Gets wgpu-native, its library and headers, into the cache: what the backend for GPUs is built with
# and loads at run time. It is in the Python package `wgpu`, of which nothing else is used.
#
#   tools/get_webgpu.sh    prints the folder: include/webgpu.h, include/wgpu.h, lib/libwgpu_native.so
set -eu
. "$(dirname "$0")/download.inc.sh"

version=0.32.0
case $(uname -m) in
  x86_64)
    platform=manylinux_2_28_x86_64
    sum=6499a31b5a29a10b4f1089fea4a0806411f42605fa86b6c0b543a07ca0de8568
    ;;
  *)
    say "no version is known for $(uname -m)"
    exit 1
    ;;
esac

target="$lode_cache/webgpu"
if [ "$(cat "$target/version" 2> /dev/null)" != "$version" ]; then
  start_download "$target"
  say "downloading wgpu-native $version with pip"
  download_wheel "$work" "wgpu==$version" --only-binary=:all: --platform "$platform" \
    --python-version 3.11
  wheel="$work/wgpu-$version-py3-none-$platform.whl"
  check_sha256 "$sum" "$wheel"
  python3 -m zipfile -e "$wheel" "$work/files"
  resources="$work/files/wgpu/resources"
  mkdir -p "$work/done/include" "$work/done/lib"
  mv "$resources/webgpu.h" "$resources/wgpu.h" "$work/done/include/"
  mv "$resources/libwgpu_native-release.so" "$work/done/lib/libwgpu_native.so"
  echo "$version" > "$work/done/version"
  rm -rf "$target" # another version
  keep_download "$work/done" "$target" version
fi
echo "$target"
