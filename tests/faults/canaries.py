"""Secrets that are easy to find: each contains unique words, and characters that encodings change.

The search is for the words of each canary, which every encoding leaves as they are, so that it also finds a part that
was not cleared; and for the base64 of the words. A leak names the encoding that it was found in. Nothing here uses the
code that is tested.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.api.encoded import ENCODINGS


@dataclass(frozen=True)
class Canary:
    """A secret, what it is, and the words in it that are nowhere else. Its `repr` shows only what it is."""

    what: str
    value: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<canary: {self.what}>"

    def forms(self) -> Iterator[tuple[str, str]]:
        """Each spelling with its name: one encoding, or one on top of another."""
        for name, encode in ENCODINGS.items():
            yield name, encode(self.value)
        for (first, encode), (second, again) in product(ENCODINGS.items(), repeat=2):
            yield f"{first}, then {second}", again(encode(self.value))

    def found_in(self, text: str) -> str | None:
        """The spelling that `text` contains it in; None where it does not."""
        folded = text.casefold()
        if any(word.casefold() in folded for word in self.words):
            return next((name for name, form in self.forms() if form in text), "in part")
        return "base64" if any(form in text for word in self.words for form in _base64(word)) else None


def _base64(word: str) -> Iterator[str]:
    """What the base64 of any string with `word` in it contains, wherever the word begins."""
    for before in range(3):
        encoded = base64.b64encode(b" " * before + word.encode()).decode().rstrip("=")
        yield encoded[4 if before else 0 : len(encoded) - (before + len(word)) % 3]


def canary(what: str, words: tuple[str, ...], pattern: str) -> Canary:
    """A canary: `pattern` with `words` in place of the ``*``."""
    value = pattern
    for word in words:
        value = value.replace("*", word, 1)
    return Canary(what, value, words)


PASSWORD = canary(
    "a secret of the catalogue", ("kestrelvane", "siskinloft"), "p\"*%2B+/=&<>'ü ;\nsecond * line \\ ends: ä"
)
USER = canary("a key that only the program marks", ("plovermoss", "dotterelfen"), "me'*%+/=&< > \"*ö\\")
CONNECTION = canary(
    "a password in a connection string",
    ("gannetfoil", "whimbrelsand"),
    "postgres://me:*%2B%22+%20=&<'ä*@db2.example.com:5432/shop",
)
CLIENT_SECRET = canary("the client secret", ("dunlinbark", "curlewmarsh"), "c\"*%41+é/ =&<'*\\")

OF_THE_SOURCE = (PASSWORD, USER, CONNECTION)
OF_THE_RUN = (*OF_THE_SOURCE, CLIENT_SECRET)


def token(value: str) -> Canary:
    """An access or refresh token as a canary."""
    return Canary("a token", value, (value,))


@dataclass(frozen=True)
class Leak:
    """A canary that was found: which one, in which spelling, and where. It does not show the secret itself."""

    canary: Canary
    form: str
    place: str

    def __str__(self) -> str:
        return f"{self.canary.what} ({self.form}) is in {self.place}"


def leaks(places: Mapping[str, Any], canaries: Iterable[Canary]) -> list[Leak]:
    """The canaries that are found in places. A place is a string, or anything that JSON can hold."""
    found = []
    canaries = tuple(canaries)
    for place, content in places.items():
        # Letters stay as they are, so that each string in it can be found; JSON inside JSON is escaped twice.
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        for each in canaries:
            form = each.found_in(text)
            if form is not None:
                found.append(Leak(each, form, place))
    return found
