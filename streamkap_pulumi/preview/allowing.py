"""What a team has allowed to be deleted or replaced, by name.

An entry is a resource's name in the program, or its URN; ``*`` stands for any characters and ``?`` for one. In a file
there is one entry a line, after the word ``delete`` or ``replace``; what follows ``#`` is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamkap_pulumi.preview.operations import Change, Operation

_VERBS = {"delete": Operation.DELETE, "replace": Operation.REPLACE}
_COMMENT = re.compile(r"(^|\s)#.*")


class BadEntryError(ValueError):
    """An entry cannot be understood. The text tells where it stands and how it is written."""


@dataclass(frozen=True)
class Entry:
    """One thing that is allowed."""

    operation: Operation
    pattern: str

    def matches(self, change: Change) -> bool:
        """Whether it allows what would happen to a resource."""
        whole = change.urn if self.pattern.startswith("urn:") else change.name
        return change.operation is self.operation and (
            whole == self.pattern or re.fullmatch(_expression(self.pattern), whole, re.DOTALL) is not None
        )

    def __str__(self) -> str:
        return f"{self.operation.value} {self.pattern}"


def entry(operation: Operation, pattern: str) -> Entry:
    """An entry of the command line.

    Raises:
        BadEntryError: it is empty.
    """
    pattern = pattern.strip()
    if not pattern:
        raise BadEntryError(f"--allow-{operation.value} needs the name of a resource, or its URN.")
    return Entry(operation, pattern)


def entries_in(lines: Iterable[str], place: str) -> list[Entry]:
    """The entries of a file, which `place` names.

    Raises:
        BadEntryError: a line is no entry.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        words = _COMMENT.sub("", line).split(maxsplit=1)
        if not words:
            continue
        if len(words) != 2 or words[0] not in _VERBS:
            raise BadEntryError(f"{place}, line {number}: write `delete NAME` or `replace NAME`, one a line.")
        found.append(Entry(_VERBS[words[0]], words[1].strip()))
    return found


@dataclass(frozen=True)
class Verdict:
    """What of a preview is held back, and what was allowed."""

    blocked: tuple[Change, ...]
    allowed: tuple[Change, ...]
    unused: tuple[Entry, ...]
    """Entries that allow nothing in this preview."""


def judge(changes: Sequence[Change], entries: Sequence[Entry], *, all_types: bool = False) -> Verdict:
    """Hold back each deletion and replacement of a source that no entry allows; with `all_types`, of any resource."""
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
