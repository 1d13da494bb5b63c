"""Phrases that sound translated, and what to write instead. The table holds for all that people read, tests too."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PHRASES = {
    r"(?<![Tt]here )(?<!that )\b(?:is|are|was|were) no (?!longer\b|more\b|one\b|better\b)": "is not a",
    r"\b(?:an?|no|JSON|other|missing|empty|plain) text\b|\btexts\b": "a string, a message",
    r"\b(?:tells?|told|telling)\b(?! apart)": "says, reports",
    r"\bask(?:s|ed|ing)? again\b": "retries",
    r"\brepeat(?:ed|s)\b": "retried",
    r"\blooks? (?:at|for|again|whether)\b|\blooked (?:at|for)\b|\ba look\b(?!-| up)": "read, search, check",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\b(?:is|are|was|were|been|be|being) made\b(?! of\b| up\b| from\b| sure)|\banew\b": "created, again",
    r"\b[Ll]eft out[:;]": "default:",
    r"\bbear(?:s|ing)? (?:the|its|that|this) name\b": "has the name",
    r"\bto be (?:seen|had)\b": "found, available",
    r"\bwhose (?:the |these |those )?credentials (?:are|is)\b": "which account the credentials belong to",
    r"\b(?:is|was) well\b|\bend(?:s|ed)? well\b": "is OK, succeeds",
    r"\bneed not be\b": "may or may not be",
    r"\bgives? (?:its|the) outputs\b": "returns its outputs",
    r"\b(?:has|have|never|just) made\b(?! up\b| sure)|\btest .*\b(?:not made|making)\b": "created, creating",
    r"\bbears? no\b": "has no",
}
"""Each phrase, and the usual words."""

RIGHT = {
    ("docs/cli.md", "`fail`), `told` and `remedy`"): "a key of the JSON that `streamkap doctor` prints",
    ("streamkap_pulumi/testing/stack.py", "`texts`"): "a public parameter",
    ("examples/ci-preview/README.md", "and ask again"): "somebody asks a second question",
    ("tests/api/test_errors.py", "told, with a function"): "a parameter of an error",
    ("tests/cli/test_gate.py", "RuntimeError(told)"): "a program",
    ("tests/lifecycle/test_rejections.py", "is no port"): "a message of Streamkap's",
}
"""Places where a phrase is right, and why."""

READ = [
    "tests",
    ".ci",
    ".github",
    "streamkap_pulumi",
    "docs",
    "examples",
    "scripts",
    "tools",
    "benchmarks",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Makefile",
]

IDENTIFIER = re.compile(r"[\"']\w+[\"']")
"""A parameter's name or a key, in a string of its own."""
PLACEHOLDER = re.compile(r"\{\w+\}")
"""A variable in an f-string, which is part of the string before Python 3.12."""


def written() -> Iterator[tuple[str, int, str]]:
    """Each line that people read: of a program its comments, its strings and the names of its tests."""
    listed = subprocess.run(["git", "ls-files", *READ], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if path == Path(__file__):
            continue
        if path.suffix == ".py":
            for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
                kind = tokenize.tok_name[token.type]
                if kind == "NAME" and token.string.startswith("test_"):
                    yield name, token.start[0], token.string.replace("_", " ")
                elif kind in {"STRING", "COMMENT", "FSTRING_MIDDLE"} and not IDENTIFIER.fullmatch(token.string):
                    for number, line in enumerate(token.string.splitlines(), token.start[0]):
                        yield name, number, PLACEHOLDER.sub("{}", line)
        elif path.suffix in {".md", ".yml", ".yaml", ".toml"} or path.name in {"Makefile", "run"}:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield name, number, line


def test_no_phrase_of_the_table_is_left() -> None:
    """A phrase that is right where it stands is listed with the reason."""
    patterns = {re.compile(phrase): better for phrase, better in PHRASES.items()}
    found, used = [], set()
    for name, number, line in written():
        for pattern, better in patterns.items():
            if match := pattern.search(line):
                right = next((each for each in RIGHT if each[0] == name and each[1] in line), None)
                if right:
                    used.add(right)
                else:
                    found.append(f"{name}:{number}: {match.group()!r}, write: {better}")
    assert found == []
    assert used == set(RIGHT), "a right use is no longer there"
