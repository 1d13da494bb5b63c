"""Update: the API replaces the whole config, so what was set elsewhere and is not declared has to be sent along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.values import same
from streamkap_pulumi.lifecycle.acting import change_state, state_of
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
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.grants import grants_in, spent_since
from streamkap_pulumi.lifecycle.looking import look, raise_if_gone
from streamkap_pulumi.lifecycle.putting import applied, put
from streamkap_pulumi.lifecycle.recorded import outputs, with_owner
from streamkap_pulumi.lifecycle.settling import settle
from streamkap_pulumi.lifecycle.tenancy import seen_from
from streamkap_pulumi.lifecycle.verifying import Change, differing

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


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
