"""Update: the API replaces the whole config, so what was set elsewhere and is not declared has to be sent along.

An update is proven: the answer to the PUT may be lost, and the API may accept what it does not do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError, StreamkapError, UnreadableAnswerError
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.values import same
from streamkap_pulumi.lifecycle.actions import change_state, state_of
from streamkap_pulumi.lifecycle.change import Change, differing
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import (
    DECLARED,
    DESIRED_STATES,
    NOT_READY,
    OPTIONAL_INPUTS,
    SECRET_KEYS,
    Declared,
    properties_of,
    secrets_in,
)
from streamkap_pulumi.lifecycle.errors import (
    PASSING,
    UNANSWERED,
    LifecycleError,
    NameTakenError,
    NotAppliedError,
    SourceGoneError,
    UnknownOutcomeError,
)
from streamkap_pulumi.lifecycle.grants import grants_in, spent_since
from streamkap_pulumi.lifecycle.merging import asked_user_defined, merged_config
from streamkap_pulumi.lifecycle.presence import look, raise_if_gone, seen_from, taken
from streamkap_pulumi.lifecycle.recorded import outputs, with_owner
from streamkap_pulumi.lifecycle.settling import settle
from streamkap_pulumi.lifecycle.waiting import bounded

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


READ_BACK_FOR = 10.0
"""Seconds for which an update is looked for that the API does not show yet."""


def update(context: Context, source_id: str, recorded: Mapping[str, Any], declared: Declared) -> dict[str, Any]:
    """Make the source what is declared, in place, and give its outputs.

    One `PUT /sources/{id}` where name, config, tags or cluster change; one state action where the desired state does;
    only a look and a wait where nothing changes but the last wait did not end well, and a PUT as well if the source
    does not show what is declared; nothing at all where only `wait`, `timeouts` or the marks of secrets change.

    Raises:
        SourceGoneError: it was deleted behind the stack's back.
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
        NameTakenError: another source has the name that this one is to have.
        NotAppliedError: the API accepted the update, and did not apply it.
        UnknownOutcomeError: the answer was lost, and the update or the new state is not to be seen.
        StreamkapError: the API refused. What is recorded then stays as it was, and the next run tries again.
    """
    was = Declared.from_recorded(recorded)
    sends = _needs_put(was, declared)
    look_again = bool(recorded.get(NOT_READY)) and declared.wait
    changes_state = declared.desired_state is not None and declared.desired_state != was.desired_state
    redaction = context.redaction.learn([*was.secrets(), *declared.secrets()])
    if not (sends or look_again or changes_state):
        return _only_recorded(recorded, declared, redaction)

    live = look(context, source_id, recorded)
    # An update whose wait did not end well may not have been applied.
    sends = sends or (look_again and any(differing(declared, live)))
    # What was set elsewhere is read with its secrets and sent along, so the API may quote those too.
    redaction = context.redaction.learn(secrets_in(live.connector, live.config))
    state = _state_to_change(declared, was, live)
    change = Change(live, was, declared)
    try:
        seen = put(context, change, recorded, redaction) if sends else live
        if state is not None:
            _change_state(context, live, state, recorded, redaction)
    except APIError as error:
        raise error.cleared(redaction.text) from None
    not_ready = None
    if declared.wait:
        outcome = settle(
            context,
            declared,
            seen,
            operation="update",
            redaction=redaction,
            wanted=_wanted_status(declared, live),
            after_put=sends,
        )
        seen, not_ready = outcome.last, outcome.not_ready
    if sends:
        seen = applied(context, change, recorded, seen, not_ready)
    seen = with_owner(seen, recorded)
    answer = outputs(declared, seen, seen_from=seen_from(context.api), redaction=redaction, not_ready=not_ready)
    return answer | spent_since(recorded, declared.config)


def _change_state(
    context: Context, live: SourceConnector, state: str, recorded: Mapping[str, Any], redaction: Redaction
) -> None:
    try:
        change_state(context, live, state, redaction)
    except APIError as error:
        raise_if_gone(context, live.id, recorded, error)
        raise


def _needs_put(was: Declared, declared: Declared) -> bool:
    return (
        was.name != declared.name
        or _differ(was, declared)
        or (declared.tags is not None and (was.tags is None or set(declared.tags) != set(was.tags)))
        or (declared.kc_cluster_id is not None and declared.kc_cluster_id != was.kc_cluster_id)
    )


def _differ(was: Declared, declared: Declared) -> bool:
    properties = properties_of(declared.connector)
    # A grant that is taken out of the program was used up: there is nothing to clear.
    spent = grants_in(was.connector, was.config).keys() - declared.config.keys()
    keys = (was.config.keys() | declared.config.keys()) - spent
    return any(not same(properties.get(key), was.config.get(key), declared.config.get(key), key=key) for key in keys)


def _only_recorded(recorded: Mapping[str, Any], declared: Declared, redaction: Redaction) -> dict[str, Any]:
    """What is recorded, with the inputs and the marks of now: by them the engine encrypts the outputs."""
    inputs = declared.inputs()
    kept = {key: value for key, value in recorded.items() if key not in {NOT_READY, "timeouts", SECRET_KEYS}}
    told = {key: redaction.data(kept[key]) for key in ("tasks", "task_statuses") if key in kept}
    marks = {SECRET_KEYS: sorted(declared.secret_keys)} if declared.secret_keys else {}
    optional = [name for name in OPTIONAL_INPUTS if name in inputs]
    return kept | told | inputs | marks | {DECLARED: optional} | spent_since(recorded, declared.config)


def _wanted_status(declared: Declared, live: SourceConnector) -> str | None:
    """The desired state as declared or, before the update, as the API tells it; None where it tells none."""
    if declared.desired_state:
        return declared.desired_state
    return live.desired_state if live.desired_state in DESIRED_STATES else None


def _state_to_change(declared: Declared, was: Declared, live: SourceConnector) -> str | None:
    """The desired state to ask for; None when the source is in it, or when it is not managed.

    Raises:
        LifecycleError: it is one that a deployed source cannot go to.
    """
    wanted = declared.desired_state
    if wanted is None or wanted == live.desired_state:
        return None
    if wanted == was.desired_state and live.desired_state not in DESIRED_STATES:
        return None
    if wanted == "Pending":
        state = state_of(live)
        if state == wanted:
            return None
        raise LifecycleError(
            f"it is {state}, and Streamkap cannot make a deployed source Pending again, so nothing was "
            'sent. Use desired_state="Stopped", leave it out, or delete the source and create it anew.'
        )
    return wanted


def put(context: Context, change: Change, recorded: Mapping[str, Any], redaction: Redaction) -> SourceConnector:
    """The answer to the PUT; where it was lost, the source as it is read back, if it is what was asked for.

    Before each repeat the source is read and merged anew: meanwhile somebody may have changed what is not declared, or
    it may show that the try whose answer was lost was carried out.

    Raises:
        NameTakenError: another source has the name that this one is to have.
        SourceGoneError: it was deleted behind the stack's back.
        UnknownOutcomeError: the answer was lost, and what was asked for is not to be seen.
        StreamkapError: the API refused.
    """
    declared, source_id = change.declared, change.before.id
    what = f"source {declared.name!r} ({source_id})"
    body = _Body(context, change, recorded, redaction)
    try:
        return context.api.sources.update(
            source_id,
            name=declared.name,
            connector=declared.connector,
            config=body.config,
            kc_cluster_id=change.kc_cluster_id,
            tags=change.tags,
            once=bool(change.grants),
        )
    except _AppliedAlready as found:
        context.report(f"{what}: it shows what was asked for, so the update is not sent again")
        return found.seen
    except LifecycleError:
        raise
    except StreamkapError as error:
        lost = isinstance(error, UNANSWERED)
        if lost or error.uncertain_before:
            seen, missing = _after_lost_answer(context, change, recorded, error, redaction)
            if not missing:
                context.report(f"{what}: it was updated, though the answer was lost")
                return seen
            if lost or isinstance(error, PASSING):
                raise UnknownOutcomeError(
                    f"{error.told(redaction.text)}, and Streamkap does not show what was asked for: "
                    f"{', '.join(missing)}.{_again(change)}",
                    operation=error.operation,
                ) from None
        if isinstance(error, APIError):
            raise_if_gone(context, source_id, recorded, error)
            if taken(context.api, declared.name, error, but=source_id):
                raise _name_taken(context, change, error) from None
        raise


class _AppliedAlready(Exception):  # noqa: N818 - it is no error
    """Before a repeat, the source shows all of what was asked for."""

    def __init__(self, seen: SourceConnector) -> None:
        super().__init__()
        self.seen = seen


class _Body:
    """The config to send, worked out for each try."""

    def __init__(self, context: Context, change: Change, recorded: Mapping[str, Any], redaction: Redaction) -> None:
        self._context = context
        self._change = change
        self._recorded = recorded
        self._redaction = redaction
        self._live: SourceConnector | None = change.before

    def config(self) -> Mapping[str, Any]:
        """From the source as it was read last, if nothing was made of that yet; else as it is now.

        Raises:
            _AppliedAlready: it is what was asked for.
            SourceGoneError: it is gone.
        """
        change, live, self._live = self._change, self._live, None
        is_repeat = live is None
        if live is None:
            live = look(self._context, change.before.id, self._recorded)
            self._redaction.learn(secrets_in(live.connector, live.config))
            if not change.missing(live) and not change.unseen(live):
                raise _AppliedAlready(live)
        try:
            return merged_config(
                find_connector(change.declared.connector),
                live.config,
                change.was.config,
                change.declared.config,
                lambda: asked_user_defined(self._context, change.declared.connector),
            )
        except LifecycleError as refused:
            if is_repeat:
                raise LifecycleError(
                    f"{refused} That is of a repeat: the try before it may have been applied."
                ) from None
            raise


def _after_lost_answer(
    context: Context, change: Change, recorded: Mapping[str, Any], error: StreamkapError, redaction: Redaction
) -> tuple[SourceConnector, list[str]]:
    """The source as it is read back, with what it is not, or does not show.

    Raises:
        UnknownOutcomeError: it cannot be looked at.
    """
    try:
        seen, missing = _read_back(context, change, recorded)
    except PASSING as trouble:
        raise UnknownOutcomeError(
            f"{error.told(redaction.text)}, and the source could not be looked at: {trouble.told(redaction.text)}."
            f"{_again(change)}",
            operation=error.operation,
        ) from None
    if _tells_success(error):
        return seen, missing  # Of what is hidden, success is all that any answer tells.
    return seen, missing + change.unseen(seen)


def _again(change: Change) -> str:
    """The same cannot be sent again where it carried a grant; what to do then is said of every such error."""
    return "" if change.grants else " Run `pulumi up` again: it sends the same once more."


def _tells_success(error: StreamkapError) -> bool:
    """The API accepted the PUT itself. A look before a repeat may be unreadable, too, and then nothing was sent."""
    is_of_the_put = (error.operation or "").startswith("PUT ")
    return is_of_the_put and isinstance(error, UnreadableAnswerError) and error.accepted


def _name_taken(context: Context, change: Change, error: APIError) -> NameTakenError:
    """Two sources of a stack may want to swap their names, and the API takes one change at a time."""
    name = change.declared.name
    try:
        holder = next(iter(context.api.sources.named(name)), None)
    except StreamkapError:
        holder = None
    by = f"by the source {holder.id}, connector {holder.connector}" if holder else "though no list shows by whom"
    request = f" (request id {error.request_id})" if error.request_id else ""
    return NameTakenError(
        f"the name {name!r} is taken, {by}{request}; this source stays {change.before.name!r}, and nothing of it was "
        "changed. Choose another name. If that one gives the name up in this very run, run `pulumi up` again. If the "
        "two swap their names, give one of them a name that nobody has, run `pulumi up`, and then give it the "
        "other's name.",
        operation=error.operation,
    )


def applied(
    context: Context, change: Change, recorded: Mapping[str, Any], seen: SourceConnector, not_ready: str | None = None
) -> SourceConnector:
    """`seen`, where it was read after the update and is what was asked for; else what is read back.

    Args:
        context: what every operation works with.
        change: what the update was to do.
        recorded: the outputs that are recorded.
        seen: the source as it was seen last.
        not_ready: how the wait ended, where that was not well.

    Raises:
        NotAppliedError: it does not become what was asked for.
        SourceGoneError: it was deleted behind the stack's back.
    """
    if change.declared.wait and not change.missing(seen):
        return seen
    try:
        seen, missing = _read_back(context, change, recorded)
    except (StreamkapError, SourceGoneError):
        if not_ready:
            return seen
        raise
    if missing and context.interrupted:
        if not_ready:  # The next run sees that it is to be sent again.
            return seen
        raise UnknownOutcomeError(
            f"the run was interrupted before Streamkap showed what was asked for: {', '.join(missing)}. "
            "Run `pulumi up` again: it sends the same once more.",
            operation=f"PUT /sources/{seen.id}",
        )
    if missing:
        raise NotAppliedError(
            f"Streamkap accepted the update and did not apply it: {', '.join(missing)} did not become what was "
            "asked for. Look at the source in Streamkap's web page, and run `pulumi up` again."
            + (f" Besides, {not_ready}" if not_ready else ""),
            operation=f"PUT /sources/{seen.id}",
        )
    return seen


def _read_back(context: Context, change: Change, recorded: Mapping[str, Any]) -> tuple[SourceConnector, list[str]]:
    """The source once it is what was asked for, or as it is after a while, with what it is not."""
    for waited, _ in bounded(context, READ_BACK_FOR):
        try:
            last = look(context, change.before.id, recorded)
        except PASSING:
            if waited >= READ_BACK_FOR:
                raise
            continue
        missing = change.missing(last)
        if not missing or waited >= READ_BACK_FOR:
            return last, missing
    raise AssertionError("the last look gives a source or an error")
