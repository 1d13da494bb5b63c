"""Marks of secrets in exported states, plans and import files: a mapping with Pulumi's mark and the plaintext."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.pulumi_cli.words import SECRET


def is_secret(value: Any) -> bool:
    """Whether `value` is marked as a secret."""
    return isinstance(value, Mapping) and value.items() >= SECRET.items()


def secret(value: Any) -> dict[str, Any]:
    """`value`, marked as one secret; marks within it are dropped."""
    if is_secret(value):
        return dict(value)
    return {**SECRET, "plaintext": json.dumps(plain(value))}


def plain(value: Any) -> Any:
    """`value` without marks, in clear."""
    if is_secret(value):
        return plain(json.loads(value["plaintext"])) if "plaintext" in value else None
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def secret_as(value: Any, marked: Any) -> Any:
    """`value`, which is plain, with marks in the places where `marked` has them."""
    if is_secret(marked):
        return secret(value)
    if isinstance(value, Mapping) and isinstance(marked, Mapping):
        return {key: secret_as(item, marked.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(marked, list) and any(map(is_secret, marked)):
        return secret(value)
    return value


def secret_keys(config: Any) -> list[str]:
    """The secret keys of a config; ``*`` where it is secret as a whole."""
    if is_secret(config):
        return ["*"]
    return sorted(key for key, item in config.items() if _holds_secret(item)) if isinstance(config, Mapping) else []


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_secret(value) or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
