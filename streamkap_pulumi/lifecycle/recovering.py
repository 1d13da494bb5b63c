"""Finding again what a killed run was creating: the name is known, and no run waits for an answer any more.

The killed run's last request may still be under way; there are no more, since a provider ends with its engine (where
the operating system lets it see the engine's end, as Linux does). An object that is found will stay, and no late
request can create a second one, since names are unique. One that is not found may still appear: it is searched for as
long as a client waits for an answer, counted from now, since the run may have ended just now. An object that appears
even later is not lost: the next `up` reports that its name is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.identity import Asked, described, why_another, why_other_than_declared
from streamkap_pulumi.lifecycle.presence import account, holders
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import Whoami

_CLOCKS = timedelta(seconds=5)
"""How much the clocks of the machine that ran the engine and of this one may differ.

The clock of this machine converts the moment that the engine's machine recorded into the server's time, and the two may
differ. Where the other was behind by more than a few seconds, an identical object that somebody else created that much
earlier would count as ours; where it was ahead, ours is left alone, and named. So it is kept small.
"""


@dataclass(frozen=True)
class PendingCreate:
    """An object that was being created: what was declared, and the earliest moment at which that can have begun."""

    declared: Declared
    since: datetime | None


@dataclass(frozen=True)
class Match:
    """The object that has the name, and why that may not be the one that was being created.

    Without an object, nothing of that name was found; without a reason, it can only be the one.
    """

    found: Any = None
    another: str | None = None

    @property
    def ours(self) -> Any:
        """The object, if it can only be the one that was being created."""
        return None if self.another else self.found


def match(context: Context, pending: Sequence[PendingCreate], managed: Collection[str], patience: float) -> list[Match]:
    """What became of each of `pending`, in their order (`GET`, all pages).

    Args:
        context: its clock bounds the search.
        pending: what was being created; its moments are of the server's clock.
        managed: ids of objects that the stack manages already, so that they are not the ones.
        patience: seconds for which to search for what is not found.

    Raises:
        StreamkapError: the API cannot be reached, or refuses.
    """
    context.redaction.learn(each.declared.secrets() for each in pending)
    matches = [Match() for _ in pending]
    who = account(context.api)
    for waited, is_time in bounded(context, patience):
        for number, each in enumerate(pending):
            if matches[number].ours is None:
                matches[number] = _match(context, each, who, managed)
        missing = [each.declared.name for each, found in zip(pending, matches, strict=True) if found.found is None]
        if not missing:
            break
        if is_time and waited < patience:
            context.report(
                f"Searching for {', '.join(map(repr, missing))}, for which a request may be under way "
                f"({shown(waited)} of {shown(patience)})"
            )
    return matches


def _match(context: Context, pending: PendingCreate, who: Whoami | None, managed: Collection[str]) -> Match:
    declared = pending.declared
    other = Match()
    for row in holders(context, declared):
        if row.id in managed:
            continue
        try:
            # Read by its id, it shows its secrets where the list hides them.
            live = context.fetch(row.id)
        except NotFoundError:
            continue
        if context.kind.is_dated:
            why = why_another(declared, live, who, Asked(pending.since, tolerance=_CLOCKS))
        else:
            why = why_other_than_declared(declared, live, who)
        if why is None:
            return Match(live)
        other = Match(live, f"{described(context.api, live).partition(', ')[2]}: {why}")
    return other
