"""Reads the output of ``pulumi preview --json``, and of ``pulumi refresh --preview-only --json``.

A preview that failed is never taken for one that changes nothing: whatever is not whole is an error.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.preview.diagnostics import Diagnostic
from streamkap_pulumi.preview.operations import OPERATIONS, Change, Operation
from streamkap_pulumi.preview.properties import SECRET, changed_properties, changes_hidden, is_hidden
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, UNKNOWN, resource_type

_SHOWN = 200
_DYNAMIC_TYPES = "pulumi-python:dynamic"
_OUR_PROVIDER = b"streamkap_pulumi.provider"


class UnreadablePreviewError(Exception):
    """It is no whole preview. The text is one line that tells what it is instead, and the next step."""


@dataclass(frozen=True)
class Preview:
    """A preview of one stack."""

    stack: str
    """``project/stack``; empty where the preview failed before it had one."""
    changes: tuple[Change, ...]
    """In the engine's order, without what stays the same."""
    refreshed: Mapping[str, Change]
    """What was recorded of each resource that was looked at, by URN; empty where nothing was looked at."""
    unchanged: int
    diagnostics: tuple[Diagnostic, ...]
    is_refresh: bool
    """It is a refresh alone: what is recorded is compared with what is live, and no program was run."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why it failed; a preview with errors shows only a part of what it would have shown."""
        return tuple(each for each in self.diagnostics if each.severity == "error")


def read_preview(text: str) -> Preview:
    """The preview that `text` is.

    Raises:
        UnreadablePreviewError: it is empty, cut off, no JSON, or JSON of another shape.
    """
    told = _decoded(text)
    steps = told.get("steps") or []
    diagnostics = tuple(_diagnostics(told.get("diagnostics") or []))
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    failed = any(each.severity == "error" for each in diagnostics)
    # The stack itself is a step of every preview, and the summary is the last thing that the engine writes.
    if not failed and not (steps and isinstance(told.get("changeSummary"), Mapping)):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    changes = [_change(step) for step in steps]
    summary = told.get("changeSummary") or {}
    roots = {each.operation for each in changes if each.type == STACK_TYPE}
    refreshed = {each.urn: each for each in changes if each.operation is Operation.REFRESH}
    # There the engine tells what a look has found in place of the look, and nothing tells it from what `up` would do.
    if refreshed and Operation.REFRESH not in roots and not failed:
        raise UnreadablePreviewError(_ONLY_PARTLY_LOOKED_AT)
    return Preview(
        stack=_stack_of(changes),
        changes=tuple(each for each in changes if each.operation not in _QUIET),
        refreshed=refreshed,
        unchanged=_count(summary.get("same")) - (1 if Operation.SAME in roots else 0),
        diagnostics=diagnostics,
        is_refresh=bool(refreshed) and roots == {Operation.REFRESH},
    )


_QUIET = {Operation.SAME, Operation.REFRESH}
_ONLY_PARTLY_LOOKED_AT = (
    "It looked at some resources and not at the stack itself, as with `--run-program` or `--target`: what drifted "
    "cannot be told from what `pulumi up` would do. Give it `pulumi preview --json`, or one with `--refresh`, without "
    "these."
)
_OTHER_SHAPE = "It is JSON, but no preview. Give it the output of `pulumi preview --json`."


def _decoded(text: str) -> Mapping[str, Any]:
    """The preview's JSON. Of the text around it, only what says that something failed belongs to the preview."""
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise UnreadablePreviewError(
            "It is empty: `pulumi preview --json` ended before it wrote anything. See what it says on standard error."
        )
    begin = _beginning(text)
    try:
        told, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError) as error:
        raise UnreadablePreviewError(_why_no_json(text[begin:], error)) from None
    behind = text[end:]
    if _beginning(behind, none=-1) >= 0:
        raise UnreadablePreviewError(_why_several(text[begin:]))
    if not isinstance(told, Mapping):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    around = [*text[:begin].splitlines(), *behind.splitlines()]
    errors = [{"severity": "error", "message": line} for line in around if line.startswith("error:")]
    return {**told, "diagnostics": [*(told.get("diagnostics") or []), *errors]} if errors else told


_JSON_OR_LOG = re.compile(r"^[ \t]*(?=[{\[])", re.MULTILINE)
"""Where a line may begin with JSON. A line such as ``[warning] …`` begins like it, too."""


def _beginning(text: str, *, none: int = 0) -> int:
    """Where the first JSON of `text` begins: an object at the beginning of a line, or a whole list; else `none`.

    A damaged object counts: what is nested in it must not be taken for the preview.
    """
    for found in _JSON_OR_LOG.finditer(text):
        begin = found.end()
        if text[begin] == "{":
            return begin
        try:
            json.JSONDecoder().raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        return begin
    return none


