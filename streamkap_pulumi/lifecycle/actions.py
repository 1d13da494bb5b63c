"""State actions (deploy, pause, resume, stop), also where the answer is lost: the source tells whether it was done.

What a second `deploy`, or a second action, does to a source that has had the first one is not documented. So none is
sent again before the source was looked at and seen to be as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import DESIRED_STATES
from streamkap_pulumi.lifecycle.errors import PASSING, UNANSWERED, UNCERTAIN, UnknownOutcomeError
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

LOOK_FOR = 5.0
"""Seconds for which a source is looked at after each try: a request that is under way may take a while."""
MOST_TRIES = 3

_ACTIONS: Mapping[str, str] = {"Active": "resume", "Paused": "pause", "Stopped": "stop"}
"""The state action (`POST /sources/{id}/actions/{action}`) that leads to a desired state."""


@dataclass(frozen=True)
class _Step:
    """One request, and how the source is when it was carried out."""

    name: str
    send: Callable[[], None]
    done: Callable[[str | None], bool]
    """By the state that the source shows."""


def change_state(context: Context, live: SourceConnector, wanted: str, redaction: Redaction) -> None:
    """Ask for the desired state `wanted`, by `POST /sources/{id}/deploy`, a state action, or one after the other.

    Args:
        context: what every operation works with.
        live: the source as it was seen last.
        wanted: ``Active``, ``Paused`` or ``Stopped``.
        redaction: takes secrets out of the API's words.

    Raises:
        UnknownOutcomeError: answers were lost, and the source is not seen to change.
        StreamkapError: the API refused.
    """
    sources = context.api.sources
    if state_of(live) == "Pending":
        deploy = _Step("deploy", lambda: sources.deploy(live.id), lambda state: state not in {None, "Pending"})
        _take(context, live, deploy, redaction)
        if wanted == "Active":
            return
    action = _ACTIONS[wanted]
    step = _Step(action, lambda: sources.act(live.id, action), lambda state: state == wanted)
    _take(context, live, step, redaction)


def _take(context: Context, live: SourceConnector, step: _Step, redaction: Redaction) -> None:
    what = f"source {live.name!r} ({live.id})"
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
        if not _worth_asking_again(lost):
            raise lost
        if context.interrupted:
            break
        if number < MOST_TRIES:
            context.report(f"{what}: asking again for {step.name}; its state is as it was")
    told = lost.told(redaction.text) if lost else "no answer came"
    raise UnknownOutcomeError(
        f"{told}. It was asked {'once' if number == 1 else f'{number} times'} for {step.name}, and the source does not "
        f"show it{', and the run was interrupted' if context.interrupted else ''}. "
        "Run `pulumi up` again: it looks first, and asks only if it is still needed.",
        operation=lost.operation if lost else None,
    ) from None


def _worth_asking_again(lost: StreamkapError) -> bool:
    """Nobody said that it failed, or Kafka Connect was busy."""
    return isinstance(lost, UNANSWERED) or (isinstance(lost, APIError) and lost.says_busy)


def _is_done(context: Context, source_id: str, step: _Step, lost: StreamkapError) -> bool:
    """Whether the source comes to show it within a while.

    Raises:
        StreamkapError: the source cannot be looked at: `lost`, since that is what is not known.
    """
    seen = False
    for _ in bounded(context, LOOK_FOR):
        try:
            live = context.api.sources.get(source_id, secret_returned=False)
        except PASSING:
            continue
        seen = True
        if step.done(state_of(live)):
            return True
    if not seen:
        raise lost
    return False


def state_of(live: SourceConnector) -> str | None:
    """The desired state; where the API tells none, or one that is none, the status."""
    return live.desired_state if live.desired_state in DESIRED_STATES else live.connector_status
