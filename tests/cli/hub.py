"""A model hub for tests: what huggingface.co answers, and what goes wrong there.

Standard library only. Two servers on this machine: the hub, which has the list of files, the
small files, and redirections to large ones; and a CDN, which has the large ones. Both note every
request; `Hub.faults` says what goes wrong with the next requests for a file."""

import hashlib
import http.server
import json
import threading
import time
import urllib.parse

HTML = b"<!doctype html><title>Welcome</title><p>Log in to use this network."


def git_hash(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Fault:
    """What one request gets instead of what it asked for."""

    def __init__(self, status=None, headers=(), body=b"", drop_after=None, replace=None, stall=0,
                 ranges=True, shift=0, extra=b"", short_by=0):
        self.status = status  # this answer, with headers and body
        self.headers = dict(headers)
        self.body = body
        self.drop_after = drop_after  # close after so many bytes of the body
        self.replace = replace  # other bytes of the same length
        self.stall = stall  # seconds of silence in the middle of the body
        self.ranges = ranges  # False: a range is answered with the whole file
        self.shift = shift  # begin so many bytes beside what was asked for
        self.extra = extra  # bytes behind the file, and a length that fits
        self.short_by = short_by  # leave out so many at the end, with a length that fits


class Hub:
    """repos: {"owner/name": {"main": {file name: bytes}, …}}; a revision's commit is made of its
    files. Files longer than `large` are redirected to the CDN."""

    def __init__(self, repos, large=1000, token=None, tls=None):
        self.repos = repos
        self.large = large
        self.token = token  # without it nothing is given out
        self.faults = {}  # (server, method, file name) -> list of Fault, used up from the front
        self.siblings = None  # other names for the list of files
        self.requests = []  # (server, method, path, {header: value})
        self.lock = threading.Lock()
        self.bodies = 0  # bytes of files sent
        self.slow = 0  # seconds to wait between pieces of a body
        self.servers = {name: self._serve(name, tls) for name in ("hub", "cdn")}
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.servers['hub'].server_address[1]}"
        self.cdn_url = f"{scheme}://127.0.0.1:{self.servers['cdn'].server_address[1]}"

    def _serve(self, name, tls):
        class Bound(Handler):
            hub, server_name = self, name

        server = Server(("127.0.0.1", 0), Bound)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def close(self):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def commit(self, repo, revision="main"):
        """The commit of a revision: its own hash, or a made-up one."""
        files = self.repos[repo][revision]
        digest = hashlib.sha1(repo.encode())
        for name in sorted(files):
            digest.update(name.encode() + b"\0" + git_hash(files[name]).encode())
        return digest.hexdigest()

    def files(self, repo, revision):
        """(commit, files) of a branch, tag or commit, or None."""
        for name in self.repos[repo]:
            commit = self.commit(repo, name)
            if revision in (name, commit):
                return commit, self.repos[repo][name]
        return None

    def etag(self, data):
        return sha256(data) if len(data) > self.large else git_hash(data)

    def fault(self, server, method, name, *faults):
        self.faults.setdefault((server, method, name), []).extend(faults)

    def next_fault(self, server, method, name):
        with self.lock:
            waiting = self.faults.get((server, method, name))
            return waiting.pop(0) if waiting else Fault()

    def asked(self, method=None, name="", server=None):
        """The requests so far that fit."""
        with self.lock:
            return [r for r in self.requests if (method in (None, r[1])) and name in r[2]
                    and server in (None, r[0])]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that breaks off, or wants no such certificate, is part of the tests."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub = server_name = None

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = urllib.parse.urlsplit(self.path).path
        with self.hub.lock:
            self.hub.requests.append((self.server_name, self.command, self.path, dict(self.headers)))
        try:
            if self.server_name == "cdn":
                self.answer_cdn(path)
            else:
                self.answer_hub(path)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # ------------------------------------------------------------- the hub

    def answer_hub(self, path):
        parts = [urllib.parse.unquote(part) for part in path.split("/")[1:]]
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self.refuse(401, "GatedRepo", "Access to this model is restricted.")
        elif parts[:2] == ["api", "resolve-cache"]:
            self.answer_file("/".join(parts[3:5]), parts[5], "/".join(parts[6:]), True)
        elif parts[:2] == ["api", "models"]:
            self.answer_api("/".join(parts[2:4]), parts[4:])
        elif len(parts) > 4 and parts[2] == "resolve":
            self.answer_file("/".join(parts[:2]), parts[3], "/".join(parts[4:]), False)
        else:
            self.refuse(404, "", "Not here.")

    def refuse(self, status, code, message):
        headers = {"X-Error-Message": message}
        if code:
            headers["X-Error-Code"] = code
        self.send(status, headers, json.dumps({"error": message}).encode())

    def find(self, repo, revision):
        if repo not in self.hub.repos:
            self.refuse(404, "RepoNotFound", "Repository not found")
            return None
        found = self.hub.files(repo, revision)
        if found is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def answer_api(self, repo, rest):
        fault = self.hub.next_fault("hub", self.command, "")
        if fault.status:
            self.send(fault.status, fault.headers, fault.body)
            return
        found = self.find(repo, rest[1] if len(rest) > 1 else "main")
        if found is None:
            return
        commit, files = found
        if rest[:1] == ["tree"]:
            answer = [self.tree_entry(name, data) for name, data in files.items()]
        else:
            names = self.hub.siblings if self.hub.siblings is not None else sorted(files)
            answer = {"id": repo, "modelId": repo, "sha": commit, "private": False, "tags": [],
                      "downloads": 0, "likes": 0, "siblings": [{"rfilename": n} for n in names]}
        self.send(200, {"Content-Type": "application/json; charset=utf-8"},
                  json.dumps(answer).encode(), fault)

    def tree_entry(self, name, data):
        entry = {"type": "file", "path": name, "size": len(data), "oid": git_hash(data)}
        if len(data) > self.hub.large:
            entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
        return entry

    def answer_file(self, repo, revision, name, cached):
        fault = self.hub.next_fault("hub", self.command, name)
        if fault.status:
            self.send(fault.status, fault.headers, fault.body)
            return
        found = self.find(repo, revision)
        if found is None:
            return
        commit, files = found
        headers = {"X-Repo-Commit": commit}
        if name not in files:
            headers |= {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}
            self.send(404, headers, b"Entry not found")
            return
        data = files[name]
        quoted = urllib.parse.quote(name)
        if len(data) > self.hub.large:
            headers |= {"X-Linked-Etag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data)),
                        "Location": f"{self.hub.cdn_url}/{sha256(data)}/{quoted}?Signature=x~y"}
            self.send(302, headers, b"Found. Redirecting")
        elif not cached and name.endswith(".json"):  # a relative redirection within the hub
            headers["Location"] = f"/api/resolve-cache/models/{repo}/{commit}/{quoted}"
            self.send(307, headers, b"Temporary Redirect")
        else:
            self.send(200, headers | {"ETag": f'"{git_hash(data)}"', "Content-Type": "text/plain"},
                      data, fault, True)

    # ------------------------------------------------------------- the CDN

    def answer_cdn(self, path):
        _, digest, name = urllib.parse.unquote(path).split("/", 2)
        fault = self.hub.next_fault("cdn", self.command, name)
        if fault.status:
            self.send(fault.status, fault.headers, fault.body)
            return
        for revisions in self.hub.repos.values():
            for files in revisions.values():
                if name in files and sha256(files[name]) == digest:
                    self.send(200, {"ETag": '"of-the-cdn"', "Content-Type": "binary/octet-stream"},
                              files[name], fault, True)
                    return
        self.send(403, {}, b"no")

    # ------------------------------------------------------------- answers

    def send(self, status, headers, body, fault=None, file=False):
        fault = fault or Fault()
        if fault.replace is not None:
            body = fault.replace
        total = len(body)
        start = 0
        wanted = self.headers.get("Range", "")
        if status == 200 and wanted.startswith("bytes=") and fault.ranges:
            start = int(wanted[6:].split("-")[0]) + fault.shift
            if start >= total:
                status, headers, body = 416, {"Content-Range": f"bytes */{total}"}, b""
            else:
                status, body = 206, body[start:]
                headers = headers | {"Content-Range": f"bytes {start}-{total - 1}/{total}"}
        body += fault.extra
        body = body[: len(body) - fault.short_by]
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.send_body(body, fault, file)

    def send_body(self, body, fault, counts):
        end = len(body) if fault.drop_after is None else fault.drop_after
        for at in range(0, end, 16384):
            piece = body[at : min(at + 16384, end)]
            self.wfile.write(piece)
            if self.hub.slow:
                time.sleep(self.hub.slow)
            if counts:
                with self.hub.lock:
                    self.hub.bodies += len(piece)
            if fault.stall and at + 16384 >= len(body) // 2:
                time.sleep(fault.stall)
                fault.stall = 0
        if fault.drop_after is not None:
            self.close_connection = True
