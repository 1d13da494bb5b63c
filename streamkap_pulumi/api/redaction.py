"""Clears texts of secret values, whatever spelling the text quotes them in."""

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

_SHORT = 4
"""A secret shorter than this is cleared only where it stands by itself: else it would eat every text."""
_SHORT_LINE = 16
"""A line of a secret that is shorter than this is cleared only where it stands as a word."""
_FRAME = re.compile(r"-+(?:BEGIN|END) [A-Z0-9 ]+-+")


class Redaction:
    """Knows secret values and takes them out of texts; threads may share one, and it learns as it goes.

    Each value is found in every spelling that `streamkap_pulumi.api.encodings` has; its lines are found by themselves,
    and of a connection string the password in it. Passwords in connection strings are taken out of any text, known
    or not.
    """

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._learned: set[str] = set()
        self._known: dict[tuple[str, _Place], _Value] = {}
        self.learn(secrets)

    def learn(self, secrets: Iterable[Any]) -> Self:
        """Know these values, too; what is no text, number, list or mapping of those holds no secret."""
        texts = {text for secret in secrets for text in _texts(secret)}
        with self._lock:
            for text in texts - self._learned:
                for value in _values(text):
                    self._known.setdefault((value.text, value.place), value)
            self._learned |= texts
        return self

    def text(self, text: str) -> str:
        """`text` without a secret."""
        with self._lock:
            known = list(self._known.values())
        pieces = {text[at : at + _SHORT] for at in range(len(text))}
        possible = [value for value in known if value.sign in pieces or not value.sign]
        spans = [*passwords.places(text), *(span for value in possible for span in value.found_in(text))]
        return _without(_uncleared(spans, text), text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._learned)} secrets)"

    def data(self, data: Any) -> Any:
        """`data`, as JSON gives it, without a secret in any of its texts, and without numbers that are secrets."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, Mapping):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.data(item) for item in data]
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return CLEARED if any(len(text) >= _SHORT and text in self._learned for text in _texts(data)) else data
        return data


class _Place(Enum):
    """Where in a text a value is a secret."""

    ANYWHERE = "{}"
    WORD = r"(?:(?<!\w)|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f][0-9A-Fa-f])){}(?!\w)"
    VALUE = (
        "(?:(?<=[\"'`]){0}(?=\\\\{{0,15}}[\"'`])|(?<==){0}(?=[\\s,;&)\\]}}]|\\Z)"
        "|(?:(?<=:)|(?<=: )){0}(?=[,;&)\\]}}\\n]|\\Z))"
    )
    """In quotes, behind ``=``, or behind ``:`` at the end of what is told."""


class _Value:
    """One value to be found. A pattern is made once a text holds what every spelling of it holds."""

    def __init__(self, text: str, place: _Place) -> None:
        self.text = text
        self.place = place
        self._parts = encodings.plain_parts(text)
        longest = self._parts[0] if self._parts else ""
        self.sign = longest[:_SHORT] if len(longest) >= _SHORT else ""
        """What a text holds where the value is in it; empty where that is too short to tell."""
        self._patterns: dict[str, re.Pattern[str]] = {}
        """By the `beginnings` of a string."""

    def found_in(self, text: str) -> Iterator[tuple[int, int]]:
        """The beginning and the end of each place in `text`."""
        if all(part in text for part in self._parts):
            for start, end in self._neighbourhoods(text):
                pattern = self._pattern(encodings.beginnings(text[start:end]))
                yield from (match.span() for match in pattern.finditer(text, start, end))

    def _pattern(self, beginnings: str) -> re.Pattern[str]:
        if beginnings not in self._patterns:
            pattern = encodings.pattern(self.text, beginnings)
            self._patterns[beginnings] = re.compile(self.place.value.format(pattern))
        return self._patterns[beginnings]

    def _neighbourhoods(self, text: str) -> Iterator[tuple[int, int]]:
        """Where to look: as far as the value may reach around each of its longest plain part; else everywhere."""
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
    # The engine hands every number on as a float.
    if isinstance(secret, float) and secret.is_integer():
        yield str(int(secret))


def _place(text: str) -> _Place:
    if len(text) == 1 or text.lower() in passwords.NO_SECRETS or (len(text) < _SHORT and text.isdecimal()):
        return _Place.VALUE
    return _Place.WORD if len(text) < _SHORT else _Place.ANYWHERE


def _values(secret: str) -> Iterator[_Value]:
    """The secret itself, and what else tells it: a part of it, or the secret decoded."""
    telling = {secret, unquote(secret), unquote_plus(secret), *passwords.within(secret), *_in_json(secret)}
    for text in map(str.strip, telling):
        # A key's lines are the whole of it. Where it is told in one line, their ends are written out.
        lines = list(_lines(text.replace("\\n", "\n") if _FRAME.match(text) else text))
        if text and not (lines and _FRAME.match(text)):
            yield _Value(text, _place(text))
        yield from lines


def _lines(text: str) -> Iterator[_Value]:
    before = ""
    lines = [line.strip() for line in text.splitlines()]
    for line in lines if len(lines) > 1 else ():
        if not line or _FRAME.fullmatch(line):
            continue
        if len(line) >= _SHORT_LINE:
            yield _Value(line, _Place.ANYWHERE)
        elif before:
            yield from (_Value(before + between + line, _Place.ANYWHERE) for between in ("\n", " ", ""))
        if _SHORT <= len(line) < _SHORT_LINE and line.lower() not in passwords.NO_SECRETS and _tells(line):
            yield _Value(line, _Place.WORD)
        before = line


def _tells(line: str) -> bool:
    """Something else than punctuation, which any text may hold."""
    return any(map(str.isalnum, line))


def _in_json(text: str) -> Iterator[str]:
    """The secrets in a text that is JSON, such as the key file of a service account."""
    if not text.startswith(("{", "[")):
        return
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for value in passwords.named(data):
        yield from _texts(value)


def _uncleared(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Those of `spans` that are not within a `CLEARED`: a text that is cleared again stays as it is."""
    if not spans or CLEARED not in text:
        return spans
    done = [found.span() for found in re.finditer(re.escape(CLEARED), text)]
    return [(start, end) for start, end in spans if not any(first <= start and end <= last for first, last in done)]


def _without(spans: list[tuple[int, int]], text: str) -> str:
    """`text` with each of `spans`, which may overlap or touch, replaced."""
    if not spans:
        return text
    pieces: list[str] = []
    end = -1
    for start, stop in sorted(spans):
        if start > end:
            pieces += [text[max(end, 0) : start], CLEARED]
        end = max(end, stop)
    return "".join([*pieces, text[max(end, 0) :]])
