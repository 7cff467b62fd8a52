#!/bin/sh
# Gets wgpu-native, its library and headers, into the cache: what the backend for GPUs is built with
# and loads at run time. It is in the Python package `wgpu`, of which nothing else is used.
#
#   tools/get_webgpu.sh    prints the folder: include/webgpu.h, include/wgpu.h, lib/libwgpu_native.so
set -eu

version=0.32.0
case $(uname -m) in
  x86_64)
    platform=manylinux_2_28_x86_64
    sum=6499a31b5a29a10b4f1089fea4a0806411f42605fa86b6c0b543a07ca0de8568
    ;;
  *)
    echo "get_webgpu.sh: no version is known for $(uname -m)" >&2
    exit 1
    ;;
esac

folder="${XDG_CACHE_HOME:-$HOME/.cache}/lode/webgpu"
if [ "$(cat "$folder/version" 2> /dev/null)" != "$version" ]; then
  echo "fetching wgpu-native into $folder" >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --platform "$platform" --python-version 3.11 --dest "$work" "wgpu==$version" >&2
  wheel="$work/wgpu-$version-py3-none-$platform.whl"
  echo "$sum  $wheel" | sha256sum --check --quiet >&2
  python3 -m zipfile -e "$wheel" "$work/files"
  mkdir -p "$folder/include" "$folder/lib"
  cp "$work/files/wgpu/resources/webgpu.h" "$work/files/wgpu/resources/wgpu.h" "$folder/include/"
  # Under its own name at once, so that nobody ever loads a half.
  cp "$work/files/wgpu/resources/libwgpu_native-release.so" "$folder/lib/libwgpu_native.so.new"
  mv "$folder/lib/libwgpu_native.so.new" "$folder/lib/libwgpu_native.so"
  echo "$version" > "$folder/version"
fi
echo "$folder"
