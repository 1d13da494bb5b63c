"""Create: POST, then wait. Once the object exists, nothing here raises: a failed create would lose it.

If the answer to the POST is lost, the object is found again and never created twice. The API has no idempotency key,
but a name is unique, so a second POST cannot create another one. An object is ours if it has the declared name and
config, was created after our request (by the server's clock), and belongs to no other resource.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import UNANSWERED, UNCERTAIN
from streamkap_pulumi.lifecycle.grants import grants_in
from streamkap_pulumi.lifecycle.identity import Asked, may_be_it, why_another
from streamkap_pulumi.lifecycle.not_created import Search, name_taken, name_taken_perhaps_by_us, unknown_outcome
from streamkap_pulumi.lifecycle.presence import account, is_taken, seen_from
from streamkap_pulumi.lifecycle.recorded import outputs, with_owner
from streamkap_pulumi.lifecycle.waiting import READ_AGAIN, bounded, wait_until_ready

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import Whoami

SEARCH_FOR = 20.0
"""Seconds for which an object is searched for after each try: the request may still be under way."""
MOST_TRIES = 3
SEARCH_FOR_THE_ONLY_ONE = SEARCH_FOR * MOST_TRIES
"""Seconds for which it is searched for where there can be only one try."""


def create(context: Context, declared: Declared) -> tuple[str, dict[str, Any]]:
    """Create the object (`POST`) and return its id and outputs.

    Raises:
        NameTakenError: another object has the name already. It is not touched.
        UnknownOutcomeError: the object may or may not have been created.
        StreamkapError: the object could not be created.
    """
    context.redaction.learn(declared.secrets())
    created = post(context, declared)
    if warning := getattr(created, "connection_warning", None):
        what = context.named(declared.name, created.id)
        context.report(f"warning: {what}: Streamkap created it and warns: {context.redaction.text(warning)}")
    return created.id, finish(context, declared, created)


def finish(context: Context, declared: Declared, created: Any) -> dict[str, Any]:
    """The outputs of an object that was created, once it is ready where the program waits for that. Never raises."""
    context.redaction.learn(declared.secrets())
    seen, not_ready = created, None
    try:
        if declared.wait:
            outcome = wait_until_ready(context, declared, created, operation="create")
            seen, not_ready = outcome.last, outcome.not_ready
        seen = _with_owner(context, created, seen)
    except Exception as error:  # noqa: BLE001 - whatever it is, the object exists and has to be recorded
        what = context.named(declared.name, created.id)
        not_ready = f"{what} was created and could not be read ({type(error).__name__}). {READ_AGAIN.format(first='')}"
    return outputs(declared, seen, seen_from=seen_from(context.api), redaction=context.redaction, not_ready=not_ready)


def _with_owner(context: Context, created: Any, seen: Any) -> Any:
    """`seen` with tenant and project: "gone" is believed only from there."""
    seen = with_owner(context.kind, seen, {name: getattr(created, name, None) for name in context.kind.owner})
    if all(getattr(seen, name, None) for name in context.kind.owner):
        return seen
    try:
        return with_owner(context.kind, seen, context.account.of(context.api).model_dump())
    except StreamkapError:
        return seen


def post(context: Context, declared: Declared) -> Any:
    """The object that is created now (`POST`), found again where the answer was lost.

    Raises:
        NameTakenError: an object has the name already, and may not be the one that was asked for. It is not touched.
        UnknownOutcomeError: the object may or may not have been created.
        StreamkapError: it was not created.
    """
    with context.claims.creating(declared.name):
        return _Creation(context, declared).run()


class _Creation:
    """The tries to create one object."""

    def __init__(self, context: Context, declared: Declared) -> None:
        self._context = context
        self._declared = declared
        self._what = f"{context.kind.noun} {declared.name!r}"
        self._asked = _asked(context, declared.name)
        self._carries_grant = bool(grants_in(declared.about, declared.config))

    @cached_property
    def _who(self) -> Whoami | None:
        return account(self._context.api)

    def run(self) -> Any:
        failures: list[StreamkapError] = []
        search = Search()
        most = 1 if self._carries_grant else MOST_TRIES
        for number in range(1, most + 1):
            try:
                created = self._post()
            except StreamkapError as error:
                failures.append(error)
            else:
                self._context.claims.claim(created.id)
                return created
            self._give_up_if_refused(failures)
            search = self._search(failures)
            if search.found is not None:
                return search.found
            if self._context.interrupted or not isinstance(failures[-1], UNANSWERED):
                break
            if number < most:
                why = self._context.kind.why_no_second
                self._context.report(f"{self._what}: trying again to create it, which is safe since {why}")
        raise self._conclusion(failures, search)

    def _post(self) -> Any:
        kind, declared = self._context.kind, self._declared
        values = {each.name: declared.get(each.name) for each in kind.inputs if each.is_sent}
        return self._context.objects.post(
            kind.body_of({name: value for name, value in values.items() if value is not None})
        )

    def _give_up_if_refused(self, failures: list[StreamkapError]) -> None:
        """Raise where certainly nothing was created: the first try was refused, and no other is outstanding."""
        (first, *later) = failures
        if later or isinstance(first, UNCERTAIN):
            return
        if isinstance(first, APIError) and is_taken(self._context, self._declared, first):
            raise name_taken(self._context, self._declared, first) from None
        raise first

    def _conclusion(self, failures: list[StreamkapError], search: Search) -> StreamkapError:
        last = failures[-1]
        if isinstance(last, APIError) and last.name_is_taken:
            return name_taken_perhaps_by_us(self._context, self._declared, failures, search)
        # After an interruption there was only one read.
        admitted = len(failures) == 1 and not isinstance(last, UNANSWERED) and not self._context.interrupted
        if admitted and search.trouble is None and not search.may_be_it:
            return last
        return unknown_outcome(self._context, self._declared, failures, search)

    def _search(self, failures: list[StreamkapError]) -> Search:
        """The object that was asked for, as soon as it appears; otherwise what the last read showed."""
        context, last = self._context, failures[-1]
        search = Search()
        patience = SEARCH_FOR_THE_ONLY_ONE if self._carries_grant else SEARCH_FOR
        for waited, is_time in bounded(context, patience):
            try:
                search = self._find()
            except StreamkapError as error:
                search = Search(trouble=error)
            if search.found is not None:
                how = "the answer was lost" if isinstance(failures[0], UNANSWERED) else "Streamkap reported an error"
                what = context.named(self._declared.name, search.found.id)
                context.report(f"{what}: it was created, though {how}")
                return search
            if is_time and waited < patience:
                why = (search.trouble or last).message
                context.report(f"{self._what}: checking whether it was created ({shown(waited)}): {why}")
        return search

    def _find(self) -> Search:
        """One search: by name, and then by id, since the list may not show everything of an object."""
        context, declared = self._context, self._declared
        search = Search()
        for row in context.objects.named(declared.name):
            if row.id in context.claims:
                search = Search(other=row, why="another resource of this run has created it")
                continue
            live = context.fetch(row.id)
            # Without the server's time none can be recognised.
            why = why_another(declared, live, self._who, self._asked)
            if why is None and context.claims.claim(live.id):
                return Search(found=live)
            possible = may_be_it(declared, live, self._who, self._asked)
            search = Search(other=live, why=why or "", may_be_it=possible)
        return search


def _asked(context: Context, name: str) -> Asked:
    """What is known before anything is sent: the server's time, or, where no object shows its age, who has the name."""
    if not context.kind.is_dated:
        return Asked(before=frozenset(each.id for each in context.objects.named(name)))
    if context.api.server_time() is None:
        context.api.authenticate()
    return Asked(context.api.server_time())
