"""`lode pull` and `--model OWNER/NAME`, against a hub on this machine (hub.py)."""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import ssl
import subprocess
import time

import harness
import hub as hubs
from harness import MODEL, MODELS, OK, RUN, USAGE, lode
from hub import Fault, Hub

TINY = "tests/tiny"
BIG = bytes(range(256)) * 12_000  # about 3 MB; not a model, which pulling does not look at
BIG_FILES = {"config.json": b"{}", "tokenizer.json": b"{ }", "model.safetensors": BIG}


def files_of(folder):
    """A model's folder as a repository, with files that lode has no use for."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes()
             for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "expected.json"}
    return files | {"README.md": b"# A model", ".gitattributes": b"*.bin lfs",
                    "pytorch_model.bin": b"\x80pickle" * 500, "onnx/model.onnx": b"onnx" * 500}


class Case(harness.Case):
    @contextlib.contextmanager
    def hub(self, files=None, **options):
        """A hub with one repository, and a folder for the cache."""
        repos = {TINY: {"main": files if files is not None else files_of(MODELS / "bert-plain")}}
        with self.folder() as folder, Hub(options.pop("repos", repos), **options) as hub:
            hub.cache = folder / "hub"
            hub.home = folder
            yield hub

    def environment(self, hub, **changes):
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        ours = {name: None for name in os.environ if name.startswith(("HF_", "HUGGING"))}
        names += ("CURL_CA_BUNDLE", "SSL_CERT_FILE")
        ours |= {name: None for name in names}
        ours |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(hub.home), "HF_HUB_DOWNLOAD_TIMEOUT": "5",
                 "LODE_MODEL": None}
        return ours | changes

    def lode(self, hub, *args, **changes):
        return lode(*args, **self.environment(hub, **changes))

    def pull(self, hub, *args, **changes):
        return self.lode(hub, "pull", TINY, *args, **changes)

    def start(self, hub, *args, **options):
        env = harness.environment(**self.environment(hub))
        return subprocess.Popen([harness.PROGRAM, *args], env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def pulled(self, result):
        return pathlib.Path(self.assert_ok(result).decode().rstrip("\n"))

    def assert_whole(self, hub, files, repo=TINY):
        """The snapshot has these files, linked as the hub's own library links them; nothing is
        left on the way."""
        base = hub.cache / ("models--" + repo.replace("/", "--"))
        snapshot = base / "snapshots" / hub.commit(repo)
        found = {p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if not p.is_dir()}
        self.assertEqual(found, set(files))
        for name in files:
            data = hub.repos[repo]["main"][name]
            link = os.readlink(snapshot / name)
            self.assertEqual(link, "../" * (2 + name.count("/")) + "blobs/" + hub.etag(data))
            self.assertEqual((snapshot / name).read_bytes(), data)
        self.assertEqual({p.name for p in (base / "blobs").iterdir()},
                         {hub.etag(hub.repos[repo]["main"][name]) for name in files})
        return snapshot

    def partial(self, hub, data):
        """The file in which `data` is on its way."""
        base = hub.cache / ("models--" + TINY.replace("/", "--"))
        return base / "blobs" / (hub.etag(data) + ".incomplete")

    def assert_nothing_linked(self, hub, name):
        snapshots = hub.cache / ("models--" + TINY.replace("/", "--")) / "snapshots"
        self.assertEqual([p for p in snapshots.rglob(name)], [])
        self.assertEqual(list((snapshots.parent).glob("refs/*")), [])


PLAIN = ["config.json", "config_sentence_transformers.json", "model.safetensors",
         "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json"]


class Pull(Case):
    def test_layout(self):
        with self.hub() as hub:
            path = self.pulled(self.pull(hub))
            snapshot = self.assert_whole(hub, PLAIN)
            self.assertEqual(path, snapshot)
            base = snapshot.parent.parent
            self.assertEqual((base / "refs" / "main").read_text(), hub.commit(TINY))
            absent = {p.name for p in (base / ".no_exist" / hub.commit(TINY)).iterdir()}
            self.assertIn("modules.json", absent)
            self.assertNotIn("config.json", absent)
            locks = hub.cache / ".locks" / base.name
            self.assertEqual({p.name for p in locks.iterdir()},
                             {p.name + ".lock" for p in (base / "blobs").iterdir()})
            self.assertTrue((hub.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f"))

    def test_only_what_is_needed_is_asked_for(self):
        with self.hub() as hub:
            self.pulled(self.pull(hub))
            for name in ("README.md", "pytorch_model.bin", "onnx", ".gitattributes"):
                self.assertEqual(hub.asked(name=name), [])
            needed = sum(len(hub.repos[TINY]["main"][name]) for name in PLAIN)
            self.assertEqual(hub.bodies, needed)

    def test_again_costs_a_request(self):
        with self.hub() as hub:
            first = json.loads(self.assert_ok(self.pull(hub, "--json")))
            self.assertEqual({f["cached"] for f in first["files"]}, {False})
            before = len(hub.requests)
            second = json.loads(self.assert_ok(self.pull(hub, "--json")))
            self.assertEqual([r[2] for r in hub.requests[before:]],
                             [f"/api/models/{TINY}/revision/main"])
            self.assertEqual({f["cached"] for f in second["files"]}, {True})
            for report in (first, second):
                self.assertEqual({f["name"]: f["size"] for f in report["files"]},
                                 {name: len(hub.repos[TINY]["main"][name]) for name in PLAIN})
                self.assertEqual((report["repo"], report["revision"], report["commit"]),
                                 (TINY, "main", hub.commit(TINY)))

    def test_every_kind_of_model(self):
        """Sharded, in sub-folders, with dense modules …: the same vectors as from the folder."""
        names = ["bert-sharded", "bert-sub-folder", "bert-dense-chain", "bert-prompts",
                 "bert-vocab-txt", "roberta", "bert-new-names", "static-model2vec",
                 "static-embedding"]
        repos = {f"tests/{name}": {"main": files_of(MODELS / name)} for name in names}
        with self.hub(repos=repos) as hub:
            for name in names:
                with self.subTest(name):
                    wanted = self.assert_ok(lode("embed", "-m", MODELS / name, "a dog", "two cats"))
                    got = self.lode(hub, "embed", "-q", "-m", f"tests/{name}", "a dog", "two cats")
                    self.assertEqual(self.assert_ok(got), wanted)

    def test_a_bundle_is_taken_alone(self):
        files = files_of(MODELS / "bert-plain") | {"tiny.lode-model": b"bundle" * 1000}
        with self.hub(files) as hub:
            path = self.pulled(self.pull(hub))
            snapshot = self.assert_whole(hub, ["tiny.lode-model"])
            self.assertEqual(path, snapshot / "tiny.lode-model")
        files["other.lode-model"] = b"another"
        with self.hub(files) as hub:  # which one? neither: the files
            self.pulled(self.pull(hub))
            self.assert_whole(hub, PLAIN)
        only = {name: data for name, data in files.items() if name.endswith(".lode-model")}
        with self.hub(only) as hub:
            self.assert_fails(self.pull(hub), MODEL, TINY, "2 files *.lode-model")

    def test_a_bundle_opens(self):
        with self.folder() as folder:
            bundle = folder / "tiny.lode-model"
            self.assert_ok(lode("convert", "-q", "-m", MODELS / "bert-plain", "-o", bundle))
            with self.hub({"README.md": b"# A model", bundle.name: bundle.read_bytes()}) as hub:
                got = self.lode(hub, "embed", "-q", "-m", TINY, "a dog")
                wanted = lode("embed", "-m", bundle, "a dog")
                self.assertEqual(self.assert_ok(got), self.assert_ok(wanted))
                again = self.lode(hub, "embed", "-m", TINY, "a dog", HF_HUB_OFFLINE="1")
                self.assertEqual(again.stdout, got.stdout)

    def test_revisions(self):
        old = files_of(MODELS / "bert-plain")
        new = old | {"config.json": old["config.json"] + b"\n"}
        with self.hub(repos={TINY: {"main": new, "v1/beta": old}}) as hub:
            commit = hub.commit(TINY, "v1/beta")
            by_tag = self.pulled(self.pull(hub, "--revision", "v1/beta"))
            self.assertEqual(by_tag.name, commit)
            refs = by_tag.parent.parent / "refs"
            self.assertEqual((refs / "v1" / "beta").read_text(), commit)
            self.assertIn("/revision/v1%2Fbeta", hub.requests[0][2])
            before = hub.bodies
            by_name = self.pulled(self.pull(hub))
            self.assertNotEqual(by_name, by_tag)
            self.assertEqual(hub.bodies - before, len(new["config.json"]))  # the rest is shared
            by_commit = self.pulled(self.pull(hub, "--revision", commit))
            self.assertEqual(by_commit, by_tag)
            self.assertFalse((refs / commit).exists())
            hub.repos[TINY]["main"] = old  # a branch goes on
            self.assertEqual(self.pulled(self.pull(hub)).name, hub.commit(TINY))
            self.assertEqual((refs / "main").read_text(), hub.commit(TINY))

    def test_the_same_contents_come_once(self):
        with self.hub(BIG_FILES | {"tokenizer.json": b"{}"}) as hub:
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(hub.bodies, len(BIG) + 2)

    def test_a_damaged_cache_is_mended(self):
        with self.hub() as hub:
            snapshot = self.pulled(self.pull(hub))
            (snapshot / "model.safetensors").resolve().unlink()
            (snapshot / "config.json").unlink()
            (snapshot / "config.json").symlink_to("../../blobs/elsewhere")
            report = json.loads(self.assert_ok(self.pull(hub, "--json")))
            self.assertEqual({f["name"] for f in report["files"] if not f["cached"]},
                             {"model.safetensors"})
            self.assert_whole(hub, PLAIN)

    def test_where_the_cache_is(self):
        with self.hub() as hub:
            cases = [
                ({"HF_HUB_CACHE": str(hub.home / "a")}, "a"),
                ({"HUGGINGFACE_HUB_CACHE": str(hub.home / "b")}, "b"),
                ({"HF_HOME": "$PLACE/c", "PLACE": str(hub.home)}, "c/hub"),
                ({"HF_HOME": "~/d", "HOME": str(hub.home)}, "d/hub"),
                ({"HF_HOME": None, "XDG_CACHE_HOME": str(hub.home / "e")}, "e/huggingface/hub"),
                ({"HF_HOME": None, "XDG_CACHE_HOME": None, "HOME": str(hub.home / "f")},
                 "f/.cache/huggingface/hub"),
            ]
            for changes, place in cases:
                with self.subTest(place):
                    path = self.pulled(self.pull(hub, **changes))
                    self.assertEqual(path.parents[2], hub.home / place)

    def test_usage(self):
        with self.hub() as hub:
            for args, fragment in [
                ([], "usage: lode pull OWNER/NAME"),
                (["a/b", "c/d"], "one model at a time"),
                (["name"], "no name OWNER/NAME"),
                (["../etc"], "no name OWNER/NAME"),
                (["a/../b"], "no name OWNER/NAME"),
                (["/a/b"], "no name OWNER/NAME"),
                (["a/b", "--revision", "../main"], "no branch, tag or commit"),
                (["a/b", "--revision", ""], "no branch, tag or commit"),
            ]:
                with self.subTest(args=args):
                    self.assert_fails(self.lode(hub, "pull", *args), USAGE, fragment)
            self.assertEqual(hub.requests, [])
            self.assert_fails(self.pull(hub, HF_ENDPOINT="ftp://hub"), USAGE, "HF_ENDPOINT")
            self.assert_fails(self.pull(hub, HF_TOKEN="two words"), USAGE, "HF_TOKEN")


class ModelByName(Case):
    def test_pulled_once(self):
        with self.hub() as hub:
            wanted = self.assert_ok(lode("embed", "-m", MODELS / "bert-plain", "a dog"))
            first = self.lode(hub, "embed", "-m", TINY, "a dog")
            self.assertEqual((first.returncode, first.stdout), (OK, wanted))
            self.assertEqual(first.stderr.decode(), f"lode: {TINY} is not in the cache: getting it "
                                                    f"from {hub.url}\n")
            before = len(hub.requests)
            self.assertEqual(self.assert_ok(self.lode(hub, "embed", "-m", TINY, "a dog")), wanted)
            by_variable = self.lode(hub, "embed", "a dog", LODE_MODEL=TINY)
            self.assertEqual(self.assert_ok(by_variable), wanted)
            offline = self.lode(hub, "embed", "-m", TINY, "a dog", HF_HUB_OFFLINE="1")
            self.assertEqual(self.assert_ok(offline), wanted)
            self.assertEqual(len(hub.requests), before)  # the cache is enough

    def test_its_name_in_results(self):
        with self.hub() as hub:
            info = json.loads(self.assert_ok(self.lode(hub, "info", "-q", "--json", "-m", TINY)))
            self.assertEqual(info["model"], "tiny")
            path = self.pulled(self.pull(hub))
            again = json.loads(self.assert_ok(lode("info", "--json", "-m", path)))
            self.assertEqual(again, info)

    def test_every_command_takes_it(self):
        with self.hub() as hub:
            for args in (["tokenize", "a"], ["similarity", "a", "b"], ["info"]):
                self.assert_ok(self.lode(hub, *args, "-q", "--model", TINY, "--revision", "main"))

    def test_a_folder_of_that_name_comes_first(self):
        with self.hub() as hub:
            shutil.copytree(MODELS / "bert-cls", hub.home / "work" / TINY)
            env = harness.environment(**self.environment(hub))
            done = subprocess.run([harness.PROGRAM, "embed", "-m", TINY, "a dog"], env=env,
                                  cwd=hub.home / "work", capture_output=True)
            self.assertEqual(self.assert_ok(done),
                             self.assert_ok(lode("embed", "-m", MODELS / "bert-cls", "a dog")))
            self.assertEqual(hub.requests, [])

    def test_neither_a_folder_nor_a_repository(self):
        with self.hub() as hub:
            self.assert_fails(self.lode(hub, "embed", "-qm", "models/mini", "a"), MODEL,
                              'there is no folder "models/mini" here',
                              f"{hub.url} has no such repository")

    def test_offline(self):
        with self.hub() as hub:
            for args in (["pull", TINY], ["embed", "-m", TINY, "a"]):
                for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
                    self.assert_fails(self.lode(hub, *args, **{name: "yes"}), MODEL, TINY,
                                      "every file is missing", "HF_HUB_OFFLINE is set")
            snapshot = self.pulled(self.pull(hub))
            before = len(hub.requests)
            self.assertEqual(self.pulled(self.pull(hub, HF_HUB_OFFLINE="1")), snapshot)
            (snapshot / "tokenizer.json").unlink()
            self.assert_fails(self.pull(hub, HF_HUB_OFFLINE="1"), MODEL, "tokenizer.json is missing")
            self.assertEqual(len(hub.requests), before)

    def test_half_a_model_in_the_cache_is_completed(self):
        """As after AutoConfig.from_pretrained in Python: a snapshot with one file."""
        with self.hub(files_of(MODELS / "bert-prompts")) as hub:
            snapshot = self.pulled(self.pull(hub))
            (snapshot / "1_Pooling" / "config.json").unlink()
            wanted = lode("embed", "-m", MODELS / "bert-prompts", "a dog")
            got = self.lode(hub, "embed", "-q", "-m", TINY, "a dog")
            self.assertEqual(self.assert_ok(got), self.assert_ok(wanted))

    def test_a_table_without_its_settings_is_completed(self):
        """sentence-transformers does not get config.json, by which Model2Vec's models are told."""
        name = "static-model2vec-short"
        with self.hub(files_of(MODELS / name)) as hub:
            wanted = self.assert_ok(lode("embed", "-m", MODELS / name, "a dog"))
            snapshot = self.pulled(self.pull(hub))
            (snapshot / "config.json").unlink()
            offline = self.lode(hub, "embed", "-m", TINY, "a", HF_HUB_OFFLINE="1")
            self.assert_fails(offline, MODEL, "config.json is missing")
            got = self.lode(hub, "embed", "-q", "-m", TINY, "a dog")
            self.assertEqual(self.assert_ok(got), wanted)

    def test_without_knowing_of_modules(self):
        """Python got the transformer alone. Whether there are modules, only the hub knows."""
        with self.hub() as hub:
            snapshot = self.pulled(self.pull(hub))
            shutil.rmtree(snapshot.parent.parent / ".no_exist")
            offline = self.lode(hub, "embed", "-m", TINY, "a", HF_HUB_OFFLINE="1")
            self.assertEqual(offline.returncode, OK)
            self.assertIn(b"taken for a transformer alone", offline.stderr)
            before = len(hub.requests)
            self.assert_ok(self.lode(hub, "embed", "-q", "-m", TINY, "a"))
            self.assertEqual(len(hub.requests), before + 1)
            self.assert_ok(self.lode(hub, "embed", "-m", TINY, "a"))
            self.assertEqual(len(hub.requests), before + 1)


