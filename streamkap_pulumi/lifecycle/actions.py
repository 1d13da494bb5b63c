"""State actions (deploy, pause, resume, stop), also where the answer is lost: the object shows whether it was done.

The effect of a second `deploy`, or of a second action, is not documented. So none is sent again before a read has shown
the object to be as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import PASSING, UNANSWERED, UNCERTAIN, UnknownOutcomeError
from streamkap_pulumi.lifecycle.live import state_of
from streamkap_pulumi.lifecycle.waiting import bounded

CHECK_FOR = 5.0
"""Seconds for which an object is read after each try: the request may still be under way."""
MOST_TRIES = 3


@dataclass(frozen=True)
class _Step:
    """One request, and what proves that it was carried out."""

    name: str
    send: Callable[[], None]
    done: Callable[[str | None], bool]
    """By the state that the object shows."""


def change_state(context: Context, live: Any, wanted: str) -> None:
    """Ask for the desired state `wanted`, by `POST …/{id}/deploy`, a state action, or one after the other.

    Args:
        context: of the operation.
        live: the object as it was last read.
        wanted: ``Active``, ``Paused`` or ``Stopped``.

    Raises:
        UnknownOutcomeError: answers were lost, and the object does not show the change.
        StreamkapError: the API refused.
    """
    objects = context.objects
    if state_of(context.kind, live) == "Pending":
        deploy = _Step("deploy", lambda: objects.deploy(live.id), lambda state: state not in {None, "Pending"})
        _take(context, live, deploy)
        if wanted == "Active":
            return
    action = context.kind.actions[wanted]
    _take(context, live, _Step(action, lambda: objects.act(live.id, action), lambda state: state == wanted))


def _take(context: Context, live: Any, step: _Step) -> None:
    what = context.named(live.name, live.id)
    lost: StreamkapError | None = None
    for number in range(1, MOST_TRIES + 1):
        try:
            step.send()
        except UNCERTAIN as error:
            lost = error
        else:
            return
        if _is_done(context, live.id, step, lost):
            context.report(f"{what}: {step.name} was done, though the answer was lost")
            return
        if not _may_try_again(lost):
            raise lost
        if context.interrupted:
            break
        if number < MOST_TRIES:
            context.report(f"{what}: trying {step.name} again; its state is as it was")
    reason = lost.message if lost else "no answer came"
    raise UnknownOutcomeError(
        f"{reason}. {step.name} was requested {'once' if number == 1 else f'{number} times'}, and the "
        f"{context.kind.noun} does not show it{', and the run was interrupted' if context.interrupted else ''}. "
        "Run `pulumi up` again: it checks first, and requests it only if it is still needed.",
        operation=lost.operation if lost else None,
    ) from None


def _may_try_again(lost: StreamkapError) -> bool:
    """The API did not say that it failed, or Kafka Connect was busy."""
    return isinstance(lost, UNANSWERED) or (isinstance(lost, APIError) and lost.says_busy)


def _is_done(context: Context, object_id: str, step: _Step, lost: StreamkapError) -> bool:
    """Whether the object shows it within a while.

    Raises:
        StreamkapError: the object cannot be read: `lost`, since that is what is not known.
    """
    was_read = False
    for _ in bounded(context, CHECK_FOR):
        try:
            live = context.objects.get(object_id, secret_returned=False)
        except PASSING:
            continue
        was_read = True
        if step.done(state_of(context.kind, live)):
            return True
    if not was_read:
        raise lost
    return False
