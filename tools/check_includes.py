#!/usr/bin/env python3
"""Checks that every #include in src/ and cli/ obeys the table of rooms.

    tools/check_includes.py [ROOT]
    tools/check_includes.py --self-test

The table is RULES below; docs/architecture.md explains it. Prints one line for each
include that breaks it and exits with 1.
"""

import pathlib
import re
import sys
import tempfile

# Room -> what its files may include with quotes, as patterns of paths from src/.
# {family} is the kernel's own folder. lode.h is allowed everywhere in src/: it is the one
# definition of the status codes and of lode_error, and includes nothing of ours itself.
RULES = {
    "base": [r"lode\.h", r"base/[a-z0-9_]+\.h"],
    "kernels": [
        r"base/[a-z0-9_]+\.h",
        r"kernels/{family}/[a-z0-9_]+\.(h|inc)",
        # Building blocks, inlined by several families: approximations of exp and erf, pairwise
        # sums, register tile and loops of a matrix product. Each is at home where it is tested.
        r"kernels/(gemm|attention)/[a-z0-9_]+\.h",
        # What attention in integers and the linear layers agree on.
        r"kernels/quantize/quantize\.h",
        r"kernels/(lanes(_[a-z0-9]+)?|prefetch)\.h",
        r"kernels/activation/math_[a-z0-9_]+\.h",
        r"kernels/convert/half\.h",
        r"kernels/dot/sum64(_[a-z0-9]+)?\.h",
        r"kernels/gemm_(f32|bf16)/multiply_[a-z0-9]+\.h",
    ],
    "text": [r"lode\.h", r"base/[a-z0-9_]+\.h", r"text/[a-z0-9_/]+\.(h|inc)"],
    "format": [r"lode\.h", r"base/[a-z0-9_]+\.h", r"format/[a-z0-9_/]+\.(h|inc)"],
    "model": [
        r"lode\.h",
        r"base/[a-z0-9_]+\.h",
        r"format/[a-z0-9_]+\.h",
        r"model/[a-z0-9_/]+\.(h|inc)",
    ],
    "backend": [r"lode\.h", r"base/[a-z0-9_]+\.h", r"model/program\.h", r"backend/[a-z0-9_]+\.h"],
    "backend/cpu": [
        r"lode\.h",
        r"base/[a-z0-9_]+\.h",
        r"kernels/[a-z0-9_]+/[a-z0-9_]+\.h",
        r"model/(program|memory_plan)\.h",
        r"backend/[a-z0-9_]+\.h",
        r"backend/cpu/[a-z0-9_]+\.(h|inc)",
    ],
    "backend/webgpu": [
        r"lode\.h",
        r"base/[a-z0-9_]+\.h",
        r"kernels/convert/half\.h",
        r"model/(program|memory_plan)\.h",
        r"backend/[a-z0-9_]+\.h",
        r"backend/webgpu/[a-z0-9_]+\.h",
    ],
    "index": [
        r"lode\.h",
        r"base/[a-z0-9_]+\.h",
        r"kernels/[a-z0-9_]+/[a-z0-9_]+\.h",
        r"text/[a-z0-9_]+\.h",
        r"index/[a-z0-9_/]+\.(h|inc)",
    ],
    "api": [r"lode\.h", r"[a-z0-9_]+/[a-z0-9_/]+\.h"],
    "cli": [r"lode\.h", r"[a-z0-9_]+\.(h|inc)"],
}

