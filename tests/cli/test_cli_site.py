"""lode site, and lode search in what it writes: pages, what marks them, URLs, what becomes of it when
pages change, and when the work is interrupted."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import MODELS, OK, PROGRAM, RUN, USAGE, Case, environment, lode, main


def page(title, body, head=""):
    return f"<!doctype html><html lang=en><head><title>{title} - Site</title>{head}</head><body>{body}</body></html>"


PAGES = {
    "index.html": page("Home", "<nav>Elsewhere</nav><main><h1>Home</h1><p>Welcome to the garden.</p></main>"),
    "guide/index.html": page("Guide", "<main><h1>Guide</h1><p>Plant the seeds in spring.</p></main>"),
    "guide/pruning roses.html": page(
        "Pruning", "<main><h1>Pruning</h1><h2 id=when>When to prune</h2><p>Prune roses in late winter, with sharp shears."
        "</p><p data-lode-ignore>An advertisement for tractors.</p></main>",
        "<meta name=keywords content=garden>"),
    "hidden.html": page("Hidden", "<main>Secret orchids.</main>", "<meta name=robots content=noindex>"),
    "marked.html": page("Marked", "<div data-lode-body><h1>Marked</h1><p data-lode-meta='kind:special'>Only lilies."
                        "</p></div><p>Not the footer.</p>"),
    "404.html": page("Not found", "<main>Secret orchids are not here.</main>"),
    "notes.txt": "Plain text about roses is no page.",
}  # fmt: skip


class Site(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="lode-cli-")
        self.addCleanup(temporary.cleanup)
        self.top = pathlib.Path(temporary.name)
        self.public = self.top / "public"
        for name, text in PAGES.items():
            (self.public / name).parent.mkdir(parents=True, exist_ok=True)
            (self.public / name).write_text(text)
        self.out = self.public / "search"
        self.assets = self.top / "assets"
        self.assets.mkdir()

    def site(self, *options, words=True, **keywords):
        keywords.setdefault("XDG_CACHE_HOME", str(self.top / "cache"))
        keywords.setdefault("LODE_SITE_ASSETS", str(self.assets))
        kind = ("--keyword-only",) if words else ()
        result = lode("site", "--json", self.public, "-o", self.out, *kind, *options, **keywords)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout)

    def search(self, query, *options, **keywords):
        result = lode("search", "--json", self.out, query, *options, **keywords)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout)

    def found(self, query, *options):
        return [r["path"] for r in self.search(query, *options)["results"]]

    def test_pages(self):
        said = self.site()
        self.assertEqual(said["pages"], 4)
        self.assertEqual(said["skipped"], 2)  # noindex, 404.html
        self.assertEqual(self.found("roses"), ["guide/pruning roses.html"])
        self.assertEqual(self.found("tractors"), [])
        self.assertEqual(self.found("orchids"), [])
        self.assertEqual(self.found("elsewhere"), [])
        self.assertEqual(self.found("lilies"), ["marked.html"])
        self.assertEqual(self.found("footer"), [])
        self.assertEqual(self.found("garden", "--filter", "kind=special"), [])
        self.assertEqual(self.found("lilies", "--filter", "kind=special"), ["marked.html"])
        result = self.search("when to prune")["results"][0]
        self.assertEqual(result["anchor"], "when")
        self.assertEqual(result["url"], "./guide/pruning%20roses.html")
        self.assertNotIn(str(self.top).encode(), b"".join(f.read_bytes() for f in self.out.iterdir()))

    def test_urls(self):
        self.site()
        self.assertEqual(self.search("welcome")["results"][0]["url"], "./")
        self.site("--base", "/docs")
        self.assertEqual(self.search("welcome")["results"][0]["url"], "/docs/")
        self.assertEqual(self.search("seeds")["results"][0]["url"], "/docs/guide/")
        # Not below the pages: their place has to be told, or is the host's root.
        self.out = self.top / "elsewhere" / "search"
        self.site()
        self.assertEqual(self.search("seeds")["results"][0]["url"], "/guide/")
        self.out = self.public / "assets" / "search"
        self.site()
        self.assertEqual(self.search("seeds")["results"][0]["url"], "../guide/")
        self.out = self.public / "a" / "b" / "search"
        self.site()
        self.assertEqual(self.search("welcome")["results"][0]["url"], "../../")

    def test_marked(self):
        self.assertEqual(self.site("--marked")["pages"], 1)
        self.assertEqual(self.found("roses"), [])

    def test_again(self):
        (self.assets / "reader.wasm").write_bytes(b"\0asm")
        (self.public / "photograph.png").write_bytes(b"\x89PNG\0")
        first = self.site()
        names = [f for f in os.listdir(self.out) if f.endswith(".txt")]
        self.assertEqual((first["files"], first["files_written"]), (len(names), len(names)))
        boot = (self.out / "boot.lode-site.txt").read_bytes()
        again = self.site()
        self.assertEqual((again["added"], again["unchanged"], again["files_written"]), (0, 4, 0))
        # What is no page is not left out, least of all what was written here before.
        self.assertEqual((first["skipped"], again["skipped"], again["files"]), (2, 2, len(names)))
        self.assertEqual((self.out / "boot.lode-site.txt").read_bytes(), boot)
        (self.public / "index.html").unlink()
        (self.public / "marked.html").write_text(PAGES["hidden.html"])
        third = self.site()
        self.assertEqual(third["pages"], first["pages"] - 2)
        self.assertEqual(self.found("welcome"), [])
        self.assertEqual(self.found("lilies"), [])
        # The files of the index before are there until the next change.
        kept = set(self.out.iterdir())
        (self.public / "guide/index.html").write_text(page("Guide", "<main>Water them in summer.</main>"))
        self.assertGreater(self.site()["files_removed"], 0)
        self.assertTrue(kept - set(self.out.iterdir()))
        self.assertEqual(self.found("summer"), ["guide/index.html"])

    def test_with_model(self):
        model = MODELS / "static-model2vec"
        said = self.site("--model", model, words=False)
        self.assertGreater(said["model_bytes"], 0)
        self.assertGreater(said["vector_bytes"], 0)
        models = list(self.out.glob("*.lode-model"))
        self.assertEqual(len(models), 1)
        self.assertEqual(self.search("roses")["mode"], "hybrid")
        self.assertEqual(self.search("roses", "--mode", "keyword")["mode"], "keyword")
        models[0].unlink()
        self.assertEqual(self.search("roses")["mode"], "keyword")

    def test_report(self):
        said = self.site("--report")
        self.assertGreater(said["report"]["questions"], 0)
        self.assertGreater(said["report"]["bytes"], 0)
        (self.assets / "lode-search.js").write_text("1")
        (self.assets / "lode-search-ui.js").write_text("22")
        (self.assets / "lode-stem-en.wasm").write_text("333")
        (self.assets / "lode-stem-fr.wasm").write_text("not needed here")
        again = self.site("--report")["report"]
        self.assertEqual(again["page_bytes"], 1)
        self.assertEqual(again["open_bytes"], said["report"]["open_bytes"] + 2 + 3)
        text = lode("site", self.public, "-o", self.out, "--keyword-only", "--report",
                    XDG_CACHE_HOME=str(self.top / "cache")).stdout.decode()  # fmt: skip
        self.assertIn("boot file, when it is opened", text)

    def test_assets(self):
        (self.assets / "lode-search.js").write_text("export {};\n")
        said = self.site()
        self.assertEqual((self.out / "lode-search.js").read_text(), "export {};\n")
        self.assertEqual(said["script_bytes"], 11)
        result = lode("site", self.public, "-o", self.out, LODE_SITE_ASSETS="/nonexistent",
                      XDG_CACHE_HOME=str(self.top / "cache"))  # fmt: skip
        self.assertEqual(result.returncode, RUN)
        self.assertIn(b"LODE_SITE_ASSETS", result.stderr)

    def test_assets_beside_the_program(self):
        """In a build folder beside it, installed beside its folder; without any, it says so."""
        program = self.top / "prefix" / "bin" / "lode"
        program.parent.mkdir(parents=True)
        shutil.copy(PROGRAM, program)
        for place, text in [(None, ""), (program.parent, "1"), (program.parents[1], "2")]:
            if place:
                (place / "share/lode/site").mkdir(parents=True)
                (place / "share/lode/site/lode-search.js").write_text(text)
            out = self.top / f"out{text}"
            result = subprocess.run([program, "site", self.public, "-o", out, "--keyword-only"], capture_output=True,
                                    env=environment(XDG_CACHE_HOME=str(self.top / "cache")))  # fmt: skip
            self.assertEqual(result.returncode, OK, result.stderr)
            self.assertEqual(b"LODE_SITE_ASSETS" in result.stderr, place is None)
            if place:
                self.assertEqual((out / "lode-search.js").read_text(), text)
                shutil.rmtree(place / "share")

    def test_usage(self):
        for arguments in [(), (self.public,), ("-o", self.out), (self.top / "none", "-o", self.out),
                          (self.public, "-o", self.out, "--keyword-only", "--model", "x")]:  # fmt: skip
            result = lode("site", *arguments)
            self.assertEqual(result.returncode, USAGE, result.stderr)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_no_permission(self):
        self.public.chmod(0o555)
        self.addCleanup(self.public.chmod, 0o755)
        result = lode("site", self.public, "-o", self.out, "--keyword-only", XDG_CACHE_HOME=str(self.top / "cache"))
        self.assertEqual(result.returncode, RUN)
        self.assertIn(b"Permission denied", result.stderr)

    def test_damaged(self):
        self.site()
        for path in self.out.iterdir():
            if path.name != "boot.lode-site.txt":
                path.write_bytes(path.read_bytes()[:-1])
        result = lode("search", self.out, "roses")
        self.assertEqual(result.returncode, RUN)
        self.assertIn(b"bytes", result.stderr)
        (self.out / "boot.lode-site.txt").write_text("<!doctype html>")
        result = lode("search", self.out, "roses")
        self.assertEqual(result.returncode, RUN)
        self.assertIn(b"not a sealed index", result.stderr)

    def test_watch(self):
        command = [PROGRAM, "site", str(self.public), "-o", str(self.out), "--keyword-only", "--watch", "--json"]
        env = environment(XDG_CACHE_HOME=str(self.top / "cache"), LODE_SITE_ASSETS=str(self.assets))
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
            self.assertEqual(json.loads(process.stdout.readline())["pages"], 4)
            (self.public / "new.html").write_text(page("New", "<main>Fresh tulips.</main>"))
            self.assertEqual(json.loads(process.stdout.readline())["added"], 1)
            self.assertEqual(self.found("tulips"), ["new.html"])
            # Generators empty their output, and write the same pages again.
            shutil.rmtree(self.out)
            self.assertEqual(json.loads(process.stdout.readline())["pages"], 5)
            self.assertEqual(self.found("tulips"), ["new.html"])
            away = self.top / "away"
            self.public.rename(away)
            self.assertIn(b"no such file or folder; trying again", process.stderr.readline())
            (away / "new.html").unlink()
            away.rename(self.public)
            self.assertEqual(json.loads(process.stdout.readline())["removed"], 1)
            self.assertEqual(self.found("tulips"), [])
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, -signal.SIGINT)

    def test_interrupted(self):
        self.site()
        boot = (self.out / "boot.lode-site.txt").read_bytes()
        for number in range(400):
            (self.public / f"{number}.html").write_text(page(f"Page {number}", f"<main>Number {number} of many.</main>"))
        command = [PROGRAM, "site", str(self.public), "-o", str(self.out), "--keyword-only"]
        env = environment(XDG_CACHE_HOME=str(self.top / "cache"))
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            printed, complaints = process.communicate(timeout=60)
        if process.returncode != 0 and (self.out / "boot.lode-site.txt").read_bytes() == boot:
            self.assertEqual(self.found("lilies"), ["marked.html"])
            # Nothing, when the signal came before there was work to put off.
            self.assertTrue(printed == b"" or printed.startswith(b"Interrupted"), printed)
            self.assertEqual(complaints, b"")
        self.assertEqual(self.site()["pages"], 404)
        self.assertEqual(self.found("lilies"), ["marked.html"])
        self.assertFalse([f for f in os.listdir(self.out) if f.endswith("part")])


main()
