#!/usr/bin/env python3
"""The site of the benchmarks: the HTML pages of Debian's documentation packages.

    bench/site/corpus.py FOLDER PAGES

Packages are fetched with `apt-get download` into FOLDER/packages and unpacked, unless they are there;
their HTML files, at most PAGES of them, drawn at random with a seed, are the site FOLDER/site-PAGES,
made anew. Prints that path."""

import pathlib
import random
import shutil
import subprocess
import sys

PACKAGES = ["postgresql-doc-15", "python3.11-doc", "libboost1.81-doc", "linux-doc-6.1", "debian-policy",
            "debian-reference-en"]  # fmt: skip


def fetch(folder, packages):
    for package in packages:
        subprocess.run(["apt-get", "download", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for path in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", path, folder / path.name.split("_")[0]], check=True)


def make_site(folder, site, most):
    pages = sorted(p for p in folder.glob("*/usr/share/**/*.html") if p.is_file() and not p.is_symlink())
    random.Random(1).shuffle(pages)
    for page in pages[:most]:
        target = site / page.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    return sorted(pages[:most])


def prepare(folder, most, packages=PACKAGES):
    """The site's folder and its pages, as they are named in the packages."""
    source, site = folder / "packages", folder / f"site-{most}"
    if not source.exists():
        source.mkdir(parents=True)
        fetch(source, packages)
    shutil.rmtree(site, ignore_errors=True)
    return site, make_site(source, site, most)


if __name__ == "__main__":
    print(prepare(pathlib.Path(sys.argv[1]), int(sys.argv[2]))[0])
