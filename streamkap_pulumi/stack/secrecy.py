"""Secrets as Pulumi writes them in exported states, plans and import files: an object with a mark and the plaintext."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of secrets


def is_secret(value: Any) -> bool:
    """`value` is a secret in Pulumi's form."""
    return isinstance(value, Mapping) and value.get(_SIGNATURE) == _SECRET


def secret(value: Any) -> dict[str, Any]:
    """`value` as a secret."""
    return {_SIGNATURE: _SECRET, "plaintext": json.dumps(value)}


def plain(value: Any) -> Any:
    """`value` without the marks of secrets, in clear."""
    if is_secret(value):
        return plain(json.loads(value["plaintext"])) if "plaintext" in value else None
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def secret_as(value: Any, marked: Any) -> Any:
    """`value`, which is plain, with the marks that `marked` has in the same places."""
    if is_secret(marked):
        return secret(value)
    if isinstance(value, Mapping) and isinstance(marked, Mapping):
        return {key: secret_as(item, marked.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(marked, list) and any(map(is_secret, marked)):
        return secret(value)
    return value


def secret_keys(config: Any) -> list[str]:
    """The keys of a source's config that are secret; ``*`` where it is secret as a whole."""
    if is_secret(config):
        return ["*"]
    return sorted(key for key, item in config.items() if _holds_secret(item)) if isinstance(config, Mapping) else []


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_secret(value) or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
