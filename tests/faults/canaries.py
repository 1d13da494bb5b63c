"""Secrets that are easy to find again: each holds words of its own, and characters that encodings change.

A text is searched for the words of each canary, which every encoding leaves as they are, so that a half that was
cleared is a half that leaked; and for its base64. What is found is told by the encoding that it stands in. Nothing
here is made of the code that is judged.
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
    """A secret, what it is, and the words in it that are nowhere else. `repr` tells only what it is."""

    what: str
    value: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<canary: {self.what}>"

    def forms(self) -> Iterator[tuple[str, str]]:
        """Each spelling by its name: one encoding, or one upon another."""
        for name, encode in ENCODINGS.items():
            yield name, encode(self.value)
        for (first, encode), (second, again) in product(ENCODINGS.items(), repeat=2):
            yield f"{first}, then {second}", again(encode(self.value))

    def found_in(self, text: str) -> str | None:
        """In which spelling it is in `text`; None where it is not."""
        folded = text.casefold()
        if any(word.casefold() in folded for word in self.words):
            return next((name for name, form in self.forms() if form in text), "in part")
        return "base64" if any(form in text for word in self.words for form in _base64(word)) else None


def _base64(word: str) -> Iterator[str]:
    """What is always in the base64 of a text that holds `word`, wherever it begins in it."""
    for before in range(3):
        encoded = base64.b64encode(b" " * before + word.encode()).decode().rstrip("=")
        yield encoded[4 if before else 0 : len(encoded) - (before + len(word)) % 3]


def canary(what: str, words: tuple[str, ...], pattern: str) -> Canary:
    """A canary whose value is `pattern` with `words` in the places of the ``*``."""
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
    """A canary that was found: which, in which spelling, and where. It does not tell the secret itself."""

    canary: Canary
    form: str
    place: str

    def __str__(self) -> str:
        return f"{self.canary.what} ({self.form}) is in {self.place}"


def leaks(places: Mapping[str, Any], canaries: Iterable[Canary]) -> list[Leak]:
    """Where canaries are found. A place is a text, or anything that JSON can tell."""
    found = []
    canaries = tuple(canaries)
    for place, content in places.items():
        # Letters as they are, so that each text in it stands there as it is; escaped twice where it was JSON already.
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        for each in canaries:
            form = each.found_in(text)
            if form is not None:
                found.append(Leak(each, form, place))
    return found
