"""Takes secret values out of strings, however they are encoded there."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any
from urllib.parse import unquote, unquote_plus

from typing_extensions import Self

from streamkap_pulumi import passwords
from streamkap_pulumi.api import encodings

CLEARED = "[secret]"
_CLEARED = re.compile(re.escape(CLEARED))

_SHORT = 4
"""A secret shorter than this is cleared only where it stands by itself: otherwise it would clear parts of words."""
_SHORT_LINE = 16
"""A line of a secret that is shorter than this is cleared only as a word of its own."""
_FRAME = re.compile(r"-+(?:BEGIN|END) [A-Z0-9 ]+-+")


class Redaction:
    """Knows secret values and takes them out of strings. Threads may share one, and it can learn more at any time.

    A value is found in every encoding of `streamkap_pulumi.api.encodings`. Its lines are found on their own, and so is
    the password in a connection string. Passwords in connection strings are always taken out, whether known or not.
    """

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._learned: set[str] = set()
        self._known: dict[tuple[str, _Position], _Value] = {}
        self.learn(secrets)

    def learn(self, secrets: Iterable[Any]) -> Self:
        """Know these values, too: strings, numbers, and lists and mappings of them. Anything else holds no secret."""
        texts = {text for secret in secrets for text in _texts(secret)}
        with self._lock:
            for text in texts - self._learned:
                for value in _values(text):
                    self._known.setdefault((value.text, value.position), value)
            self._learned |= texts
        return self

    def text(self, text: str) -> str:
        """`text` without secrets."""
        with self._lock:
            known = list(self._known.values())
        pieces = {text[at : at + _SHORT] for at in range(len(text))}
        possible = [value for value in known if value.sign in pieces or not value.sign]
        spans = [*passwords.places(text), *(span for value in possible for span in value.found_in(text))]
        # What is cleared already stays as it is, even if a secret is a part of "[secret]".
        spans += [found.span() for found in _CLEARED.finditer(text)] if spans else []
        return _without(spans, text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._learned)} secrets)"

    def data(self, data: Any) -> Any:
        """`data`, as decoded from JSON, without secrets in its strings and without numbers that are secrets."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, Mapping):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.data(item) for item in data]
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return CLEARED if any(len(text) >= _SHORT and text in self._learned for text in _texts(data)) else data
        return data


class _Position(Enum):
    """Where in a string a value counts as the secret."""

    ANYWHERE = "{}"
    WORD = r"(?:(?<!\w)|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f][0-9A-Fa-f])){}(?!\w)"
    VALUE = (
        "(?:(?<=[\"'`]){0}(?=\\\\{{0,15}}[\"'`])|(?<==){0}(?=[\\s,;&)\\]}}]|\\Z)"
        "|(?:(?<=:)|(?<=: )){0}(?=[,;&)\\]}}\\n]|\\Z))"
    )
    """In quotes, after ``=``, or after ``:`` at the end of a phrase."""


class _Value:
    """One value to find. Its pattern is compiled when a string first has the parts that every encoding keeps."""

    def __init__(self, text: str, position: _Position) -> None:
        self.text = text
        self.position = position
        self._parts = encodings.plain_parts(text)
        longest = self._parts[0] if self._parts else ""
        self.sign = longest[:_SHORT] if len(longest) >= _SHORT else ""
        """What every string with the value in it has; empty if that would be too short to be of use."""
        self._patterns: dict[str, re.Pattern[str]] = {}
        """By the `beginnings` of a string."""

    def found_in(self, text: str) -> Iterator[tuple[int, int]]:
        """The start and the end of each place in `text`."""
        if all(part in text for part in self._parts):
            for start, end in self._surroundings(text):
                pattern = self._pattern(encodings.beginnings(text[start:end]))
                yield from (match.span() for match in pattern.finditer(text, start, end))

    def _pattern(self, beginnings: str) -> re.Pattern[str]:
        if beginnings not in self._patterns:
            pattern = encodings.pattern(self.text, beginnings)
            self._patterns[beginnings] = re.compile(self.position.value.format(pattern))
        return self._patterns[beginnings]

    def _surroundings(self, text: str) -> Iterator[tuple[int, int]]:
        """Where to search: as far as the value may reach around its longest plain part, if it has one."""
        if not self._parts:
            yield 0, len(text)
            return
        part, start, end = self._parts[0], 0, 0
        reach = encodings.longest(self.text) + 32
        at = text.find(part)
        while at >= 0:
            if at - reach > end:
                if end:
                    yield start, end
                start = at - reach
            end = at + len(part) + reach
            at = text.find(part, at + 1)
        yield start, min(end, len(text))


def _texts(secret: Any) -> Iterator[str]:
    if isinstance(secret, bool) or secret is None:
        return
    if isinstance(secret, Mapping):
        secret = list(secret.values())
    if isinstance(secret, (list, tuple)):
        for item in secret:
            yield from _texts(item)
        return
    text = str(secret).strip()
    if text:
        yield text
    # The engine passes every number on as a float.
    if isinstance(secret, float) and secret.is_integer():
        yield str(int(secret))


def _position(text: str) -> _Position:
    if len(text) == 1 or text.lower() in passwords.NO_SECRETS or (len(text) < _SHORT and text.isdecimal()):
        return _Position.VALUE
    return _Position.WORD if len(text) < _SHORT else _Position.ANYWHERE


def _values(secret: str) -> Iterator[_Value]:
    """The secret itself, its parts that are secret on their own, and the secret decoded."""
    forms = {secret, unquote(secret), unquote_plus(secret), *passwords.within(secret), *_in_json(secret)}
    for text in map(str.strip, forms):
        # A key is cleared line by line. If it is written in one line, its line breaks are escaped.
        lines = list(_lines(text.replace("\\n", "\n") if _FRAME.match(text) else text))
        if text and not (lines and _FRAME.match(text)):
            yield _Value(text, _position(text))
        yield from lines


def _lines(text: str) -> Iterator[_Value]:
    before = ""
    lines = [line.strip() for line in text.splitlines()]
    for line in lines if len(lines) > 1 else ():
        if not line or _FRAME.fullmatch(line):
            continue
        if len(line) >= _SHORT_LINE:
            yield _Value(line, _Position.ANYWHERE)
        elif before:
            yield from (_Value(before + between + line, _Position.ANYWHERE) for between in ("\n", " ", ""))
        if _SHORT <= len(line) < _SHORT_LINE and line.lower() not in passwords.NO_SECRETS and _has_letters(line):
            yield _Value(line, _Position.WORD)
        before = line


def _has_letters(line: str) -> bool:
    """Letters or digits: any string may hold punctuation."""
    return any(map(str.isalnum, line))


def _in_json(text: str) -> Iterator[str]:
    """The secrets in a JSON document, such as the key file of a service account."""
    if not text.startswith(("{", "[")):
        return
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for value in passwords.named(data):
        yield from _texts(value)


def _without(spans: list[tuple[int, int]], text: str) -> str:
    """`text` with each of `spans` replaced. They may overlap or touch."""
    pieces: list[str] = []
    end = -1
    for start, stop in sorted(spans):
        if start > end:
            pieces += [text[max(end, 0) : start], CLEARED]
        end = max(end, stop)
    return "".join([*pieces, text[max(end, 0) :]])