class Tokens(Case):
    def test_where_it_comes_from(self):
        with self.hub(token="hf_secret") as hub:
            (hub.home / "token").write_text("hf_secret\n")
            (hub.home / "other").write_text("hf_secret")
            for changes in ({}, {"HF_TOKEN": "hf_secret"}, {"HUGGING_FACE_HUB_TOKEN": " hf_secret "},
                            {"HF_TOKEN_PATH": str(hub.home / "other")}):
                with self.subTest(changes):
                    self.pulled(self.pull(hub, **changes))
            self.assert_fails(self.pull(hub, HF_TOKEN="hf_wrong"), MODEL, TINY,
                              "access is restricted (401: Access to this model is restricted.)",
                              f"{hub.url}/{TINY}")
            self.assert_fails(self.pull(hub, HF_HUB_DISABLE_IMPLICIT_TOKEN="1"), MODEL, "HF_TOKEN")

    def test_it_goes_to_the_hub_alone(self):
        with self.hub(token="hf_secret") as hub:
            self.pulled(self.pull(hub, HF_TOKEN="hf_secret"))
            for server, _, path, headers in hub.requests:
                wanted = "Bearer hf_secret" if server == "hub" else None
                self.assertEqual(headers.get("Authorization"), wanted, path)
            self.assertTrue(hub.asked(server="cdn"))

    def test_none_is_sent_without_one(self):
        with self.hub() as hub:
            self.pulled(self.pull(hub))
            self.assertFalse([r for r in hub.requests if "Authorization" in r[3]])

    def test_refused(self):
        def refusal(status, code, message="Words of the hub."):
            return Fault(status=status, headers={"X-Error-Code": code, "X-Error-Message": message})

        with self.hub() as hub:
            for fault, token, fragments in [
                (refusal(401, "RepoNotFound"), None, ["no such repository, or it is private", "HF_TOKEN"]),
                (refusal(403, "GatedRepo"), None, ["access is restricted (403", "set HF_TOKEN"]),
                (refusal(403, ""), "hf_x", ["the token in use gives no access", "Words of the hub."]),
                (refusal(404, "RepoNotFound"), None, ["has no such repository (404)"]),
                (refusal(404, "RevisionNotFound"), None, ['there is no revision "main"']),
                (refusal(404, ""), None, ["has no such repository or revision (404)"]),
                (refusal(400, "", "\x1b[31mred"), None, ["the server answers 400"]),
            ]:
                with self.subTest(fragments):
                    hub.fault("hub", "GET", "", fault)
                    self.assert_fails(self.pull(hub, HF_TOKEN=token), MODEL if fault.status != 400
                                      else RUN, TINY, *fragments)
            self.assertFalse(hub.cache.exists())  # nothing was made for a model that is not there

    def test_a_file_that_is_gone(self):
        with self.hub() as hub:
            hub.siblings = [*PLAIN, "vocab.txt"]
            self.assert_fails(self.pull(hub), MODEL, TINY, "vocab.txt: there is no such file", "404")


