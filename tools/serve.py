#!/usr/bin/env python3
"""Serves a folder of static files on this machine: `make run` ends here, with the app.

    tools/serve.py [--port N] [--lan] [--plain] FOLDER

Prints the address and serves until Ctrl-C. With the headers that make a page cross-origin isolated,
which threads need; --plain leaves them out, as most static hosts do. --lan: for other machines too,
where a browser gives such a page neither threads nor storage, as it is not served by HTTPS. A
browser is opened only where there is a display.
"""

import argparse
import functools
import http.server
import os
import pathlib
import sys
import webbrowser

PORT = 8735


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".lode-model": "application/octet-stream",
    }
    protocol_version = "HTTP/1.1"
    isolated = True

    def end_headers(self):
        # Names with a digest in them never change; all else is asked for again.
        hashed = "/assets/" in self.path
        self.send_header("cache-control", "max-age=31536000, immutable" if hashed else "no-cache")
        self.send_header("x-content-type-options", "nosniff")
        if self.isolated:
            self.send_header("cross-origin-opener-policy", "same-origin")
            self.send_header("cross-origin-embedder-policy", "require-corp")
        super().end_headers()

    def list_directory(self, path):
        self.send_error(404)

    def log_message(self, *arguments):
        pass


def bind(host, port, handler):
    """The port asked for, or the next that is free."""
    for number in range(port, port + 20):
        try:
            return http.server.ThreadingHTTPServer((host, number), handler)
        except OSError:
            continue
    sys.exit(f"{sys.argv[0]}: no port of {port} to {port + 19} is free")


def has_display():
    remote = "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ
    return not remote and ("DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--lan", action="store_true")
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    if not (arguments.folder / "index.html").is_file():
        sys.exit(f"{arguments.folder}: there is no index.html")
    Handler.isolated = not arguments.plain
    handler = functools.partial(Handler, directory=str(arguments.folder))
    server = bind("0.0.0.0" if arguments.lan else "127.0.0.1", arguments.port, handler)
    address = f"http://localhost:{server.server_port}/"
    print(f"\n  {address}\n\nCtrl-C ends it.", flush=True)
    if "SSH_CONNECTION" in os.environ:
        print(f"Over SSH: ssh -L {server.server_port}:localhost:{server.server_port} this machine, "
              "then the same address there.", flush=True)  # fmt: skip
    if has_display():
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
