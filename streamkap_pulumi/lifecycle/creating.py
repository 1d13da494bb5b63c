"""Create: POST, then wait. Once the source exists, nothing here raises: a failed create would lose it.

Where the answer to the POST is lost, the source is found again and never created twice. The API has no idempotency key,
but a name is unique in its tenant. So a source that has exactly the name that we asked for, was created since we asked
by the server's own clock, holds what we declared and belongs to no other resource is the one that we asked for; and
asking again cannot create a second one.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import UNANSWERED, UNCERTAIN
from streamkap_pulumi.lifecycle.grants import grants_in
from streamkap_pulumi.lifecycle.identity import may_be_it, why_another
from streamkap_pulumi.lifecycle.not_created import Looked, name_taken, name_taken_perhaps_by_us, unknown_outcome
from streamkap_pulumi.lifecycle.presence import seen_from, taken, whose
from streamkap_pulumi.lifecycle.recorded import outputs
from streamkap_pulumi.lifecycle.settling import LOOK_AGAIN, settle
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector, Whoami


LOOK_FOR = 20.0
"""Seconds for which a source is looked for after each try: a request that is under way may take a while."""
MOST_TRIES = 3
LOOK_FOR_THE_ONLY_ONE = LOOK_FOR * MOST_TRIES
"""Seconds for which it is looked for where nothing can be asked for again."""


def create(context: Context, declared: Declared) -> tuple[str, dict[str, Any]]:
    """Create the source (`POST /sources`) and give its id and outputs.

    Raises:
        NameTakenError: a source has the name already. It is not touched.
        UnknownOutcomeError: in the end it is not known whether the source was made.
        StreamkapError: the source could not be created.
    """
    context.redaction.learn(declared.secrets())
    made = make(context, declared)
    if made.connection_warning:
        told = context.redaction.text(made.connection_warning)
        context.report(f"warning: source {declared.name!r} ({made.id}): Streamkap created it and warns: {told}")
    return made.id, finish(context, declared, made)


def finish(context: Context, declared: Declared, made: SourceConnector) -> dict[str, Any]:
    """The outputs of a source that was made, once it has settled where the program waits for that. Never raises."""
    redaction = context.redaction.learn(declared.secrets())
    seen, not_ready = made, None
    try:
        if declared.wait:
            outcome = settle(context, declared, made, operation="create", redaction=redaction)
            seen, not_ready = outcome.last, outcome.not_ready
        seen = _with_owner(context.api, made, seen)
    except Exception as error:  # noqa: BLE001 - whatever it is, the source exists and has to be recorded
        failed = f"source {declared.name!r} ({made.id}) was made and could not be watched ({type(error).__name__})"
        not_ready = f"{failed}. {LOOK_AGAIN.format(first='')}"
    return outputs(declared, seen, seen_from=seen_from(context.api), redaction=redaction, not_ready=not_ready)


def _with_owner(api: Streamkap, made: SourceConnector, seen: SourceConnector) -> SourceConnector:
    """`seen` with tenant and project: a later "it is gone" is believed only from there."""
    owner = {
        "tenant_id": seen.tenant_id or made.tenant_id,
        "service_id": seen.service_id or made.service_id,
    }
    if not all(owner.values()):
        try:
            who = api.whoami()
        except StreamkapError:
            return seen
        owner = {name: owner[name] or getattr(who, name) for name in owner}
    return seen.model_copy(update=owner)


def make(context: Context, declared: Declared) -> SourceConnector:
    """The source that is made now (`POST /sources`), found again where the answer was lost.

    Raises:
        NameTakenError: a source has the name already, and need not be the one that was asked for. It is not touched.
        UnknownOutcomeError: in the end it is not known whether it was made.
        StreamkapError: it was not made.
    """
    with context.claims.making(declared.name):
        return _Making(context, declared).run()


class _Making:
    """The tries to make one source."""

    def __init__(self, context: Context, declared: Declared) -> None:
        self._context = context
        self._declared = declared
        self._since = _time_at_server(context.api)
        self._carries_grant = bool(grants_in(declared.connector, declared.config))

    @cached_property
    def _who(self) -> Whoami | None:
        return whose(self._context.api)

    def run(self) -> SourceConnector:
        failures: list[StreamkapError] = []
        looked = Looked()
        most = 1 if self._carries_grant else MOST_TRIES
        for number in range(1, most + 1):
            try:
                made = self._post()
            except StreamkapError as error:
                failures.append(error)
            else:
                self._context.claims.claim(made.id)
                return made
            self._give_up_if_refused(failures)
            looked = self._look_for(failures)
            if looked.found is not None:
                return looked.found
            if self._context.interrupted or not isinstance(failures[-1], UNANSWERED):
                break
            if number < most:
                name = self._declared.name
                self._context.report(f"source {name!r}: asking again for it, which its unique name makes safe")
        raise self._conclusion(failures, looked)

    def _post(self) -> SourceConnector:
        declared = self._declared
        return self._context.api.sources.create(
            name=declared.name,
            connector=declared.connector,
            config=declared.config,
            created_from=declared.created_from,
            desired_state=declared.desired_state,
            kc_cluster_id=declared.kc_cluster_id,
            tags=declared.tags,
        )

    def _give_up_if_refused(self, failures: list[StreamkapError]) -> None:
        """Raise where nothing was made for certain: the first try was refused, and no other is outstanding."""
        (first, *later) = failures
        if later or isinstance(first, UNCERTAIN):
            return
        if isinstance(first, APIError) and taken(self._context.api, self._declared.name, first):
            raise name_taken(self._context, self._declared, first) from None
        raise first

    def _conclusion(self, failures: list[StreamkapError], looked: Looked) -> StreamkapError:
        last = failures[-1]
        if isinstance(last, APIError) and last.name_is_taken:
            return name_taken_perhaps_by_us(self._context, self._declared, failures, looked)
        # After an interruption there was one look only.
        owned_to = len(failures) == 1 and not isinstance(last, UNANSWERED) and not self._context.interrupted
        if owned_to and looked.trouble is None and not looked.may_be_it:
            return last
        return unknown_outcome(self._context, self._declared, failures, looked)

    def _look_for(self, failures: list[StreamkapError]) -> Looked:
        """The source that was asked for, as soon as it is to be seen; else what the last look showed."""
        context, name, last = self._context, self._declared.name, failures[-1]
        looked = Looked()
        patience = LOOK_FOR_THE_ONLY_ONE if self._carries_grant else LOOK_FOR
        for waited, tell in bounded(context, patience):
            try:
                looked = self._look()
            except StreamkapError as error:
                looked = Looked(trouble=error)
            if looked.found is not None:
                how = "the answer was lost" if isinstance(failures[0], UNANSWERED) else "Streamkap told of an error"
                context.report(f"source {name!r} ({looked.found.id}): it was made, though {how}")
                return looked
            if tell and waited < patience:
                why = (looked.trouble or last).told(context.redaction.text)
                context.report(f"source {name!r}: looking whether it was made ({shown(waited)}): {why}")
        return looked

    def _look(self) -> Looked:
        """One look: by name, and then by id, since the list need not show everything of a source."""
        context, declared = self._context, self._declared
        looked = Looked()
        for row in context.api.sources.named(declared.name):
            if row.id in context.claims:
                looked = Looked(other=row, why="another resource of this very run has made it")
                continue
            live = context.api.sources.get(row.id)
            # Without the server's time none can be told apart.
            why = why_another(declared, live, self._who, self._since)
            if why is None and context.claims.claim(live.id):
                return Looked(found=live)
            possible = may_be_it(declared, live, self._who, self._since)
            looked = Looked(other=live, why=why or "", may_be_it=possible)
        return looked


def _time_at_server(api: Streamkap) -> datetime | None:
    """What time it is there before anything is asked for; None where the API does not tell."""
    if api.server_time() is None:
        api.authenticate()
    return api.server_time()