class Network(Case):
    """The weights' way from the CDN is what goes wrong here."""

    NAME = "model.safetensors"

    def broken(self, *faults, **options):
        @contextlib.contextmanager
        def prepared():
            with self.hub(BIG_FILES, **options) as hub:
                hub.fault("cdn", "GET", self.NAME, *faults)
                yield hub
        return prepared()

    def ranges(self, hub):
        return [r[3].get("Range") for r in hub.asked("GET", self.NAME, "cdn")]

    def test_a_dropped_connection_is_taken_up_again(self):
        with self.broken(Fault(drop_after=1_000_000), Fault(drop_after=500_000)) as hub:
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(self.ranges(hub), [None, "bytes=1000000-", "bytes=1500000-"])
            self.assertEqual(hub.bodies, len(BIG) + 5)  # not a byte twice

    def test_without_ranges_it_begins_again(self):
        with self.broken(Fault(drop_after=1_000_000), Fault(ranges=False)) as hub:
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)

    def test_silence(self):
        with self.broken(Fault(stall=8)) as hub:
            self.pulled(self.pull(hub, HF_HUB_DOWNLOAD_TIMEOUT="1"))
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(len(self.ranges(hub)), 2)

    def test_a_drop_for_good(self):
        with self.broken(*[Fault(drop_after=20_000)] * 20) as hub:
            self.assert_fails(self.pull(hub, "-q"), RUN, TINY, self.NAME, "127.0.0.1")
            self.assertLess(len(self.ranges(hub)), 10)
            self.assertGreater(self.partial(hub, BIG).stat().st_size, 0)
            self.assert_nothing_linked(hub, self.NAME)
            hub.faults.clear()
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)

    def test_a_short_answer(self):
        with self.broken(Fault(short_by=1000)) as hub:
            self.pulled(self.pull(hub))
            self.assertEqual(self.ranges(hub), [None, f"bytes={len(BIG) - 1000}-"])
        with self.broken(*[Fault(short_by=100)] * 20) as hub:
            hub.fault("cdn", "GET", self.NAME)
            self.assert_fails(self.pull(hub, "-q"), RUN, self.NAME, "the answer ends after", str(len(BIG)))

    def test_a_long_answer(self):
        with self.broken(Fault(extra=b"more")) as hub:
            self.assert_fails(self.pull(hub), MODEL, self.NAME, "more bytes than the file has")
            self.assert_nothing_linked(hub, self.NAME)

    def test_another_part_than_was_asked_for(self):
        with self.broken(Fault(drop_after=1_000_000), Fault(shift=5)) as hub:
            self.assert_fails(self.pull(hub), MODEL, self.NAME, "another part than was asked for")

    def test_a_wrong_hash(self):
        wrong = bytes([BIG[0] ^ 1]) + BIG[1:]
        with self.broken(Fault(replace=wrong)) as hub:
            self.assert_fails(self.pull(hub), MODEL, TINY, self.NAME, "SHA-256",
                              hubs.sha256(wrong), hubs.sha256(BIG), "removed")
            self.assertFalse(self.partial(hub, BIG).exists())
            self.assert_nothing_linked(hub, self.NAME)
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)

    def test_a_wrong_git_hash(self):
        with self.hub() as hub:
            good = hub.repos[TINY]["main"]["config.json"]
            hub.fault("hub", "GET", "config.json", Fault(replace=b" " + good[1:]))
            # the fault is used by the first of the two requests, which redirects; so twice
            hub.fault("hub", "GET", "config.json", Fault(replace=b" " + good[1:]))
            self.assert_fails(self.pull(hub), MODEL, "config.json", "git hash", hubs.git_hash(good))
            self.assert_nothing_linked(hub, "config.json")

    def test_a_wrong_beginning_is_not_continued_for_ever(self):
        with self.hub(BIG_FILES) as hub:
            part = self.partial(hub, BIG)
            part.parent.mkdir(parents=True)
            part.write_bytes(b"\xff" * 1_000_000)
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(self.ranges(hub), ["bytes=1000000-", None])

    def test_a_beginning_longer_than_the_file(self):
        with self.hub(BIG_FILES) as hub:
            part = self.partial(hub, BIG)
            part.parent.mkdir(parents=True)
            part.write_bytes(BIG + b"more")
            self.pulled(self.pull(hub))
            self.assertEqual(self.ranges(hub), [None])

    def test_all_of_it_but_the_name(self):
        with self.hub(BIG_FILES) as hub:
            part = self.partial(hub, BIG)
            part.parent.mkdir(parents=True)
            part.write_bytes(BIG)
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(self.ranges(hub), [])

    def test_no_such_part(self):
        with self.broken(Fault(drop_after=1_000_000), Fault(status=416)) as hub:
            self.pulled(self.pull(hub))
            self.assertEqual(self.ranges(hub), [None, "bytes=1000000-", None])

    def test_an_html_page(self):
        page = Fault(status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=hubs.HTML)
        for server, method, name in [("hub", "GET", ""), ("hub", "HEAD", self.NAME),
                                     ("cdn", "GET", self.NAME)]:
            with self.subTest(name + method), self.hub(BIG_FILES) as hub:
                hub.fault(server, method, name, page)
                self.assert_fails(self.pull(hub), MODEL, TINY, name, "an HTML page")
                self.assertFalse([p for p in hub.home.rglob("*") if p.is_file()
                                  and b"<!doctype" in p.read_bytes()])

    def test_no_hub_at_all(self):
        answers = [(b"not json", "not JSON"), (b"{}", "no commit"), (b"[]", "no commit"),
                   (b'{"sha": "main", "siblings": []}', "no commit"),
                   (b'{"sha": "%s"}' % (b"a" * 40), 'no "siblings"')]
        with self.hub() as hub:
            for body, fragment in answers:
                hub.fault("hub", "GET", "", Fault(status=200, body=body))
                self.assert_fails(self.pull(hub), MODEL, TINY, fragment)
            hub.fault("hub", "HEAD", "config.json", Fault(status=200, headers={"ETag": '"x"'}))
            self.assert_fails(self.pull(hub), MODEL, "config.json", "no X-Repo-Commit")

    def test_hostile_etags(self):
        for etag in ("../../../../evil", "..", "a/b", "a\\b", "", ".hidden", "x" * 150):
            with self.subTest(etag), self.hub() as hub:
                hub.fault("hub", "HEAD", "tokenizer.json", Fault(
                    status=200, headers={"ETag": f'"{etag}"', "X-Repo-Commit": hub.commit(TINY)}))
                self.assert_fails(self.pull(hub), RUN, "tokenizer.json", "ETag")

    def test_hostile_names(self):
        """Names that would lead out of the cache are passed over; asked for nowhere."""
        with self.hub() as hub:
            hub.siblings = [*PLAIN, "../config.json", "/tokenizer.json", "a/../../vocab.txt",
                            "..\\vocab.txt", "vocab.txt\n", "", "x" * 5000]
            self.pulled(self.pull(hub))
            self.assert_whole(hub, PLAIN)
            self.assertEqual(hub.asked(name="vocab"), [])

    def test_hostile_modules_and_shards(self):
        index = {"weight_map": {"a": "../../../../../etc/passwd"}}
        sharded = {"config.json": b"{}", "tokenizer.json": b"{}",
                   "model.safetensors.index.json": json.dumps(index).encode()}
        with self.hub(sharded) as hub:
            self.assert_fails(self.pull(hub), MODEL, "a tensor's file has no proper name")
        module = [{"idx": 0, "path": "../..", "type": "sentence_transformers.models.Transformer"}]
        with self.hub(BIG_FILES | {"modules.json": json.dumps(module).encode()}) as hub:
            self.assert_fails(self.pull(hub), MODEL, "modules.json", "not inside the model")

    def test_what_a_repository_lacks(self):
        for lacking, fragment in [
            ("config.json", "there is no config.json"),
            ("tokenizer.json", "there is no tokenizer.json, and no vocab.txt"),
            ("model.safetensors", "there is no model.safetensors"),
        ]:
            files = {k: v for k, v in BIG_FILES.items() if k != lacking}
            with self.subTest(lacking), self.hub(files) as hub:
                self.assert_fails(self.pull(hub), MODEL, TINY, fragment)
                self.assertEqual(hub.bodies, 0)
        pickled = {k: v for k, v in BIG_FILES.items() if k != "model.safetensors"}
        with self.hub(pickled | {"pytorch_model.bin": b"x"}) as hub:
            self.assert_fails(self.pull(hub), MODEL, "pickled PyTorch weights are not read")

    def test_the_server_has_a_problem(self):
        with self.broken(Fault(status=503), Fault(status=500)) as hub:
            hub.fault("hub", "GET", "", Fault(status=502))
            self.pulled(self.pull(hub))
            self.assertEqual(len(self.ranges(hub)), 3)
        with self.hub() as hub:
            hub.fault("hub", "GET", "", *[Fault(status=500, body=b"oh")] * 10)
            done = self.pull(hub)
            self.assertIn(b"lode: tests/tiny: the server has a problem (500); next try in 4 s\n",
                          done.stderr)
            self.assertEqual(done.stderr.splitlines()[1:],
                             [b"lode: pull: tests/tiny: the server has a problem (500), after 5 tries"])
            self.assertEqual(len(hub.requests), 5)

    def test_too_many_requests(self):
        wait = Fault(status=429, headers={"Retry-After": "1"})
        with self.broken(wait) as hub:
            start = time.monotonic()
            self.pulled(self.pull(hub))
            self.assertGreaterEqual(time.monotonic() - start, 1)  # it does wait; no upper limit here
        with self.hub() as hub:
            hub.fault("hub", "GET", "", *[Fault(status=429, headers={"Retry-After": "0"})] * 10)
            self.assert_fails(self.pull(hub), RUN, TINY, "too many requests (429", "after 5 tries")
        with self.hub() as hub:
            hub.fault("hub", "GET", "", Fault(status=429, headers={"Retry-After": "86400"}))
            self.assert_fails(self.pull(hub), RUN, "it asks to wait 86400 s")
            self.assertEqual(len(hub.requests), 1)

    def test_redirections_that_are_not_followed(self):
        def to(location):
            return Fault(status=302, headers={"Location": location})

        with self.hub() as hub:
            for location in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x"):
                hub.fault("hub", "GET", "", to(location))
                self.assert_fails(self.pull(hub), RUN, TINY, "redirected to an address")
            hub.fault("hub", "GET", "", *[to("/api/models/again/and")] * 30)
            self.assert_fails(self.pull(hub), RUN, TINY, "redirected more than")

    def test_nobody_there(self):
        with self.hub() as hub:
            done = self.pull(hub, HF_ENDPOINT="http://127.0.0.1:1")
            self.assert_fails(done, RUN, TINY, "127.0.0.1")

    def test_another_commit(self):
        with self.hub() as hub:
            hub.fault("hub", "HEAD", "tokenizer.json", Fault(
                status=200, headers={"ETag": '"a"', "X-Repo-Commit": "b" * 40}))
            self.assert_fails(self.pull(hub), RUN, "tokenizer.json", "another commit")


