"""The default name of an object in Streamkap."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable

import pulumi


def default_name(resource_name: str, parent: pulumi.Resource | None) -> str | Awaitable[str]:
    """``<resource name>-<7 hex digits>``: the same in every run until a part of it is renamed, and unique per stack.

    The digits are hashed from organization, project, stack, the types of all parents and the resource's name. The
    parents' types are in the parent's URN, which is read in a way that creates no dependency on the parent.
    """
    if parent is None:
        return _hashed_name(resource_name, "")

    async def under_parent() -> str:
        urn = await parent.urn.future()
        return _hashed_name(resource_name, str(urn).split("::")[2] if urn else parent.pulumi_resource_type)

    return under_parent()


def _hashed_name(resource_name: str, parent_types: str) -> str:
    identity = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack(), parent_types, resource_name)
    # Under the mocks of a unit test there is no organization.
    digest = hashlib.sha256("\0".join(part or "" for part in identity).encode()).hexdigest()
    return f"{resource_name}-{digest[:7]}"
