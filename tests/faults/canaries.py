"""Secrets that are easy to find again: each holds a word of its own, and characters that encodings change.

A text is searched for each canary raw, URL-encoded and JSON-escaped, and for its word alone: a half that was cleared
is a half that leaked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus


@dataclass(frozen=True)
class Canary:
    """A secret, what it is, and the word in it that is nowhere else. `repr` tells only what it is."""

    what: str
    value: str
    word: str

    def __repr__(self) -> str:
        return f"<canary: {self.what}>"

    def forms(self) -> dict[str, str]:
        """What to search for, by the name of the spelling."""
        escaped = json.dumps(self.value)[1:-1]
        return {
            "raw": self.value,
            "URL-encoded": quote(self.value, safe=""),
            "URL-encoded as a form": quote_plus(self.value),
            "JSON-escaped": escaped,
            "JSON-escaped, letters as they are": json.dumps(self.value, ensure_ascii=False)[1:-1],
            "JSON-escaped twice": json.dumps(escaped)[1:-1],
            "in part": self.word,
        }


def canary(what: str, word: str, pattern: str) -> Canary:
    """A canary whose value is `pattern` with `word` in the place of the ``*``."""
    return Canary(what, pattern.replace("*", word), word)


PASSWORD = canary("a secret of the catalogue", "kestrelvane", 'p"*%2B+ü\nsecond line \\ ends')
USER = canary("a key that only the program marks", "plovermoss", "me'*%+ö")
CONNECTION = canary(
    "a password in a connection string", "gannetfoil", "postgres://me:*%2B%22ä@db2.example.com:5432/shop"
)
CLIENT_SECRET = canary("the client secret", "dunlinbark", 'c"*%41+é/')

OF_THE_SOURCE = (PASSWORD, USER, CONNECTION)
OF_THE_RUN = (*OF_THE_SOURCE, CLIENT_SECRET)


def token(value: str) -> Canary:
    """An access or refresh token as a canary."""
    return Canary("a token", value, value)


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
            form = next((name for name, form in each.forms().items() if form in text), None)
            if form is not None:
                found.append(Leak(each, form, place))
    return found