def _why_several(text: str) -> str:
    if '"sequence"' in text[:_SHOWN]:
        return "It is a stream of events. Unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW in `pulumi preview --json`."
    return "It is JSON followed by more JSON. Give it the output of one `pulumi preview --json` at a time."


def _why_no_json(text: str, error: Exception) -> str:
    if text.startswith("{") and isinstance(error, json.JSONDecodeError):
        return "It is cut off or damaged: `pulumi preview --json` did not end by itself. Run it again."
    first = re.sub(r"\s+", " ", text.splitlines()[0])[:_SHOWN]
    return f"It is no JSON but begins with {first!r}. Give it the standard output of `pulumi preview --json` alone."


def _diagnostics(told: Sequence[Any]) -> list[Diagnostic]:
    return [
        Diagnostic(str(each.get("severity", "")), str(each.get("message", "")).strip(), each.get("urn"))
        for each in told
        if isinstance(each, Mapping)
    ]


def _change(step: Mapping[str, Any]) -> Change:
    urn, word = step.get("urn"), step.get("op")
    if not isinstance(urn, str) or not isinstance(word, str):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    old, new = _state(step, "oldState"), _state(step, "newState")
    one = new or old
    operation = OPERATIONS.get(word)
    if operation is None:
        raise UnreadablePreviewError(
            f"It has the operation {word!r}, which this version does not know. Update streamkap-pulumi."
        )
    inputs = _mapping(one.get("inputs"))
    meaning = _meaning(operation, old, new)
    return Change(
        urn=urn,
        type=str(one.get("type") or resource_type(urn)),
        operation=meaning,
        id=_id(old) or _id(new),
        streamkap_name=_text(inputs.get("name")),
        connector=_text(inputs.get("connector")) or _text(_mapping(old.get("inputs")).get("connector")),
        properties=changed_properties(step, old, new, SOURCES),
        reasons=tuple(each for each in map(str, step.get("replaceReasons") or ()) if not is_hidden(each)),
        has_hidden=changes_hidden(step),
        only_looked_at=(_id(new) or "another source") if meaning is Operation.DELETE and new.get("external") else None,
        inputs=inputs,
        old_inputs=_mapping(old.get("inputs")),
        is_component=one.get("custom") is False,
        has_our_provider=_names_our_provider(old) or _names_our_provider(new),
    )


def _names_our_provider(state: Mapping[str, Any]) -> bool:
    """A dynamic resource's state holds its pickled provider, of which only the bytes are looked at.

    Where that is a secret, it is ours if it is configured like a source: rather too much is held back than too little.
    """
    if not str(state.get("type")).startswith(_DYNAMIC_TYPES):
        return False
    inputs = _mapping(state.get("inputs"))
    pickled = inputs.get("__provider")
    if pickled == SECRET:
        return inputs.keys() >= {"connector", "config"}
    try:
        return _OUR_PROVIDER in base64.b64decode(pickled) if isinstance(pickled, str) else False
    except ValueError:
        return False


def _meaning(operation: Operation, old: Mapping[str, Any], new: Mapping[str, Any]) -> Operation:
    """What the operation does to the object itself.

    What is only looked at, and what is to be retained, is not deleted. Where a program now only looks at what it had
    managed, the engine lets it go; but where it looks at another one under that name, the engine deletes the first.
    """
    was_looked_at, is_looked_at = bool(old.get("external")), bool(new.get("external"))
    if operation is Operation.DELETE and (was_looked_at or old.get("retainOnDelete")):
        return Operation.FORGET
    if operation is Operation.REPLACE and was_looked_at:
        return Operation.READ if is_looked_at else Operation.CREATE
    if operation in {Operation.REPLACE, Operation.READ} and old and is_looked_at and not was_looked_at:
        is_same = _id(old) is not None and _id(old) == _id(new)
        return Operation.FORGET if is_same or old.get("retainOnDelete") else Operation.DELETE
    return operation


def _id(state: Mapping[str, Any]) -> str | None:
    told = _text(state.get("id"))
    return None if told is None or UNKNOWN in told else told


def _state(step: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    return _mapping(step.get(side))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _stack_of(changes: Sequence[Change]) -> str:
    parts = changes[0].urn.split("::") if changes else []
    stack = parts[0].removeprefix("urn:pulumi:") if parts else ""
    return f"{parts[1]}/{stack}" if len(parts) > 1 else ""