class Tls(Case):
    def test_certificates(self):
        if shutil.which("openssl") is None:
            self.skipTest("there is no openssl to make a certificate")
        with self.folder() as folder:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                 "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert"],
                cwd=folder, check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "cert", folder / "key")
            with self.hub(tls=context) as hub:
                self.assert_fails(self.pull(hub), RUN, TINY, "certificate")
                self.pulled(self.pull(hub, SSL_CERT_FILE=str(folder / "cert")))
                self.assert_whole(hub, PLAIN)
                hub.fault("hub", "GET", "", Fault(status=302, headers={
                    "Location": "http://127.0.0.1:1/api"}))
                self.assert_fails(self.pull(hub, SSL_CERT_FILE=str(folder / "cert")), RUN,
                                  "redirected to an address that is not followed")


class Together(Case):
    def test_two_at_once(self):
        """Both have it in the end, and the network had it once."""
        with self.hub(BIG_FILES) as hub:
            hub.slow = 0.002
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                results = list(pool.map(lambda _: self.pull(hub), range(4)))
            self.assertEqual({self.pulled(r) for r in results}, {self.assert_whole(hub, BIG_FILES)})
            self.assertEqual(hub.bodies, sum(map(len, BIG_FILES.values())))

    def test_waiting_for_another_program(self):
        """The lock is the one that huggingface_hub takes: flock on .locks/REPO/ETAG.lock."""
        with self.hub(BIG_FILES) as hub:
            name = "models--" + TINY.replace("/", "--")
            lock = hub.cache / ".locks" / name / (hubs.sha256(BIG) + ".lock")
            lock.parent.mkdir(parents=True)
            with open(lock, "w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                with self.start(hub, "pull", TINY) as process:
                    line = process.stderr.readline().decode()
                    self.assertIn("model.safetensors: another process is getting it", line)
                    self.assertEqual(hub.asked("GET", "model.safetensors"), [])
                    fcntl.flock(held, fcntl.LOCK_UN)
                    self.assertEqual(process.wait(60), OK)
            self.assert_whole(hub, BIG_FILES)

    def interrupted(self, number):
        with self.hub(BIG_FILES) as hub:
            hub.slow = 0.05
            with self.start(hub, "pull", TINY) as process:
                part = self.partial(hub, BIG)
                for _ in range(1200):
                    if part.exists() and part.stat().st_size > 100_000:
                        break
                    time.sleep(0.05)
                process.send_signal(number)
                self.assertEqual(process.wait(60), -number)
                self.assertEqual(process.stderr.read(), b"")
            self.assert_nothing_linked(hub, "model.safetensors")
            size = part.stat().st_size
            self.assertTrue(100_000 < size < len(BIG) and part.read_bytes() == BIG[:size])
            left = {p.name for p in hub.cache.rglob("*") if p.is_file() and ".tmp" in p.name}
            self.assertEqual(left, set())
            hub.slow = 0
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)
            last = hub.asked("GET", "model.safetensors", "cdn")[-1]
            self.assertEqual(last[3].get("Range"), f"bytes={size}-")

    def test_killed(self):
        self.interrupted(signal.SIGKILL)

    def test_interrupted(self):
        self.interrupted(signal.SIGINT)


