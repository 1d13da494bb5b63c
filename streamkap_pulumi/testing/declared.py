"""What a program declared under the mocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE


@dataclass(frozen=True)
class DeclaredResource:
    """One resource, as the engine would have been told of it."""

    type: str
    """Its type, such as ``pulumi-python:dynamic/streamkap:Source``."""
    name: str
    """Its name in the program."""
    urn: str
    """Its URN, with the mocks' stack and project in it."""
    id: str
    """The id that the mocks gave it."""
    inputs: Mapping[str, Any] = field(repr=False)
    """Its inputs, secrets in clear; of a `Source` in canonical form, ``config`` under the API's own dotted keys."""
    outputs: Mapping[str, Any] = field(repr=False)
    """What the mocks answered, secrets in clear."""
    secrets: frozenset[str] = frozenset()
    """The inputs that are secret: ``key``, or ``config.<key>`` of a `Source`."""
    protect: bool = False
    """Whether it is protected, by itself or by its parent."""
    parent: str = ""
    """The URN of its parent."""
    aliases: tuple[str, ...] = ()
    """The names and URNs that it had before."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The properties that a `Source` declares."""
        return dict(self.inputs["config"])


@dataclass(frozen=True)
class Declared:
    """All that a program declared, and what it exports."""

    resources: list[DeclaredResource]
    """Every resource but the stack itself."""
    outputs: Mapping[str, Any] = field(repr=False)
    """The exports, secrets in clear."""
    secret_outputs: frozenset[str] = frozenset()
    """The names of the exports that are secret."""

    @property
    def sources(self) -> dict[str, DeclaredResource]:
        """The sources that the program manages, by their name in the program."""
        return {resource.name: resource for resource in self.resources if resource.type == SOURCE_TYPE}
