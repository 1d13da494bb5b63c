"""Delete: idempotent, waits until the object is gone, hides no error.

The answer to a DELETE is not the proof: the object is gone when a read does not show it. A refusal may use the words
for something that is missing and mean something else, such as a cluster; and a 404 may come while a deletion by an
earlier try, or by an earlier run, is still under way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.api.errors import APIError, NotFoundError, StreamkapError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import PASSING, StillThereError
from streamkap_pulumi.lifecycle.presence import believe_gone
from streamkap_pulumi.lifecycle.waiting import bounded

IN_USE_FOR = 30.0
"""Seconds for which a deletion is tried again while Streamkap refuses it because other objects have the object."""
PATIENCE = 10.0
"""Seconds for which the object may take to vanish after a DELETE that may not have been accepted."""
_LET_GO = (
    "This run does not delete what has it, or did not in time. Take it out of the `tags` of these objects, or delete "
    "them, then run it again."
)
_DELETING = "Pending Delete"


def delete(context: Context, object_id: str, recorded: Mapping[str, Any]) -> None:
    """Delete the object (`DELETE`) and wait until it is gone.

    Raises:
        WrongTenantError: it was not found, and "gone" cannot be believed.
        StillThereError: it still existed when the time-out expired.
        StreamkapError: the API refused, as it does while other objects have the object.
    """
    declared = Declared.from_recorded(context.kind, recorded)
    context.redaction.learn(declared.secrets())
    refusal: StreamkapError | None = None
    try:
        _request(context, object_id, declared)
    except (NotFoundError, *PASSING) as error:
        refusal = error
    _wait_until_gone(context, object_id, recorded, declared, refusal)


def _request(context: Context, object_id: str, declared: Declared) -> None:
    """`DELETE`, again and again while other objects have the object: this run may be deleting these as well.

    The engine deletes first what the state says to depend on it. The state does not say so of what `streamkap recover`
    and `adopt` wrote, nor of an object that keeps a tag of which the program no longer says anything.
    """
    what = context.named(declared.name, object_id)
    for waited, is_time in bounded(context, IN_USE_FOR):
        refusal = _refusal_in_use(context, object_id)
        if refusal is None:
            return
        if waited >= IN_USE_FOR:
            refusal.remedy = _LET_GO
            raise refusal
        if is_time:
            context.report(f"{what}: waiting until no object has it, {refusal.message} ({shown(waited)})")


def _refusal_in_use(context: Context, object_id: str) -> APIError | None:
    """`DELETE`: the refusal where other objects have the object; None where it was accepted. Raises any other error."""
    try:
        context.objects.delete(object_id)
    except APIError as error:
        if error.says_in_use:
            return error
        raise
    return None


def _wait_until_gone(
    context: Context, object_id: str, recorded: Mapping[str, Any], declared: Declared, refusal: StreamkapError | None
) -> None:
    """Wait until the object is gone; `refusal` is the answer to the DELETE, where that was not a success."""
    what = context.named(declared.name, object_id)
    timeout = declared.timeout("delete")
    under_way = refusal is None or _may_be_under_way(refusal)
    last = ""

    def due() -> float:
        return math.inf if under_way else PATIENCE

    for waited, is_time in bounded(context, timeout, due):
        try:
            live = context.objects.get(object_id, secret_returned=False, once=True)
            status = context.kind.status_of(live)
            under_way = under_way or _DELETING in {status, getattr(live, "desired_state", None)}
            last = f"its status is {status or 'unknown'}"
        except NotFoundError:
            trouble = _why_not_believed(context, object_id, recorded) if refusal else None
            if trouble is None:
                return
            last = f"the last read failed: {trouble.message}"
        except PASSING as error:
            last = f"the last read failed: {error.message}"
        if refusal is not None and not under_way and waited >= min(PATIENCE, timeout):
            raise refusal.as_answered() if isinstance(refusal, APIError) else refusal
        if is_time:
            context.report(f"{what}: waiting until it is gone, {last} ({shown(waited)})")
    until = "when the run was interrupted" if context.interrupted else f"after {shown(timeout)}"
    raise StillThereError(
        f"{_answer(context, refusal)}, and {what} still exists {until}; {last}. Run it again; it continues to wait."
    )


def _may_be_under_way(refusal: StreamkapError) -> bool:
    """Whether a deletion may be under way that `refusal` does not mention.

    A 404 is about the object, which another deletion may have marked as deleted already. Any other refusal may be about
    something else, unless a try before it was lost, which may have been carried out.
    """
    return isinstance(refusal, NotFoundError) and (refusal.status == 404 or bool(refusal.effort))


def _why_not_believed(context: Context, object_id: str, recorded: Mapping[str, Any]) -> StreamkapError | None:
    """Why it cannot be decided just now whether to believe "there is none"; None where it is believed.

    Raises:
        WrongTenantError: it is not believed.
    """
    try:
        believe_gone(context, object_id, recorded)
    except PASSING as error:
        return error
    return None


def _answer(context: Context, refusal: StreamkapError | None) -> str:
    if refusal is None:
        return "Streamkap accepted the deletion"
    if isinstance(refusal, NotFoundError):
        return f"Streamkap says that there is no such {context.kind.noun} ({refusal.message})"
    return f"The deletion is under way, though its answer was lost ({refusal.message})"
