"""The cache is shared with Python: what `lode pull` gets, huggingface_hub finds, and the other way
round. Against a hub on this machine; skipped where huggingface_hub is not installed."""

import json
import os
import subprocess
import sys

import harness
from harness import MODELS, lode
from hub import git_hash
from test_cli_pull import BIG, BIG_FILES, PLAIN, TINY, Case, files_of

try:
    import huggingface_hub
except ImportError as error:
    huggingface_hub = None
    missing = error


class Python(Case):
    def python(self, hub, code, **changes):
        """Run code in a Python of its own, which reads the environment anew; what it prints as
        JSON."""
        env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        env |= {k: v for k, v in self.environment(hub).items() if v is not None}
        code = "import json\nfrom huggingface_hub import *\nrepo = " + repr(TINY) + "\n" + code
        done = subprocess.run([sys.executable, "-c", code], env=env | changes, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout)

    def test_python_finds_what_lode_pulled(self):
        with self.hub(files_of(MODELS / "bert-dense")) as hub:
            snapshot = self.pulled(self.pull(hub))
            before = len(hub.asked(name=TINY))
            found = self.python(hub, """
absent = try_to_load_from_cache(repo, "added_tokens.json") is _CACHED_NO_EXIST
print(json.dumps({
    "snapshot": snapshot_download(repo, local_files_only=True),
    "dense": hf_hub_download(repo, "2_Dense/config.json", local_files_only=True),
    "weights": try_to_load_from_cache(repo, "model.safetensors"),
    "absent": absent,
}))""")
            self.assertEqual(found, {
                "snapshot": str(snapshot),
                "dense": str(snapshot / "2_Dense/config.json"),
                "weights": str(snapshot / "model.safetensors"),
                "absent": True,
            })
            self.assertEqual(len(hub.asked(name=TINY)), before)

    def test_the_cache_is_in_order(self):
        with self.hub() as hub:
            self.pulled(self.pull(hub))
            found = self.python(hub, """
info = scan_cache_dir()
(one,) = info.repos
(revision,) = one.revisions
print(json.dumps({
    "warnings": [str(w) for w in info.warnings], "size": info.size_on_disk, "id": one.repo_id,
    "type": one.repo_type, "commit": revision.commit_hash, "refs": sorted(revision.refs),
    "files": sorted(f.file_name for f in revision.files),
}))""")
            files = hub.repos[TINY]["main"]
            self.assertEqual(found, {
                "warnings": [], "size": sum(len(files[name]) for name in PLAIN), "id": TINY,
                "type": "model", "commit": hub.commit(TINY), "refs": ["main"], "files": PLAIN,
            })

    def test_python_gets_nothing_again(self):
        with self.hub() as hub:
            snapshot = self.pulled(self.pull(hub))
            before = hub.bodies
            path = self.python(hub, f"""
print(json.dumps(snapshot_download(repo, allow_patterns={PLAIN!r})))""")
            self.assertEqual((path, hub.bodies), (str(snapshot), before))

    def test_lode_finds_what_python_got(self):
        for name in ("bert-plain", "bert-sharded", "bert-sub-folder", "bert-dense"):
            with self.subTest(name), self.hub(files_of(MODELS / name)) as hub:
                path = self.python(hub, "print(json.dumps(snapshot_download(repo)))")
                before = len(hub.requests)
                wanted = self.assert_ok(lode("embed", "-m", MODELS / name, "a dog"))
                offline = self.lode(hub, "embed", "-qm", TINY, "a dog", HF_HUB_OFFLINE="1")
                self.assertEqual(self.assert_ok(offline), wanted)
                self.assertEqual(hub.requests[before:], [])
                report = json.loads(self.assert_ok(self.pull(hub, "--json")))
                self.assertEqual(report["path"], path)
                self.assertTrue(report["files"] and all(f["cached"] for f in report["files"]))

    def test_lode_completes_what_python_began(self):
        with self.hub(files_of(MODELS / "bert-prompts")) as hub:
            self.python(hub, 'print(json.dumps(hf_hub_download(repo, "config.json")))')
            report = json.loads(self.assert_ok(self.pull(hub, "--json")))
            self.assertEqual([f["name"] for f in report["files"] if f["cached"]], ["config.json"])

    def test_both_at_once(self):
        """One gets the weights, the other waits for them: they take the same lock."""
        with self.hub(BIG_FILES) as hub:
            hub.slow = 0.004
            code = "from huggingface_hub import *; print(snapshot_download('%s'), end='')" % TINY
            env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
            env |= {k: v for k, v in self.environment(hub).items() if v is not None}
            with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as python, \
                    self.start(hub, "pull", "--quiet", TINY) as ours:
                path, _ = ours.communicate()
                theirs, _ = python.communicate()
            self.assertEqual((ours.returncode, python.returncode), (0, 0))
            self.assertEqual(path.decode().rstrip("\n"), theirs.decode())
            self.assert_whole(hub, BIG_FILES)
            self.assertEqual(hub.bodies, sum(map(len, BIG_FILES.values())))

    def test_python_takes_up_no_broken_file(self):
        """What lode left on its way is not taken for the file."""
        with self.hub(BIG_FILES) as hub:
            part = self.partial(hub, BIG)
            part.parent.mkdir(parents=True)
            part.write_bytes(b"\xff" * 1000)
            path = self.python(hub, "print(json.dumps(snapshot_download(repo)))")
            with open(os.path.join(path, "model.safetensors"), "rb") as file:
                self.assertEqual(git_hash(file.read()), git_hash(BIG))


if __name__ == "__main__":
    if huggingface_hub is None:
        harness.skip(f"{missing}; tools/test_python.sh --prepare installs it")
    harness.main()
