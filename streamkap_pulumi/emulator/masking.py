"""Masks secrets in what the emulator shows of itself: the log of requests, and the stored objects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from streamkap_pulumi.emulator.kinds import ConnectorKind, Kind

MASK = "********"
_CREDENTIAL = re.compile(
    r"passw|pwd|secret|token|credential|passphrase|authorization|api[._-]?key|private[._-]?key|access[._-]?key"
    r"|connection\.string|grant[._-]?id|service[._-]?account",
    re.IGNORECASE,
)
_NOT_SECRET = {"secret_returned", "token_type"}
_IN_URL = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")


@cache
def _secret_keys(kind: Kind) -> frozenset[str]:
    keys = set()
    for connector in kind.catalogue if isinstance(kind, ConnectorKind) else ():
        for known in connector.everything:
            if known.secret:
                keys |= {known.key, known.key.removesuffix(".user.defined")}
    return frozenset(keys)


def masked(value: Any, kinds: Iterable[Kind], key: str = "") -> Any:
    """The value without its secrets: those that the catalogues mark, and all under a name like a credential's."""
    kinds = tuple(kinds)
    if value is None:
        return None
    # The key first: a secret may be wrapped in an object or a list.
    if key not in _NOT_SECRET and (_CREDENTIAL.search(key) or any(key in _secret_keys(kind) for kind in kinds)):
        return MASK
    if isinstance(value, dict):
        return {name: masked(item, kinds, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item, kinds) for item in value]
    return _IN_URL.sub(f"{MASK}@", value) if isinstance(value, str) else value
