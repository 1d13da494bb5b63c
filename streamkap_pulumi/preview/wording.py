"""What happens to objects and to their properties, in words. A secret is only named, its value never shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from streamkap_pulumi.config import patterns
from streamkap_pulumi.config.wording import joined
from streamkap_pulumi.preview.allowing import Verdict
from streamkap_pulumi.preview.changes import SECRET, Change, Operation, PropertyChange, Shown
from streamkap_pulumi.preview.markdown import code
from streamkap_pulumi.pulumi_cli.words import UNKNOWN

_LISTED = 8
_SECRET_WORDS = {"add": "secret, set", "update": "secret, changed", "delete": "secret, removed"}
_LATER = "known after <code>pulumi up</code>"
_PLAIN = {"add": "set", "update": "changed", "delete": "removed"}


def count(number: int, one: str, several: str = "") -> str:
    """``1 source``, ``2 sources``."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def outcome(verdict: Verdict) -> str:
    """What is held back, or else was allowed, of the deletions and replacements: a sentence without its stop."""
    if verdict.blocked:
        return _loss(verdict.blocked)
    return f"{_loss(verdict.allowed)}, as allowed" if verdict.allowed else "nothing would be deleted or replaced"


def things(changes: Sequence[Change]) -> str:
    """How many of each kind they are: ``1 source, 2 destinations and 1 tag``."""
    numbers = Counter(change.noun for change in changes)
    return joined([count(number, noun) for noun, number in numbers.items()])


def differing(changes: Sequence[Change]) -> str:
    """How many differ in Streamkap: a sentence without its stop."""
    return f"{things(changes)} {'differs' if len(changes) == 1 else 'differ'} from what is declared"


def _loss(changes: Sequence[Change]) -> str:
    lost = [
        (verb, [change for change in changes if change.operation is operation])
        for verb, operation in (("deleted", Operation.DELETE), ("replaced", Operation.REPLACE))
    ]
    (verb, some), *more = [(verb, some) for verb, some in lost if some]
    is_one_kind = len({change.noun for change in changes}) == 1
    rest = [f"{len(others) if is_one_kind else things(others)} {verb}" for verb, others in more]
    return (" and " if is_one_kind else ", and ").join([f"{things(some)} would be {verb}", *rest])


def what_happens(change: Change, *, show_values: bool = True) -> str:
    """The operation in a sentence without its stop."""
    if not change.is_streamkap:
        return {Operation.REPLACE: "created again", Operation.DELETE: "deleted"}.get(
            change.operation, change.operation.value
        )
    ident = f" {code(change.id)}" if change.id else ""
    sentences = {
        Operation.CREATE: f"created{_under_a_name(change.streamkap_name) if show_values else ''}",
        Operation.REPLACE: f"the {change.noun}{ident} is deleted first, then created again with another id",
        Operation.DELETE: f"the {change.noun}{ident} is deleted from Streamkap",
        Operation.FORGET: f"no longer managed by this stack; nothing is deleted from Streamkap{ident}",
        Operation.READ: f"only read{ident}",
        Operation.IMPORT: f"imported{ident}",
        Operation.UPDATE: "checks an object again that was not ready, or encrypts new secrets. Nothing is sent",
    }
    if change.operation is Operation.UPDATE and change.has_hidden:
        return "only what this provider records for itself changes"
    return sentences.get(change.operation, change.operation.value)


def _under_a_name(name: str | None) -> str:
    if not name:
        return ""
    if name == SECRET:
        return " under a name that is a secret"
    return f" under a name that is {_LATER}" if UNKNOWN in name else f" as {code(name)}"


def property_lines(properties: Sequence[PropertyChange], *, show_values: bool) -> list[str]:
    """A line for each property."""
    return [f"{code(each.name)}: {_line(each, show_values)}" for each in properties]


def _line(change: PropertyChange, show_values: bool) -> str:
    if change.secret:
        return _SECRET_WORDS.get(change.kind, _SECRET_WORDS["update"])
    before, after = change.before or Shown(), change.after or Shown()
    if not show_values or (before.is_missing and after.is_missing):
        return _PLAIN.get(change.kind, _PLAIN["update"])
    parts = _parts(change)
    return parts if parts is not None else f"{_value(before)} → {_value(after)}"


def _value(shown: Shown) -> str:
    if shown.is_missing:
        return "not declared"
    return _LATER if shown.is_unknown else code(_text(shown.value))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _parts(change: PropertyChange) -> str | None:
    """For a list, what is added and what is removed; None for anything else, and for another order."""
    before, after = (_items(shown) for shown in (change.before, change.after))
    if before is None or after is None or max(len(before), len(after)) < 2:
        return None
    parts = [
        f"{word} {', '.join(code(item) for item in items[:_LISTED])}{_more(len(items) - _LISTED)}"
        for word, items in (
            ("added", [item for item in after if item not in before]),
            ("removed", [item for item in before if item not in after]),
        )
        if items
    ]
    return "; ".join(parts) or None


def _items(shown: Shown | None) -> list[str] | None:
    if shown is None or shown.is_missing or shown.is_unknown:
        return None
    if isinstance(shown.value, str):
        return [patterns.meaning(item) for item in patterns.split(shown.value)]
    if isinstance(shown.value, list) and not any(isinstance(item, (list, Mapping)) for item in shown.value):
        return [_text(item) for item in shown.value]
    return None


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
