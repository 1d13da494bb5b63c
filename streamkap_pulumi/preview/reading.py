"""Reads the output of ``pulumi preview --json``, and of ``pulumi refresh --preview-only --json``.

A preview that failed never counts as one that changes nothing: whatever is incomplete is an error.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.preview.changes import (
    OPERATIONS,
    SECRET,
    Change,
    Operation,
    changed_properties,
    changes_hidden,
    is_hidden,
    kind_of,
)
from streamkap_pulumi.preview.markdown import shortened
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, UNKNOWN, resource_type

_EMPTY_WORDS = re.compile(
    r"error: (preview|update|refresh) failed"
    r"|error: an unhandled error occurred: program exited with non-zero exit code: \d+"
)
"""Messages that only say that it failed, beside those that say why."""
_LONGEST_MESSAGE = 2000

_PLACE = re.compile(r"\((?P<file>[^\n]+), line (?P<line>\d+)\)")
"""Where the program created a typed config that is refused."""
_FRAME = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)', re.MULTILINE)
_OF_OTHERS = re.compile(
    r"[\\/](site-packages|dist-packages|lib[\\/]python3[.\d]*)[\\/]|^<|pulumi-language-python-exec$"
)
"""Files that the user did not write."""


@dataclass(frozen=True)
class Place:
    """A line of a program."""

    file: str
    line: int


@dataclass(frozen=True)
class Diagnostic:
    """What the engine, the program or a provider had to say."""

    severity: str
    message: str
    urn: str | None = None

    @property
    def headline(self) -> str:
        """The whole message in one line; of a traceback, the last error and where the program raised."""
        place = self.place if self._is_traceback else None
        text = _raised(self.message) if self._is_traceback else self.message
        first, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        line = f"{first} {'; '.join(rest)}" if first.endswith(":") else "; ".join([first, *rest])
        return line.removeprefix("error: ") + (f" ({place.file}, line {place.line})" if place else "")

    @property
    def place(self) -> Place | None:
        """The line of the program that it is about; None where it does not say."""
        if self._is_traceback:
            found = [each for each in _FRAME.finditer(self.message) if not _OF_OTHERS.search(each["file"])][-1:]
        else:
            found = [each for each in (_PLACE.search(self.message),) if each]
        return Place(found[0]["file"], int(found[0]["line"])) if found else None

    @property
    def _is_traceback(self) -> bool:
        return "Traceback (most recent call last)" in self.message


def _raised(traceback: str) -> str:
    """What follows the last frame of a traceback, which is indented as a whole; otherwise its last line."""
    lines = traceback.splitlines()
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    behind = lines[frames[-1] + 1 :] if frames else []
    while behind and (behind[0].startswith(" ") or not behind[0]):
        behind.pop(0)
    return "\n".join(behind or lines[-1:])


def telling(diagnostics: Iterable[Diagnostic]) -> Sequence[Diagnostic]:
    """Each message once, without those that only say that something failed."""
    found = list({each.message: each for each in diagnostics if each.message}.values())
    return [each for each in found if not _EMPTY_WORDS.fullmatch(each.message)] or found


def messages(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """The messages that say something, none of them too long."""
    return [shortened(each.message, _LONGEST_MESSAGE) for each in telling(diagnostics)]


_SHOWN = 200
_DYNAMIC_TYPES = "pulumi-python:dynamic"
_OUR_PROVIDER = b"streamkap_pulumi.provider"


class UnreadablePreviewError(Exception):
    """It is not a whole preview. The message is one line that says what it is instead, and the next step."""


@dataclass(frozen=True)
class Preview:
    """A preview of one stack."""

    stack: str
    """``project/stack``; empty where the preview failed before it had one."""
    changes: tuple[Change, ...]
    """In the engine's order, without what stays the same."""
    refreshed: Mapping[str, Change]
    """What was recorded of each resource that was read, by URN; empty where nothing was read."""
    unchanged: int
    diagnostics: tuple[Diagnostic, ...]
    is_refresh: bool
    """It is only a refresh: what is recorded is compared with what is live, and no program was run."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why it failed; a preview with errors is incomplete."""
        return tuple(each for each in self.diagnostics if each.severity == "error")


