"""What tells a secret that nobody declared: a name that says so, and passwords in connection strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

NO_SECRETS = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off"})
"""Words that tell no secret, whoever declares them one, and that other sentences need."""

_NAMES = (
    "password|passwd|passphrase|pwd|secret|token|access[_-]?key(?![_-]?id)|account[_-]?key|api[_-]?key|private[_-]?key"
)
_TELLING_NAME = re.compile(
    r"password|passwd|passphrase|(^|[._-])pwd($|[._-])|secret|token|bearer|credential|connection[._-]?string"
    r"|grant[._-]?id|auth[._-]?pass|keyfile|(private|api|access|account|ssh)[._-]?key",
    re.IGNORECASE,
)
"""Names of properties. Rather too many are secret than too few, since nothing but their being shown depends on it."""
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
"""In a property's value, which no sentence goes around, it may hold quotes."""
_IN_A_SECRET = re.compile(r"(?:://[^\s:/@]{0,200}:|\bthin:[^\s@/]{0,200}/)(?P<password>.{1,1000})@", re.DOTALL)
"""In a value that is known to be a connection string the password may hold anything."""
_HIDDEN = re.compile(r"\*+|\[.*|<.*|\$\{.*|x{4,}", re.IGNORECASE | re.DOTALL)


def is_telling(name: str) -> bool:
    """What bears this name is a secret."""
    return bool(_TELLING_NAME.search(name))


def are_in(value: Any) -> bool:
    """A text in `value` holds a password, as a connection string does, or a name in it tells of a secret."""
    if isinstance(value, Mapping):
        return any(is_telling(str(key)) or are_in(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(are_in, value))
    return isinstance(value, str) and (bool(_IN_A_VALUE.search(value)) or any(True for _ in places(value)))


def places(text: str) -> Iterator[tuple[int, int]]:
    """Where passwords stand in `text`: the beginning and the end of each."""
    for where in (_BEHIND_A_NAME, _BEFORE_A_HOST):
        for found in where.finditer(text):
            name = found.lastgroup or 0
            if found[name].lower() not in NO_SECRETS and not _HIDDEN.fullmatch(found[name]):
                yield found.span(name)


def within(secret: str) -> Iterator[str]:
    """The passwords in `secret`, where that is a connection string: as they stand there, and decoded."""
    found = [match[match.lastgroup or 0] for match in _BEHIND_A_NAME.finditer(secret)]
    found += [match["password"] for match in _IN_A_SECRET.finditer(secret)]
    # A password that holds no @ of its own ends with the first one.
    found += [password.split("@", 1)[0] for password in found if "@" in password]
    for password in found:
        # In braces a closing one is written twice.
        yield from (password, unquote(password), unquote_plus(password), password.replace("}}", "}"))


def named(data: Any) -> Iterator[Any]:
    """The values in `data`, as JSON gives it, whose names tell that they are secrets."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, (str, int, float)) and _NAMED.search(str(name)):
                yield value
            else:
                yield from named(value)
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from named(item)