# Libraries besides the C library and the system's interface, and the rooms that may use them.
LIBRARIES = {
    "jsmn.h": {"base", "cli"},
    "sqlite3.h": {"index"},
    "libstemmer.h": {"index"},
    "curl/curl.h": {"cli"},
    "openssl/evp.h": {"cli"},
    "webgpu.h": {"backend/webgpu"},
    "wgpu.h": {"backend/webgpu"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_of(path):
    """The room that a path relative to the root belongs to, or None where no rule holds."""
    parts = path.parts
    if parts[0] == "cli":
        return "cli"
    if parts[0] != "src" or len(parts) < 3:
        return None
    if len(parts) > 3 and "/".join(parts[1:3]) in RULES:
        return "/".join(parts[1:3])
    return parts[1]


def problems_of(root, path):
    """Yield (line number, message) for each include of one file that breaks a rule."""
    room = room_of(path)
    if room not in RULES:
        yield 1, "this folder is no room of the table in tools/check_includes.py"
        return
    family = path.parts[2] if room == "kernels" and len(path.parts) > 3 else ""
    allowed = [re.compile(rule.replace("{family}", re.escape(family))) for rule in RULES[room]]
    search = [root / "include", root / ("cli" if room == "cli" else "src")]
    text = (root / path).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1) if match.group(1) else match.start(2)) + 1
        quoted, system = match.groups()
        if system:
            if system in LIBRARIES and room not in LIBRARIES[system]:
                yield line, f"{room} may not use <{system}>"
            elif room == "cli" and system == "lode.h":
                pass  # the program includes it as every user of the library does
            elif any((folder / system).is_file() for folder in search):
                yield line, f"<{system}> is ours: include it with quotes"
        elif not any(rule.fullmatch(quoted) for rule in allowed):
            yield line, f'{room} may not include "{quoted}"'
        elif not any((folder / quoted).is_file() for folder in search):
            yield line, f'"{quoted}" does not exist (paths start at {search[-1].name}/)'


def check(root):
    """Check a whole tree; return the problems as printable lines."""
    files = sorted(
        path.relative_to(root)
        for folder in ("src", "cli")
        for path in (root / folder).rglob("*")
        if path.suffix in {".c", ".h", ".inc"}
    )
    return [
        f"{path}:{line}: {message}" for path in files for line, message in problems_of(root, path)
    ]


def self_test():
    """Good and bad includes in a tree made for the purpose."""
    good = {
        "include/lode.h": "",
        "src/base/a.h": "",
        "src/base/json.c": "#include <jsmn.h>\n#include <stdio.h>\n",
        "src/kernels/activation/math_lanes.h": "",
        "src/kernels/dot/dot.h": "",
        "src/kernels/dot/dot.inc": "",
        "src/kernels/dot/dot.c": '#include "kernels/dot/dot.h"\n# include "kernels/dot/dot.inc"\n'
        '#include "kernels/activation/math_lanes.h"\n#include "base/a.h"\n',
        "src/model/program.h": '#include "base/a.h"\n',
        "src/model/build.h": "",
        "src/backend/backend.h": '#include "model/program.h"\n',
        "src/backend/cpu/run.c": '#include "kernels/dot/dot.h"\n#include "backend/backend.h"\n',
        "src/backend/webgpu/gpu.h": "",
        "src/backend/webgpu/native.c": '#include <webgpu.h>\n#include "backend/webgpu/gpu.h"\n',
        "src/index/words/words.h": "#include <libstemmer.h>\n",
        "src/index/store/store.c": '#include "index/words/words.h"\n#include <sqlite3.h>\n'
        '#include "kernels/dot/dot.h"\n',
        "src/api/lode.c": '#include "model/build.h"\n#include "lode.h"\n',
        "cli/main.c": '#include "lode.h"\n#include "args.h"\n',
        "cli/args.h": "#include <lode.h>\n",
    }
    bad = {
        "src/base/b.c": '#include "kernels/dot/dot.h"\n',
        "src/base/c.c": "#include <base/a.h>\n",
        "src/base/d.c": '#include "base/missing.h"\n',
        "src/kernels/norm/norm.c": '#include "kernels/dot/dot.h"\n',
        "src/text/t.c": '  #  include   "format/f.h"\n',
        "src/format/f.c": "#include <jsmn.h>\n",
        "src/model/m.c": '#include "backend/backend.h"\n',
        "src/backend/cpu/p.c": '#include "model/build.h"\n',
        "src/backend/webgpu/w.c": '#include "kernels/dot/dot.h"\n',
        "src/backend/cpu/w.c": "#include <webgpu.h>\n",
        "src/index/words/w.c": '#include "model/program.h"\n',
        "src/text/s.c": "#include <sqlite3.h>\n",
        "src/attic/x.c": "",
        "cli/embed.c": '#include "base/a.h"\n',
        "cli/info.c": '#include "../src/base/a.h"\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in (good | bad).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        lines = check(root)
        blamed = {line.split(":")[0] for line in lines}
    assert blamed == set(bad), blamed ^ set(bad)
    assert len(lines) == len(bad), lines
    print(f"self-test: {len(good)} good files accepted, {len(bad)} bad ones refused")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    problems = check(root)
    print("\n".join(problems) if problems else "every include obeys the table of rooms")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
