"""Secrets that nobody marked: values named like one, and passwords in connection strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

NO_SECRETS = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off"})
"""Words that are never hidden, even if somebody declares one a secret: other sentences need them."""

_NAMES = (
    "password|passwd|passphrase|pwd|secret|token|access[_-]?key(?![_-]?id)|account[_-]?key|api[_-]?key|private[_-]?key"
)
_TELLING_NAME = re.compile(
    r"password|passwd|passphrase|(^|[._-])pwd($|[._-])|secret|token|bearer|credential|connection[._-]?string"
    r"|grant[._-]?id|auth[._-]?pass|keyfile|(private|api|access|account|ssh)[._-]?key"
    r"|(^|[._-])(authorization|salt)(\.user\.defined)?$",
    re.IGNORECASE,
)
"""Names of properties. It is better to hide too many than too few: only their display depends on it."""
_NAMED = re.compile(rf"(?:{_NAMES})(?:[._]user[._]defined)?\Z", re.IGNORECASE)
_BEHIND_A_NAME = re.compile(
    rf"(?:{_NAMES})\s{{0,3}}=\s{{0,3}}"
    r"(?:\"(?P<double>[^\"]{1,1000})\"|'(?P<single>[^']{1,1000})'|\{(?P<braces>(?:[^}]|\}\}){1,1000})\}"
    r"|(?P<bare>[^\s&;#,\"'{)\]}][^\s&;#,\"')\]}]{0,999}))",
    re.IGNORECASE,
)
"""``…?password=…&``, ``…;Password={…};``."""
_BEFORE_A_HOST = re.compile(
    r":(?:\\?/){2}[^\s:/@\"'<>]{0,200}:(?P<url>[^\s/\"'<>]{1,500})@"
    r"|\bthin:[^\s@/\"'<>]{0,200}/(?P<thin>[^\s/\"'<>]{1,500})@"
    r"|%3a(?:%2f){2}[^\s%]{0,200}%3a(?P<encoded>(?:(?!%40)[^\s\"'<>]){1,500})%40",
    re.IGNORECASE,
)
_IN_A_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
"""Within a property's value there is no sentence around it, so it may contain quotes."""
_IN_A_SECRET = re.compile(r"(?:://[^\s:/@]{0,200}:|\bthin:[^\s@/]{0,200}/)(?P<password>.{1,1000})@", re.DOTALL)
"""In a value that is known to be a connection string, the password may contain anything."""
_HIDDEN = re.compile(r"\*+|\[.*|<.*|\$\{.*|x{4,}", re.IGNORECASE | re.DOTALL)


def is_telling(name: str) -> bool:
    """Whether a value with this name is a secret."""
    return bool(_TELLING_NAME.search(name))


def are_in(value: Any) -> bool:
    """Whether a string in `value` contains a password, as a connection string does, or a name in it means a secret."""
    if isinstance(value, Mapping):
        return any(is_telling(str(key)) or are_in(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(are_in, value))
    return isinstance(value, str) and (bool(_IN_A_VALUE.search(value)) or any(True for _ in places(value)))


def places(text: str) -> Iterator[tuple[int, int]]:
    """Where the passwords are in `text`: the start and the end of each."""
    for where in (_BEHIND_A_NAME, _BEFORE_A_HOST):
        for found in where.finditer(text):
            name = found.lastgroup or 0
            if found[name].lower() not in NO_SECRETS and not _HIDDEN.fullmatch(found[name]):
                yield found.span(name)


def within(secret: str) -> Iterator[str]:
    """The passwords in `secret` if it is a connection string: as they are there, and decoded."""
    found = [match[match.lastgroup or 0] for match in _BEHIND_A_NAME.finditer(secret)]
    found += [match["password"] for match in _IN_A_SECRET.finditer(secret)]
    # A password without an @ of its own ends at the first one.
    found += [password.split("@", 1)[0] for password in found if "@" in password]
    for password in found:
        # Within braces, a closing brace is written twice.
        yield from (password, unquote(password), unquote_plus(password), password.replace("}}", "}"))


def named(data: Any) -> Iterator[Any]:
    """The values in `data`, decoded JSON, that have the name of a secret."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, (str, int, float)) and _NAMED.search(str(name)):
                yield value
            else:
                yield from named(value)
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from named(item)
