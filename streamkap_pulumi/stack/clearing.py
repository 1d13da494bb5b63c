"""Forgets interrupted creates, by the URNs of what was being made."""

from __future__ import annotations

from collections.abc import Collection

from streamkap_pulumi.stack.program import Pulumi
from streamkap_pulumi.stack.state import State

_MOST_KILLS = 100
"""Interrupted creates of one URN that are cleared at most."""


def forget_creates(pulumi: Pulumi, urns: Collection[str]) -> None:
    """Forget every interrupted create of `urns`, and no other. Several killed runs leave one each.

    Raises:
        StackError: `pulumi` failed.
        StackLockedError: the stack is locked.
    """
    for _ in range(_MOST_KILLS):
        state = State(pulumi.export())
        pending = state.interrupted("creating")
        repeated = [urn for urn in urns if urn in pending]
        if not repeated:
            return
        pulumi.clear_pending_creates(repeated, state.root or "")
