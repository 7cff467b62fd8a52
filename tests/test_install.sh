#!/bin/sh
# `make install` into a prefix of its own gives what a user needs: the program runs, and C and
# C++ programs outside the tree build against it by CMake and by pkg-config, shared and static.
# The prefix is moved after installing, so that nothing can depend on where it was made. The
# README's C example is compiled and run as it stands there.
set -eu

if [ -n "${LODE_SANITIZE:-}" ]; then
  echo "skipped: a sanitized library is not for installing"
  exit 77
fi
for tool in cmake pkg-config cc c++; do
  command -v $tool > /dev/null || { echo "skipped: no $tool" && exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fixture="$LODE_SOURCE_DIR/tests/data/models/bert-mean-normalize"

step() { echo "-- $*"; }

step "install with DESTDIR, then move"
DESTDIR="$work/stage" cmake --install "$LODE_BUILD_DIR" --prefix /opt/lode > "$work/log"
mv "$work/stage/opt/lode" "$work/prefix"
prefix="$work/prefix"
libdir=$(dirname "$(find "$prefix" -name liblode.a)")
test -x "$prefix/bin/lode"
test -f "$prefix/include/lode.h"
test -f "$libdir/liblode.so"
"$prefix/bin/lode" --version | grep -q "$(sed -n 's/^Version: //p' "$libdir/pkgconfig/lode.pc")"

step "find_package, C and C++, shared and static"
cmake -S "$LODE_SOURCE_DIR/tests/install" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" \
  > "$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/consumer" > "$work/log" || { cat "$work/log"; exit 1; }
for program in c_shared c_static cpp_shared cpp_static; do
  "$work/consumer/$program" "$fixture"
done
ldd "$work/consumer/c_shared" | grep -q liblode.so
if ldd "$work/consumer/c_static" | grep -q liblode; then
  echo "lode::static linked the shared library"
  exit 1
fi

step "pkg-config, shared"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046 # pkg-config prints words
{
  cc -Wall -Wextra -Wpedantic -Werror "$LODE_SOURCE_DIR/tests/install/consumer.c" \
    -o "$work/pc_shared" $(pkg-config --cflags --libs lode) -lm
  LD_LIBRARY_PATH="$libdir" "$work/pc_shared" "$fixture"
  c++ -Wall -Wextra -Wpedantic -Werror "$LODE_SOURCE_DIR/tests/install/consumer.cpp" \
    -o "$work/pc_shared_cpp" $(pkg-config --cflags --libs lode)
  LD_LIBRARY_PATH="$libdir" "$work/pc_shared_cpp" "$fixture"

  model=$(pkg-config --variable=model lode)
  if [ -n "$model" ]; then
    step "the model that is inside the program, for the library"
    LD_LIBRARY_PATH="$libdir" "$work/pc_shared" "$model"
  fi

  step "pkg-config, static"
  cc -static "$LODE_SOURCE_DIR/tests/install/consumer.c" \
    -o "$work/pc_static" $(pkg-config --static --cflags --libs lode)
  "$work/pc_static" "$fixture"

  step "the README's C example"
  sed -n '/^```c$/,/^```$/p' "$LODE_SOURCE_DIR/README.md" | sed '/^```/d' > "$work/example.c"
  test -s "$work/example.c"
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$work/example.c" -o "$work/example" \
    $(pkg-config --cflags --libs lode)
  LD_LIBRARY_PATH="$libdir" "$work/example" "$fixture"
}
