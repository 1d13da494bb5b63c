"""Delete: idempotent, waits until the source is gone, hides no error.

What the API says of a deletion is not the proof: the source is gone when a look does not show it. A refusal may use the
words for something that is missing and mean something else, such as a cluster; and a 404 may come while a deletion of
an earlier try, or of an earlier run, is still under way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError, NotFoundError, StreamkapError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import PASSING, StillThereError
from streamkap_pulumi.lifecycle.presence import believe_gone
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

LOOK_FOR = 10.0
"""Seconds for which the source may take to vanish after a deletion of which it is not known to be under way."""
_DELETING = "Pending Delete"


def delete(context: Context, source_id: str, recorded: Mapping[str, Any]) -> None:
    """Delete the source (`DELETE /sources/{id}`) and wait until it is not to be seen any more.

    Raises:
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
        StillThereError: it was still there when the time was over.
        StreamkapError: the API refused.
    """
    declared = Declared.from_recorded(recorded)
    context.redaction.learn(declared.secrets())
    said: StreamkapError | None = None
    try:
        context.api.sources.delete(source_id)
    except (NotFoundError, *PASSING) as error:
        said = error
    _wait_until_gone(context, source_id, recorded, declared, said)


def _wait_until_gone(
    context: Context, source_id: str, recorded: Mapping[str, Any], declared: Declared, said: StreamkapError | None
) -> None:
    """Wait until the source is gone; `said` is what the deletion was answered with, where that was no success."""
    what = f"source {declared.name!r} ({source_id})"
    timeout = declared.timeout("delete")
    clear = context.redaction.text
    under_way = said is None or _is_told_to_be_gone(said)
    seen = ""

    def due() -> float:
        return math.inf if under_way else LOOK_FOR

    for waited, tell in bounded(context, timeout, due):
        try:
            live = context.api.sources.get(source_id, secret_returned=False, once=True)
            under_way = under_way or _DELETING in {live.connector_status, live.desired_state}
            seen = f"its status is {_status(live)}"
        except NotFoundError:
            trouble = _why_not_believed(context, source_id, recorded) if said else None
            if trouble is None:
                return
            seen = f"the last look failed: {trouble.told(clear)}"
        except PASSING as error:
            seen = f"the last look failed: {error.told(clear)}"
        if said is not None and not under_way and waited >= min(LOOK_FOR, timeout):
            raise said.as_answered() if isinstance(said, APIError) else said
        if tell:
            context.report(f"{what}: waiting until it is gone, {seen} ({shown(waited)})")
    until = "when the run was interrupted" if context.interrupted else f"after {shown(timeout)}"
    raise StillThereError(
        f"{_answered(said, clear)}, and {what} is still there {until}; {seen}. Run it again; it goes on waiting."
    )


def _is_told_to_be_gone(said: StreamkapError) -> bool:
    """Whether a deletion may be under way that `said` does not speak of.

    A 404 speaks of the source, which another deletion may have marked as deleted already. Any other refusal need not
    speak of the source, unless a try before it was lost, which may have been carried out.
    """
    return isinstance(said, NotFoundError) and (said.status == 404 or bool(said.effort))


def _why_not_believed(context: Context, source_id: str, recorded: Mapping[str, Any]) -> StreamkapError | None:
    """Why it cannot be told just now whether "there is none" is to be believed; None where it is.

    Raises:
        WrongTenantError: it is not.
    """
    try:
        believe_gone(context.api, source_id, recorded)
    except PASSING as error:
        return error
    return None


def _status(live: SourceConnector) -> str:
    return live.connector_status or "not told"


def _answered(said: StreamkapError | None, clear: Callable[[str], str]) -> str:
    if said is None:
        return "Streamkap accepted the deletion"
    if isinstance(said, NotFoundError):
        return f"Streamkap says that there is no such source ({said.told(clear)})"
    return f"The deletion is under way, though its answer was lost ({said.told(clear)})"
