"""Words of the engine's own: in states, plans, previews and URNs."""

from __future__ import annotations

SOURCE_TYPE = "pulumi-python:dynamic/streamkap:Source"
"""The type of a `Source`."""

STACK_TYPE = "pulumi:pulumi:Stack"
"""The type of the stack itself, from which all else descends."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for a value that is known only after `pulumi up`; inside a text, too."""

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""What a mapping holds that stands for a secret; beside it the secret is the ``value``, or JSON as ``plaintext``."""


def resource_name(urn: str) -> str:
    """The resource's name in the program."""
    return urn.split("::", 3)[-1]


def resource_type(urn: str) -> str:
    """The resource's own type, without those of its parents; empty where `urn` is none."""
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1] if urn.count("::") > 2 else ""