def read_preview(text: str) -> Preview:
    """The preview that `text` is.

    Raises:
        UnreadablePreviewError: it is empty, cut off, not JSON, or JSON of another shape.
    """
    decoded = _decoded(text)
    steps = decoded.get("steps") or []
    diagnostics = tuple(_diagnostics(decoded.get("diagnostics") or []))
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    failed = any(each.severity == "error" for each in diagnostics)
    # The stack itself is a step of every preview, and the summary is the last thing that the engine writes.
    if not failed and not (steps and isinstance(decoded.get("changeSummary"), Mapping)):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    changes = [_change(step) for step in steps]
    summary = decoded.get("changeSummary") or {}
    roots = {each.operation for each in changes if each.type == STACK_TYPE}
    refreshed = {each.urn: each for each in changes if each.operation is Operation.REFRESH}
    # There the engine reports drift in place of the read, and nothing distinguishes it from what `up` would do.
    if refreshed and Operation.REFRESH not in roots and not failed:
        raise UnreadablePreviewError(_ONLY_PARTLY_READ)
    return Preview(
        stack=_stack_of(changes),
        changes=tuple(each for each in changes if each.operation not in _QUIET),
        refreshed=refreshed,
        unchanged=_count(summary.get("same")) - (1 if Operation.SAME in roots else 0),
        diagnostics=diagnostics,
        is_refresh=bool(refreshed) and roots == {Operation.REFRESH},
    )


_QUIET = {Operation.SAME, Operation.REFRESH}
_ONLY_PARTLY_READ = (
    "It has read some resources and not the stack itself, as with `--run-program` or `--target`: what drifted "
    "cannot be distinguished from what `pulumi up` would do. Give it `pulumi preview --json`, or one with "
    "`--refresh`, without these."
)
_OTHER_SHAPE = "It is JSON, but not a preview. Give it the output of `pulumi preview --json`."


def _decoded(text: str) -> Mapping[str, Any]:
    """The preview's JSON. Of the output around it, only what says that something failed belongs to the preview."""
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise UnreadablePreviewError(
            "It is empty: `pulumi preview --json` ended before it wrote anything. See what it says on standard error."
        )
    begin = _beginning(text)
    try:
        decoded, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError) as error:
        raise UnreadablePreviewError(_why_no_json(text[begin:], error)) from None
    behind = text[end:]
    if _beginning(behind, none=-1) >= 0:
        raise UnreadablePreviewError(_why_several(text[begin:]))
    if not isinstance(decoded, Mapping):
        raise UnreadablePreviewError(_OTHER_SHAPE)
    around = [*text[:begin].splitlines(), *behind.splitlines()]
    errors = [{"severity": "error", "message": line} for line in around if line.startswith("error:")]
    return {**decoded, "diagnostics": [*(decoded.get("diagnostics") or []), *errors]} if errors else decoded


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
    return f"It is not JSON but begins with {first!r}. Give it the standard output of `pulumi preview --json` alone."


def _diagnostics(listed: Sequence[Any]) -> list[Diagnostic]:
    return [
        Diagnostic(str(each.get("severity", "")), str(each.get("message", "")).strip(), each.get("urn"))
        for each in listed
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
    kind_type = str(one.get("type") or resource_type(urn))
    return Change(
        urn=urn,
        type=kind_type,
        operation=meaning,
        id=_id(old) or _id(new),
        streamkap_name=_string(inputs.get("name")),
        connector=_string(inputs.get("connector")) or _string(_mapping(old.get("inputs")).get("connector")),
        properties=changed_properties(step, old, new, kind_of(kind_type)),
        reasons=tuple(each for each in map(str, step.get("replaceReasons") or ()) if not is_hidden(each)),
        has_hidden=changes_hidden(step),
        only_read=(_id(new) or "another object") if meaning is Operation.DELETE and new.get("external") else None,
        inputs=inputs,
        old_inputs=_mapping(old.get("inputs")),
        is_component=one.get("custom") is False,
        has_our_provider=_names_our_provider(old) or _names_our_provider(new),
    )


def _names_our_provider(state: Mapping[str, Any]) -> bool:
    """A dynamic resource's state holds its pickled provider, of which only the bytes are searched.

    Where that is a secret, it is ours if it is configured like a source: better to hold back too much than too little.
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

    What is only read, and what is to be retained, is not deleted. Where a program now only reads what it had managed,
    the engine lets it go; but where it reads another one under that name, the engine deletes the first.
    """
    was_read, is_read = bool(old.get("external")), bool(new.get("external"))
    if operation is Operation.DELETE and (was_read or old.get("retainOnDelete")):
        return Operation.FORGET
    if operation is Operation.REPLACE and was_read:
        return Operation.READ if is_read else Operation.CREATE
    if operation in {Operation.REPLACE, Operation.READ} and old and is_read and not was_read:
        is_same = _id(old) is not None and _id(old) == _id(new)
        return Operation.FORGET if is_same or old.get("retainOnDelete") else Operation.DELETE
    return operation


def _id(state: Mapping[str, Any]) -> str | None:
    found = _string(state.get("id"))
    return None if found is None or UNKNOWN in found else found


def _state(step: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    return _mapping(step.get(side))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _stack_of(changes: Sequence[Change]) -> str:
    parts = changes[0].urn.split("::") if changes else []
    stack = parts[0].removeprefix("urn:pulumi:") if parts else ""
    return f"{parts[1]}/{stack}" if len(parts) > 1 else ""
