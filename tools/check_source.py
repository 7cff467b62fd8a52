#!/usr/bin/env python3
"""House rules that no compiler checks, over every C file of the project.

    tools/check_source.py [ROOT]
    tools/check_source.py --self-test

- no function of FORBIDDEN is called; in src/ none of FORBIDDEN_IN_LIBRARY either
- no file is longer than 800 lines (generated tables, *_tables.inc, aside; the public header, which is
  one file so that there is one to read and to install, has a limit of its own)
- lines end with a newline, without trailing blanks or tabs
Prints one line for each finding and exits with 1 if there are any.
"""

import pathlib
import re
import sys
import tempfile

MAX_LINES = 800
MAX_LINES_OF = {"include/lode.h": 1000}

# Function -> what to use instead.
FORBIDDEN = {
    "strcpy": "memcpy with a known size",
    "strncpy": "memcpy with a known size",
    "strcat": "snprintf",
    "strncat": "snprintf",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "atoi": "strtol with its end checked",
    "atol": "strtol with its end checked",
    "atoll": "strtoll with its end checked",
    "atof": "strtod with its end checked",
    "strtok": "strcspn and strspn",
    "strtok_r": "strcspn and strspn",
    "alloca": "the arena or malloc",
    "rand": "a generator with its own state",
    "srand": "a generator with its own state",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
}

# The library neither prints nor ends the process: that is its caller's decision.
FORBIDDEN_IN_LIBRARY = {
    "printf": "a lode_error",
    "fprintf": "a lode_error",
    "puts": "a lode_error",
    "perror": "a lode_error",
    "putchar": "a lode_error",
    "exit": "a lode_status",
    "_exit": "a lode_status",
    "abort": "a lode_status",
    "assert": "a lode_status, or static_assert",
}

COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
CALL = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(")


def code_only(text):
    """The text with comments, strings and characters blanked, its lines kept."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check_file(path, text):
    """Yield (line number, message) for one file, `path` relative to the root."""
    lines = text.split("\n")
    most = MAX_LINES_OF.get(path.as_posix(), MAX_LINES)
    if len(lines) - 1 > most and not path.name.endswith("_tables.inc"):
        yield 1, f"{len(lines) - 1} lines: a file has one purpose and at most {most} lines"
    if text and not text.endswith("\n"):
        yield len(lines), "no newline at the end of the file"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip() or "\t" in line:
            yield number, "a tab, or blanks at the end of the line"
    forbidden = FORBIDDEN | (FORBIDDEN_IN_LIBRARY if path.parts[0] == "src" else {})
    code = code_only(text)
    for match in CALL.finditer(code):
        if match.group(1) in forbidden:
            number = code.count("\n", 0, match.start()) + 1
            yield number, f"{match.group(1)}: use {forbidden[match.group(1)]}"


def check(root):
    """Check a whole tree; return the findings as printable lines."""
    findings = []
    for folder in ("include", "src", "cli", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".c", ".h", ".inc", ".cpp"} or "corpus" in path.parts:
                continue
            name = path.relative_to(root)
            for line, message in check_file(name, path.read_text(encoding="utf-8")):
                findings.append(f"{name}:{line}: {message}")
    return findings


def self_test():
    """Each rule finds what it is for, and nothing in text that only looks like it."""
    cases = {
        "src/a.c": ("// strcpy(x)\nint f(void) { return x.exit(\"abort()\"); }\n", 0),
        "src/b.c": ("void f(void) { printf(\"%d\", atoi(s)); }\n", 2),
        "src/c.c": ("int lode_exit(void);\nint y = snprintf(a, 1, \"\");\n", 0),
        "cli/d.c": ("int main(void) { printf(\"\"); sprintf (a, b); }\n", 1),
        "cli/e.c": ("int x; \n\tint y;\nint z;", 3),
        "src/f.c": ("\n" * (MAX_LINES + 1), 1),
        "src/f_tables.inc": ("\n" * (MAX_LINES + 1), 0),
        "include/lode.h": ("\n" * (MAX_LINES + 1), 0),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, (text, _) in cases.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        findings = check(root)
    for name, (_, expected) in cases.items():
        found = [line for line in findings if line.startswith(name + ":")]
        assert len(found) == expected, (name, found)
    print(f"self-test: {len(cases)} files judged rightly")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    findings = check(root)
    print("\n".join(findings) if findings else "every file keeps the house rules")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
