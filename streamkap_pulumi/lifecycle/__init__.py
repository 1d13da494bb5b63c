"""What create, diff, update, delete and read mean; knows no Pulumi.

What is named here is loaded when it is first used: a program loads the provider, and runs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamkap_pulumi._lazy import lazy

if TYPE_CHECKING:
    from streamkap_pulumi.api.redaction import Redaction
    from streamkap_pulumi.lifecycle.checked import CheckedSources
    from streamkap_pulumi.lifecycle.checking import EXISTS, check, spelling_of
    from streamkap_pulumi.lifecycle.context import Context
    from streamkap_pulumi.lifecycle.creating import create
    from streamkap_pulumi.lifecycle.declared import (
        ASKED,
        CUSTOM_TIMEOUT,
        PROPOSED_NAME,
        SECRET_KEYS,
        Declared,
        sealed,
        secret_keys_in,
        secrets_in,
    )
    from streamkap_pulumi.lifecycle.deleting import delete
    from streamkap_pulumi.lifecycle.diffing import diff
    from streamkap_pulumi.lifecycle.errors import in_users_spelling, next_step
    from streamkap_pulumi.lifecycle.grants import after_a_try, grants_in, refuse_spent
    from streamkap_pulumi.lifecycle.reading import read, read_foreign
    from streamkap_pulumi.lifecycle.updating import update

__all__ = [
    "ASKED",
    "CUSTOM_TIMEOUT",
    "EXISTS",
    "PROPOSED_NAME",
    "SECRET_KEYS",
    "CheckedSources",
    "Context",
    "Declared",
    "Redaction",
    "after_a_try",
    "check",
    "create",
    "delete",
    "diff",
    "grants_in",
    "in_users_spelling",
    "next_step",
    "read",
    "read_foreign",
    "refuse_spent",
    "sealed",
    "secret_keys_in",
    "secrets_in",
    "spelling_of",
    "update",
]

lazy(
    __name__,
    {
        "ASKED": "streamkap_pulumi.lifecycle.declared",
        "CUSTOM_TIMEOUT": "streamkap_pulumi.lifecycle.declared",
        "CheckedSources": "streamkap_pulumi.lifecycle.checked",
        "Context": "streamkap_pulumi.lifecycle.context",
        "Declared": "streamkap_pulumi.lifecycle.declared",
        "Redaction": "streamkap_pulumi.api.redaction",
        "after_a_try": "streamkap_pulumi.lifecycle.grants",
        "EXISTS": "streamkap_pulumi.lifecycle.checking",
        "check": "streamkap_pulumi.lifecycle.checking",
        "create": "streamkap_pulumi.lifecycle.creating",
        "delete": "streamkap_pulumi.lifecycle.deleting",
        "diff": "streamkap_pulumi.lifecycle.diffing",
        "in_users_spelling": "streamkap_pulumi.lifecycle.errors",
        "grants_in": "streamkap_pulumi.lifecycle.grants",
        "refuse_spent": "streamkap_pulumi.lifecycle.grants",
        "next_step": "streamkap_pulumi.lifecycle.errors",
        "read": "streamkap_pulumi.lifecycle.reading",
        "read_foreign": "streamkap_pulumi.lifecycle.reading",
        "PROPOSED_NAME": "streamkap_pulumi.lifecycle.declared",
        "SECRET_KEYS": "streamkap_pulumi.lifecycle.declared",
        "sealed": "streamkap_pulumi.lifecycle.declared",
        "secret_keys_in": "streamkap_pulumi.lifecycle.declared",
        "secrets_in": "streamkap_pulumi.lifecycle.declared",
        "spelling_of": "streamkap_pulumi.lifecycle.checking",
        "update": "streamkap_pulumi.lifecycle.updating",
    },
)
