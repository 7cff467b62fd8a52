# What tools/get_*.sh have in common; they source it, in a shell with -eu.
#
# Each gets something into a folder of the user's cache, outside the source tree, where it appears
# only when it is complete, and prints that folder.
# shellcheck shell=sh

lode_cache="${XDG_CACHE_HOME:-$HOME/.cache}/lode"

say() { echo "$(basename "$0" .sh): $*" >&2; }

# A folder beside the one that will be, which is removed at the end; in $work.
start_download() { # THE FOLDER THAT WILL BE
  mkdir -p "$(dirname "$1")"
  work=$(mktemp -d "$(dirname "$1")/.download.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM
}

check_sha256() { # SHA-256 FILE
  echo "$1  $2" | sha256sum --check --quiet - >&2 || {
    say "$2 is not the expected one: refused"
    exit 1
  }
}

download_wheel() { # FOLDER REQUIREMENT [OPTION...]
  into=$1
  shift
  if ! python3 -m pip --version > /dev/null 2>&1; then
    say "python3 has no pip. On Debian: apt-get install python3-pip"
    return 1
  fi
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$into" "$@" >&2
}

# Another run may have been faster: then its folder is as good as this one.
keep_download() { # FOLDER TARGET A-FILE-OF-IT
  mv -T "$1" "$2" 2> /dev/null || [ -f "$2/$3" ]
}
