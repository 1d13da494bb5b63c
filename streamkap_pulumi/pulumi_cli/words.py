"""The engine's vocabulary in states, plans, previews and URNs."""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
"""The type of the stack itself, the root of all resources."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after `pulumi up`, also inside a string."""

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""Marks a mapping that stands for a secret. The secret is its ``value``, or JSON in its ``plaintext``."""


def resource_name(urn: str) -> str:
    """The resource's name in the program."""
    return urn.split("::", 3)[-1]


def resource_type(urn: str) -> str:
    """The resource's own type, without those of its parents; empty where `urn` is not a URN."""
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1] if urn.count("::") > 2 else ""
