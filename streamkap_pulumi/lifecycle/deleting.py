"""Delete: idempotent, waits until the source is gone, hides no error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.api.errors import (
    NotFoundError,
)
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.durations import shown
from streamkap_pulumi.lifecycle.errors import PASSING, StillThereError
from streamkap_pulumi.lifecycle.tenancy import believe_gone
from streamkap_pulumi.lifecycle.waiting import paced

LOOK_FOR = 10.0
"""Seconds for which the source may take to vanish after a deletion whose answer was lost."""


def delete(context: Context, source_id: str, recorded: Mapping[str, Any]) -> None:
    """Delete the source (`DELETE /sources/{id}`) and wait until it is not to be seen any more.

    Raises:
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
        StillThereError: it was still there when the time was over.
        StreamkapError: the API refused.
    """
    declared = Declared.from_recorded(recorded)
    context.redaction.learn(declared.secrets())
    try:
        context.api.sources.delete(source_id)
    except NotFoundError:
        believe_gone(context.api, source_id, recorded)
        return
    except PASSING:
        # The answer may be lost and the source gone all the same.
        if not _is_gone(context, source_id, recorded):
            raise
        return
    _wait_until_gone(context, source_id, declared)


def _is_gone(context: Context, source_id: str, recorded: Mapping[str, Any]) -> bool:
    for waited, _ in paced(context, LOOK_FOR):
        try:
            context.api.sources.get(source_id, secret_returned=False)
        except NotFoundError:
            believe_gone(context.api, source_id, recorded)
            return True
        except PASSING:
            pass
        if waited >= LOOK_FOR:
            break
    return False


def _wait_until_gone(context: Context, source_id: str, declared: Declared) -> None:
    what = f"source {declared.name!r} ({source_id})"
    timeout = declared.timeout("delete")
    clear = context.redaction.text
    for waited, tell in paced(context, timeout):
        try:
            status = context.api.sources.get(source_id, secret_returned=False).connector_status
            seen = f"its status is {status or 'not told'}"
        except NotFoundError:
            return
        except PASSING as error:
            seen = f"the last look failed: {error.told(clear)}"
        if waited >= timeout:
            raise StillThereError(
                f"Streamkap accepted the deletion, and {what} is still there after {shown(timeout)}; {seen}. "
                "Run it again; it goes on waiting."
            )
        if tell and waited > 0:
            context.report(f"{what}: waiting until it is gone, {seen} ({shown(waited)})")
