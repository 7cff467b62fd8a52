#!/usr/bin/env python3
"""Makes documentation that is on this machine searchable, and serves it: `make demo` ends here.

    tools/demo_site.py [--port N] [--folder build/demo-site] [--no-serve] [PROGRAM]    (build/lode)

The pages are those of Debian's Reference and FAQ, as their packages install them, with <lode-search>
put into each. They are served to this machine alone, compressed as hosts do it. No network is needed.
"""

import argparse
import gzip
import http.server
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What is copied, and where to.
PAGES = {"reference": ("/usr/share/debian-reference", "*.en.html"), "faq": ("/usr/share/doc/debian/FAQ", "*.en.html")}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json",
         ".css": "text/css", ".txt": "text/plain", ".wasm": "application/wasm", ".png": "image/png", ".svg": "image/svg+xml"}  # fmt: skip
SHOWN = b"""<script type="module" src="/search/lode-search.js"></script>
<style>html { scroll-padding-top: 4rem }</style>
<div style="position: sticky; top: 0; padding: 8px; background: Canvas"><lode-search index="/search/"></lode-search></div>
"""
INDEX = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Debian documentation</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"></head>
<body><main><h1>Debian documentation</h1><ul>
<li><a href="reference/">Debian Reference</a></li><li><a href="faq/">The Debian FAQ</a></li></ul>
<p>Press Ctrl K, or Command K, and ask: <em>make a safety copy of my files</em>, <em>find a file by its name</em>,
<em>aptitude</em>.</p></main></body></html>
"""


def with_search(page):
    """The page with the element at the beginning of its body."""
    begin = page.find(b"<body")
    end = page.find(b">", begin) + 1
    return page[:end] + SHOWN + page[end:] if begin >= 0 and end > 0 else page


def make_site(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count = 0
    for name, (source, pattern) in PAGES.items():
        for page in sorted(pathlib.Path(source).glob(pattern)):
            target = folder / name / page.name.replace(".en.html", ".html")
            target.parent.mkdir(exist_ok=True)
            # Links among them say the language, which is only one here.
            target.write_bytes(with_search(page.read_bytes().replace(b".en.html", b".html")))
            count += 1
        for other in pathlib.Path(source).rglob("*"):
            if other.suffix in (".css", ".png", ".svg") and count > 0:
                target = folder / name / other.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(other, target)
    if count == 0:
        sys.exit("tools/demo_site.py: no documentation is here: apt install debian-reference-en debian-faq")
    (folder / "index.html").write_bytes(with_search(INDEX))


class Host(http.server.SimpleHTTPRequestHandler):
    """Whole files, packed by gzip where that helps; files named by their contents may be kept."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **TYPES}

    def do_GET(self):
        path = pathlib.Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path /= "index.html"
        if not path.is_file():
            super().do_GET()  # redirects, and what is not there
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in TYPES and path.suffix != ".png" and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        named = len(path.stem) == 16 and path.suffix == ".txt"
        self.send_header("Cache-Control", "max-age=31536000, immutable" if named else "no-cache")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(folder, port):
    def handler(*arguments):
        return Host(*arguments, directory=str(folder))

    for candidate in range(port, port + 20):
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
            break
        except OSError:
            continue
    else:
        sys.exit(f"tools/demo_site.py: ports {port} to {port + 19} are taken: --port N")
    port = server.server_address[1]
    print(f"\nhttp://localhost:{port}/   until Ctrl-C")
    print(f"From another machine: ssh -L {port}:localhost:{port} THIS-MACHINE, then the same address", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", default=8080, type=int)
    parser.add_argument("--folder", default=ROOT / "build" / "demo-site", type=pathlib.Path)
    parser.add_argument("--no-serve", action="store_true", help="make it, and end")
    parser.add_argument("program", nargs="?", default=ROOT / "build" / "lode", type=pathlib.Path)
    options = parser.parse_args()
    make_site(options.folder)
    command = [options.program, "site", options.folder, "-o", options.folder / "search", "--collection",
               options.folder.with_suffix(".lode"), "--report"]  # fmt: skip
    if subprocess.run([str(part) for part in command]).returncode != 0:
        sys.exit(1)
    if not options.no_serve:
        serve(options.folder, options.port)


if __name__ == "__main__":
    main()
