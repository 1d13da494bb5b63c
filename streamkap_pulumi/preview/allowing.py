"""What a team has allowed to be deleted or replaced, by name.

An entry is a resource's name in the program, or its URN; ``*`` stands for any characters and ``?`` for one. In double
quotes, as a JSON string, it is taken literally. In a file there is one entry per line, after the word ``delete`` or
``replace``; what follows ``#`` is a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamkap_pulumi.preview.changes import Change, Operation
from streamkap_pulumi.preview.markdown import visible

_VERBS = {"delete": Operation.DELETE, "replace": Operation.REPLACE}
_COMMENT = re.compile(r"(^|\s)#.*")
_SPECIAL = re.compile(r'^["#\s]|^urn:|[*?]|\s#|\s$|^$')
"""What has a meaning in a name that is not in quotes."""


class BadEntryError(ValueError):
    """An entry cannot be understood. The message says where it is and how to write it."""


@dataclass(frozen=True)
class Entry:
    """One thing that is allowed."""

    operation: Operation
    pattern: str
    is_literal: bool = False
    """There are no wildcards in it."""

    def matches(self, change: Change) -> bool:
        """Whether it allows what would happen to a resource."""
        if change.operation is not self.operation:
            return False
        if self.is_literal:
            return self.pattern in {change.name, change.urn}
        whole = change.urn if self.pattern.startswith("urn:") else change.name
        return whole == self.pattern or re.fullmatch(_expression(self.pattern), whole, re.DOTALL) is not None

    def __str__(self) -> str:
        return f"{self.operation.value} {spelled(self.pattern) if self.is_literal else self.pattern}"


def spelled(name: str) -> str:
    """A resource's name as an entry: in quotes where it has special or invisible characters."""
    hidden = visible(name) != name
    return json.dumps(name, ensure_ascii=hidden) if hidden or _SPECIAL.search(name) else name


def allowed_as(change: Change, blocked: Iterable[Change]) -> str:
    """What to allow a resource by: its name, or its URN where one of another type has the same name."""
    shared = any(each.name == change.name and each.urn != change.urn for each in blocked)
    return change.urn if shared else change.name


def entry(operation: Operation, text: str) -> Entry:
    """An entry of the command line.

    Raises:
        BadEntryError: it is empty, or its quotes are not in order.
    """
    return _entry(operation, text, f"--allow-{operation.value}")


def entries_in(lines: Iterable[str], place: str) -> list[Entry]:
    """The entries of a file, which `place` names.

    Raises:
        BadEntryError: a line is not an entry.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        words = line.split(maxsplit=1)
        if not _COMMENT.sub("", line).strip():
            continue
        if len(words) != 2 or words[0] not in _VERBS or words[1].startswith("#"):
            raise BadEntryError(f"{place}, line {number}: write `delete NAME` or `replace NAME`, one a line.")
        found.append(_entry(_VERBS[words[0]], words[1], f"{place}, line {number}", with_comment=True))
    return found


def _entry(operation: Operation, text: str, place: str, *, with_comment: bool = False) -> Entry:
    text = text.strip()
    if text.startswith('"'):
        return Entry(operation, _in_quotes(text, place, with_comment), is_literal=True)
    name = _COMMENT.sub("", text).strip() if with_comment else text
    if not name:
        raise BadEntryError(f"{place} needs the name of a resource, or its URN.")
    return Entry(operation, name)


def _in_quotes(text: str, place: str, with_comment: bool) -> str:
    try:
        name, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        name, end = "", 0
    rest = _COMMENT.sub("", text[end:]) if with_comment else text[end:]
    if not name or rest.strip():
        raise BadEntryError(
            f"{place}: a name in double quotes is a JSON string and stands alone, such as "
            r'"a #1", or "say \"hi\"" for one that holds quotes.'
        )
    return str(name)


@dataclass(frozen=True)
class Verdict:
    """What is held back of a preview, and what was allowed."""

    blocked: tuple[Change, ...]
    allowed: tuple[Change, ...]
    unused: tuple[Entry, ...]
    """Entries that allow nothing in this preview."""


def judge(changes: Sequence[Change], entries: Sequence[Entry], *, all_types: bool = False) -> Verdict:
    """Hold back deletions and replacements that no entry allows: of our objects; with `all_types`, of any resource."""
    lost = {
        change.urn: change
        for change in changes
        if change.operation in _VERBS.values() and (change.is_streamkap or (all_types and not change.is_component))
    }
    blocked: list[Change] = []
    allowed: list[Change] = []
    used: set[Entry] = set()
    for change in lost.values():
        matching = [each for each in entries if each.matches(change)]
        used.update(matching)
        (allowed if matching else blocked).append(change)
    return Verdict(tuple(blocked), tuple(allowed), tuple(each for each in dict.fromkeys(entries) if each not in used))


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