class Terminal(Case):
    def shown(self, hub, *args):
        """What a pull shows on a terminal."""
        terminal, theirs = pty.openpty()
        env = harness.environment(**self.environment(hub))
        with subprocess.Popen([harness.PROGRAM, "pull", TINY, *args], env=env,
                              stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            try:
                while data := os.read(terminal, 4096):
                    shown += data
            except OSError:  # the other side is closed
                pass
            self.assertEqual(process.wait(60), OK)
        os.close(terminal)
        return shown.decode()

    def test_progress(self):
        with self.hub(BIG_FILES) as hub:
            hub.slow = 0.015  # between 188 pieces: the line is drawn from the first second on
            shown = self.shown(hub)
            self.assertRegex(shown, r"\r[\d.]+ of 3\.1 MB, [\d.]+ MB/s, \d+:\d\d:\d\d left")
            self.assertTrue(shown.endswith("\r\x1b[K"), shown[-80:])
        with self.hub(BIG_FILES) as hub:
            hub.slow = 0.015
            self.assertEqual(self.shown(hub, "--quiet"), "")


class Disk(Case):
    def test_a_file_that_may_not_grow(self):
        with self.hub(BIG_FILES) as hub:
            env = harness.environment(**self.environment(hub))
            done = subprocess.run(
                ["sh", "-c", 'trap "" XFSZ; ulimit -f 1000; exec "$0" pull "$1"', harness.PROGRAM, TINY],
                capture_output=True, env=env)
            self.assert_fails(done, RUN, TINY, "model.safetensors", "File too large")
            self.assert_nothing_linked(hub, "model.safetensors")
            self.pulled(self.pull(hub))
            self.assert_whole(hub, BIG_FILES)

    def test_a_full_disk(self):
        with self.hub(BIG_FILES) as hub:
            hub.cache.mkdir()
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "lode", hub.cache],
                                     capture_output=True)
            if mounted.returncode != 0:
                self.skipTest("no tmpfs can be mounted here: " + mounted.stderr.decode().strip())
            try:
                self.assert_fails(self.pull(hub), RUN, TINY, "No space left on device")
                self.assertEqual(hub.asked("GET", "model.safetensors"), [])  # known before
            finally:
                subprocess.run(["umount", hub.cache], check=True)

    def test_a_cache_that_cannot_be_written(self):
        with self.hub() as hub:
            self.assert_fails(self.pull(hub, HF_HUB_CACHE="/proc/nothing"), RUN, "/proc/nothing")
            (hub.home / "file").write_text("")
            self.assert_fails(self.pull(hub, HF_HUB_CACHE=str(hub.home / "file")), RUN,
                              "Not a directory")


if __name__ == "__main__":
    harness.main()
