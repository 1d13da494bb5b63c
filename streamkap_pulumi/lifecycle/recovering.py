"""Finding again what a killed run was making: the name is known, and nobody is left who waits for an answer.

The killed run's last request may still be under way; more does not come, since a provider ends with its engine (where
the system lets it see the engine's end, as Linux does). A source that is to be seen is there for good, and no late
request can make a second one, since names are unique. One that is not to be seen may still appear: it is looked for as
long as a client waits for an answer, counted from now, since the run may have ended just now. A source that appears
even later is not lost: the next `up` meets its name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.identity import age, why_another
from streamkap_pulumi.lifecycle.presence import whose
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector, Whoami

_CLOCKS = timedelta(seconds=5)
"""By how much the clocks of the machine that ran the engine and of this one may differ.

The moment that the engine's machine recorded is told in the server's time by the clock of this machine, which need not
be the same. Where the other was behind by more than a few seconds, a source that somebody else made as much before,
and just like ours, would count as ours; where it was ahead, ours is left alone, and named. So it is kept small.
"""


@dataclass(frozen=True)
class Sought:
    """A source that was being made: what was declared, and the earliest moment at which that can have begun."""

    declared: Declared
    since: datetime | None


@dataclass(frozen=True)
class Found:
    """What has become of it: the source that bears the name, and why that need not be the one that was being made.

    Without a source nothing of that name is to be seen; without a reason it can only be the one.
    """

    source: SourceConnector | None = None
    another: str | None = None

    @property
    def ours(self) -> SourceConnector | None:
        """The source, if it can only be the one that was being made."""
        return None if self.another else self.source


def find(context: Context, sought: Sequence[Sought], managed: Collection[str], patience: float) -> list[Found]:
    """What has become of each of `sought`, in their order (`GET /sources`, all pages).

    Args:
        context: its clock bounds the search.
        sought: what was being made; its moments are of the server's clock.
        managed: ids of sources that the stack manages already. They are none that was being made.
        patience: seconds for which to look for what is not to be seen.

    Raises:
        StreamkapError: the API cannot be asked, or refuses.
    """
    context.redaction.learn(each.declared.secrets() for each in sought)
    found = [Found() for _ in sought]
    who = whose(context.api)
    for waited, tell in bounded(context, patience):
        for number, each in enumerate(sought):
            if found[number].ours is None:
                found[number] = _look(context, each, who, managed)
        missing = [each.declared.name for each, state in zip(sought, found, strict=True) if state.source is None]
        if not missing:
            break
        if tell and waited < patience:
            context.report(
                f"Looking for {', '.join(map(repr, missing))}, for which a request may be under way "
                f"({shown(waited)} of {shown(patience)})"
            )
    return found


def _look(context: Context, sought: Sought, who: Whoami | None, managed: Collection[str]) -> Found:
    declared = sought.declared
    other = Found()
    for row in context.api.sources.named(declared.name):
        if row.id in managed:
            continue
        try:
            # Asked for by its id, it shows its secrets where the list hides them.
            live = context.api.sources.get(row.id)
        except NotFoundError:
            continue
        why = why_another(declared, live, who, sought.since, _CLOCKS)
        if why is None:
            return Found(live)
        old = age(context.api, live.created_timestamp)
        other = Found(live, f"connector {live.connector}{f', made {old} ago' if old else ''}: {why}")
    return other
